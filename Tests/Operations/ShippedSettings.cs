using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;
using SoonShop.ApiFrontend;
using SoonShop.Silo;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>Asks the programs' own code whether it reads, and takes, the settings that a file in <c>deploy</c> gives them.</summary>
internal static class ShippedSettings
{
    /// <summary>Settings that others read: the hosts, the runtime, Npgsql and Orleans' hosting for Kubernetes.</summary>
    private static readonly HashSet<string> Elsewhere =
    [
        "Logging", "Kestrel", "AllowedHosts", "ASPNETCORE_URLS", "DOTNET_ENVIRONMENT", "DOTNET_EnableDiagnostics", "PGGSSENCMODE",
        "POD_NAME", "POD_NAMESPACE", "POD_IP", "ORLEANS_SERVICE_ID", "ORLEANS_CLUSTER_ID",
    ];

    /// <summary>Values that only the place knows where it runs, or that are secret, such as they may be.</summary>
    private static readonly Dictionary<string, string> Plausible = new()
    {
        ["ConnectionStrings__soonshop"] = "Host=database;Database=soonshop;Username=soonshop;Password=secret",
        ["Accounts__AdminEmail"] = Shop.AdminEmail,
        ["Accounts__AdminPassword"] = Shop.AdminPassword,
        ["Payments__Stripe__ApiKey"] = "rk_test_51ShippedSettings0123456789",
        ["Payments__Stripe__WebhookSecrets__0"] = "whsec_ShippedSettings0123456789abcdef",
        ["Payments__Stripe__WebhookSecrets__1"] = "whsec_ShippedSettings0123456789abcdef",
        ["Notifications__Email__Smtp__User"] = "soonshop",
        ["Notifications__Email__Smtp__Password"] = "secret",
        ["POD_NAME"] = "soonshop-silo-0",
        ["POD_NAMESPACE"] = "soonshop",
        ["POD_IP"] = "10.1.2.3",
        ["Silo__AdvertisedIP"] = "10.1.2.3",
        ["Silo__ClusterId"] = "soonshop",
        ["RabbitMq__Uri"] = "amqp://soonshop:secret@rabbitmq:5672/",
        ["Media__S3__AccessKey"] = "AKIAPLAUSIBLE",
        ["Media__S3__SecretKey"] = "plausible",
        ["Events__Redis"] = "redis:6379,password=secret",
        ["ORLEANS_SERVICE_ID"] = "soonshop",
        ["ORLEANS_CLUSTER_ID"] = "soonshop",
    };

    /// <summary>
    /// What is wrong with a program's settings; null as a value stands for one that only the place knows, or that is secret.
    /// </summary>
    /// <param name="project">The program.</param>
    /// <param name="settings">By the names of environment variables or of files of secrets.</param>
    public static IReadOnlyList<string> Problems(string project, IReadOnlyDictionary<string, string?> settings)
    {
        var problems = new List<string>();
        var values = new Dictionary<string, string?>();
        foreach (var (name, value) in settings)
        {
            if ((value ?? Plausible.GetValueOrDefault(name)) is { } known)
                values[name.Replace("__", ":", StringComparison.Ordinal)] = known;
            else
                problems.Add($"{name}: the test knows no value for it");
        }
        // Where the key is in a container, there is none here.
        if (values.Remove("Auth:KeyFile"))
            values["Auth:Keys"] = TestKey.OfShops.Setting;
        // So are the certificates, which are all there or none.
        if (values.ContainsKey("ClusterTls:CertificatePath"))
        {
            var certificate = ClusterCertificate.OfShippedSettings;
            foreach (var (name, path) in ((string, string)[])[
                ("CertificatePath", certificate.CertificatePath), ("KeyPath", certificate.KeyPath),
                ("AuthorityPath", certificate.AuthorityPath)])
            {
                if (values[$"ClusterTls:{name}"] is { } mounted && mounted.StartsWith("/run/secrets/cluster/", StringComparison.Ordinal))
                    values[$"ClusterTls:{name}"] = path;
            }
        }
        // A pod has a service account's token.
        if (values.GetValueOrDefault("Silo:Kubernetes") == "true")
            values["Silo:KubernetesApi"] = "https://10.0.0.1";
        var watched = new WatchedConfiguration(new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(Path.GetDirectoryName(Repository.Program(project))!, "appsettings.json"))
            .AddInMemoryCollection(values).Build());
        if (project == "Silo")
        {
            var configuration = SiloConfiguration.Read(watched, problems);
            problems.AddRange(
                configuration.ClusterTls.ReachableProblems(configuration.Silo.AdvertisedIP, configuration.Silo.ListenOnAnyAddress));
            problems.AddRange(
                PublishedSecrets.Problems(watched, configuration, takesMoney: settings.ContainsKey("Accounts__AdminPassword")));
        }
        else
            FrontendConfiguration.Read(watched, problems);
        problems.AddRange(values.Keys.Select(k => k.Split(':')[0])
            .Distinct().Where(s => !Elsewhere.Contains(s) && !watched.Read.Contains(s)).Select(s => $"{s}: nothing reads it"));
        return problems;
    }

    /// <summary>Notes which sections are read.</summary>
    private sealed class WatchedConfiguration(IConfiguration inner) : IConfiguration
    {
        public HashSet<string> Read { get; } = [];

        public string? this[string key]
        {
            get => inner[Note(key)];
            set => inner[key] = value;
        }

        public IConfigurationSection GetSection(string key) => inner.GetSection(Note(key));

        public IEnumerable<IConfigurationSection> GetChildren() => inner.GetChildren();

        public IChangeToken GetReloadToken() => inner.GetReloadToken();

        private string Note(string key)
        {
            Read.Add(key.Split(':')[0]);
            return key;
        }
    }
}
