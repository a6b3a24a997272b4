using System.Net;

namespace SoonShop.Silo;

/// <summary>Configuration section <c>Silo</c>: the addresses of a silo, its cluster, its database connections and its memory.</summary>
public sealed class SiloOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Silo";

    /// <summary>The port on which other silos connect to this one.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>The port on which front ends connect to this silo.</summary>
    public int GatewayPort { get; set; } = 30000;

    /// <summary>The port of health checks, metrics and the dashboard; 0 opens none.</summary>
    public int HttpPort { get; set; } = 8081;

    /// <summary>
    /// The address on which <c>Silo:HttpPort</c> listens: an IP address of this machine, or <c>+</c> for all addresses. Keep it off
    /// networks that customers can reach.
    /// </summary>
    public string HttpAddress { get; set; } = "127.0.0.1";

    /// <summary>
    /// The IP address at which other silos and front ends reach this silo, and on which it listens. On loopback, the cluster is limited to
    /// this machine.
    /// </summary>
    public string AdvertisedIP { get; set; } = "127.0.0.1";

    /// <summary>
    /// Listens for silos and front ends on every address of this machine. Needed where <c>Silo:AdvertisedIP</c> is the address of another
    /// machine that forwards connections.
    /// </summary>
    public bool ListenOnAnyAddress { get; set; }

    /// <summary>The name of the cluster, 1–100 characters. Front ends name the same one in <c>Cluster:Id</c>.</summary>
    public string ClusterId { get; set; } = "soonshop";

    /// <summary>The size of the connection pool of this silo. <c>Maximum Pool Size</c> in the connection string takes precedence.</summary>
    public int MaxDatabaseConnections { get; set; } = 40;

    /// <summary>
    /// The share of the available memory, in percent, above which the silo deactivates the grains that were used least recently; 0 never
    /// does. Available is the memory limit of the process or, without one, the memory of the machine.
    /// </summary>
    public int MemoryLimitPercent { get; set; } = 85;

    /// <summary>
    /// Brings the database schema up to date at start. With <c>false</c>, a separate job runs <c>Silo migrate</c>, and a silo only checks
    /// that the schema is new enough.
    /// </summary>
    public bool MigrateAtStart { get; set; } = true;

    /// <summary>
    /// How long a starting silo, and <c>Silo migrate</c>, wait for a database that does not respond, in seconds; 0 does not wait.
    /// </summary>
    public int AwaitDatabaseSeconds { get; set; } = 240;

    /// <summary>How long <c>Silo await-schema</c> waits until another process has migrated the schema, in minutes.</summary>
    public int AwaitSchemaMinutes { get; set; } = 10;

    /// <summary>
    /// Set to <c>true</c> where the silo is a pod of a Deployment. Silos are then named after their pods. It needs <c>POD_NAME</c>,
    /// <c>POD_NAMESPACE</c> and the token of a service account.
    /// </summary>
    public bool Kubernetes { get; set; }

    /// <summary>
    /// The URL of the Kubernetes API server. Needed only where it is not the one that the pod's service account names, such as with
    /// <c>kubectl proxy</c>.
    /// </summary>
    public string KubernetesApi { get; set; } = "";

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (SiloPort is < 1 or > 65535)
            yield return $"Silo:SiloPort is {SiloPort}; set Silo__SiloPort to 1–65535.";
        if (GatewayPort is < 1 or > 65535)
            yield return $"Silo:GatewayPort is {GatewayPort}; set Silo__GatewayPort to 1–65535.";
        if (SiloPort == GatewayPort)
            yield return $"Silo:SiloPort and Silo:GatewayPort are both {SiloPort}; set them apart.";
        if (HttpPort is < 0 or > 65535)
            yield return $"Silo:HttpPort is {HttpPort}; set Silo__HttpPort to 1–65535, or to 0 for none.";
        else if (HttpPort == SiloPort || HttpPort == GatewayPort)
            yield return $"Silo:HttpPort is {HttpPort}, and so is Silo:SiloPort or Silo:GatewayPort; set Silo__HttpPort to another.";
        if (HttpAddress is not ("+" or "*") && !IPAddress.TryParse(HttpAddress, out _))
            yield return $"Silo:HttpAddress is '{HttpAddress}'; set Silo__HttpAddress to an IP address of this machine, or to + for all.";
        if (!IPAddress.TryParse(AdvertisedIP, out _))
            yield return $"Silo:AdvertisedIP is '{AdvertisedIP}'; set Silo__AdvertisedIP to an IP address of this machine.";
        if (ClusterId.Length is < 1 or > 100)
            yield return "Silo:ClusterId must be 1–100 characters; set Silo__ClusterId.";
        if (MaxDatabaseConnections is < 8 or > 1000)
            yield return $"Silo:MaxDatabaseConnections is {MaxDatabaseConnections}; set Silo__MaxDatabaseConnections to 8–1000: "
                + "the silo holds some connections permanently.";
        if (MemoryLimitPercent is not (0 or >= 20 and <= 100))
            yield return $"Silo:MemoryLimitPercent is {MemoryLimitPercent}; set Silo__MemoryLimitPercent to 20–100, or to 0 for none.";
        if (AwaitDatabaseSeconds is < 0 or > 86_400)
            yield return $"Silo:AwaitDatabaseSeconds is {AwaitDatabaseSeconds}; set Silo__AwaitDatabaseSeconds to 0–86400.";
        if (AwaitSchemaMinutes is < 1 or > 1440)
            yield return $"Silo:AwaitSchemaMinutes is {AwaitSchemaMinutes}; set Silo__AwaitSchemaMinutes to 1–1440.";
    }
}
