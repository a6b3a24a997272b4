using System.Net;
using SoonShop.Silo.Kubernetes;

namespace SoonShop.Silo;

/// <summary>Configuration section <c>Silo</c>: where this silo is reached, and of which cluster it is.</summary>
public sealed class SiloOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Silo";

    /// <summary>Port for other silos.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>Port for front ends.</summary>
    public int GatewayPort { get; set; } = 30000;

    /// <summary>Port for those who watch: health, metrics, dashboard; 0 for none.</summary>
    public int HttpPort { get; set; } = 8081;

    /// <summary>Where it listens: an IP address of this machine, or <c>+</c> for all. No client of the shop's comes here.</summary>
    public string HttpAddress { get; set; } = "127.0.0.1";

    /// <summary>The IP address by which others reach this silo; loopback keeps the cluster on this machine.</summary>
    public string AdvertisedIP { get; set; } = "127.0.0.1";

    /// <summary>
    /// Listens for silos and front ends at every address of this machine, and not at <see cref="AdvertisedIP"/> alone: where that one is another machine's, which
    /// passes connections on.
    /// </summary>
    public bool ListenOnAnyAddress { get; set; }

    /// <summary>Silos and front ends of one cluster name the same.</summary>
    public string ClusterId { get; set; } = "soonshop";

    /// <summary>Connections to the database that this process may hold.</summary>
    public int MaxDatabaseConnections { get; set; } = 40;

    /// <summary>
    /// The share of the memory that this process may have, in percent, from which on the grains that were used least recently leave it before
    /// their time; 0 for never. Where the process has no limit of its own, the machine's memory counts.
    /// </summary>
    public int MemoryLimitPercent { get; set; } = 85;

    /// <summary>
    /// Brings the schema up to date at each start. False where a job of its own does (<c>Silo migrate</c>), under a role that may: a silo then
    /// only makes sure that the schema is not older than the program.
    /// </summary>
    public bool MigrateAtStart { get; set; } = true;

    /// <summary>Seconds for which a silo that starts, and <c>Silo migrate</c>, wait for a database that is away; 0 for not.</summary>
    public int AwaitDatabaseSeconds { get; set; } = 240;

    /// <summary>Minutes for which <c>Silo await-schema</c> waits for that job.</summary>
    public int AwaitSchemaMinutes { get; set; } = 10;

    /// <summary>This process is a pod of a Deployment in Kubernetes; see <see cref="KubernetesHosting"/>.</summary>
    public bool Kubernetes { get; set; }

    /// <summary>Kubernetes' API server, where it is not the one of the pod's service account.</summary>
    public string KubernetesApi { get; set; } = "";

    /// <summary>What is wrong, each with what to set.</summary>
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
        if (MaxDatabaseConnections is < 5 or > 1000)
            yield return $"Silo:MaxDatabaseConnections is {MaxDatabaseConnections}; set Silo__MaxDatabaseConnections to 5–1000: some are held all the time.";
        if (MemoryLimitPercent is not (0 or >= 20 and <= 100))
            yield return $"Silo:MemoryLimitPercent is {MemoryLimitPercent}; set Silo__MemoryLimitPercent to 20–100, or to 0 for none.";
        if (AwaitDatabaseSeconds is < 0 or > 86_400)
            yield return $"Silo:AwaitDatabaseSeconds is {AwaitDatabaseSeconds}; set Silo__AwaitDatabaseSeconds to 0–86400.";
        if (AwaitSchemaMinutes is < 1 or > 1440)
            yield return $"Silo:AwaitSchemaMinutes is {AwaitSchemaMinutes}; set Silo__AwaitSchemaMinutes to 1–1440.";
    }
}
