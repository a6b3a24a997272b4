using Npgsql;
using SoonShop.ApiFrontend.Catalog;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Edge;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.ApiFrontend.Users;
using SoonShop.ApiFrontend.Versions;
using SoonShop.ServiceDefaults;
using SoonShop.ServiceDefaults.ClusterTls;
using SoonShop.ServiceDefaults.Telemetry;

namespace SoonShop.ApiFrontend;

/// <summary>The whole configuration, read and checked once, before anything starts.</summary>
/// <param name="Auth">How access tokens are signed.</param>
/// <param name="Cluster">Which silos this front end calls.</param>
/// <param name="Admission">How many requests it works on at once.</param>
/// <param name="Http">What the server takes from clients.</param>
/// <param name="Cors">Which pages of other origins may call.</param>
/// <param name="RateLimits">How much one caller may ask for.</param>
/// <param name="Caching">How long products and searches may be kept.</param>
/// <param name="Versions">Which versions and routes are on their way out.</param>
/// <param name="Telemetry">What it tells of itself.</param>
/// <param name="ClusterTls">By which certificates silos and this front end know each other.</param>
/// <param name="Database">Where the cluster's membership stands; nothing else is read there.</param>
internal sealed record FrontendConfiguration(
    AuthOptions Auth,
    ClusterClientOptions Cluster,
    AdmissionOptions Admission,
    HttpOptions Http,
    ShopCorsOptions Cors,
    RateLimitsOptions RateLimits,
    CachingOptions Caching,
    VersionsOptions Versions,
    TelemetryOptions Telemetry,
    ClusterTlsOptions ClusterTls,
    NpgsqlConnectionStringBuilder Database)
{
    /// <summary>Reads the configuration; every problem goes into <paramref name="problems"/>, each with what to set.</summary>
    public static FrontendConfiguration Read(IConfiguration configuration, List<string> problems)
    {
        var auth = configuration.Bind<AuthOptions>(AuthOptions.Section, problems);
        var cluster = configuration.Bind<ClusterClientOptions>(ClusterClientOptions.Section, problems);
        var admission = configuration.Bind<AdmissionOptions>(AdmissionOptions.Section, problems);
        var http = configuration.Bind<HttpOptions>(HttpOptions.Section, problems);
        var cors = configuration.Bind<ShopCorsOptions>(ShopCorsOptions.Section, problems);
        var rateLimits = configuration.Bind<RateLimitsOptions>(RateLimitsOptions.Section, problems);
        var caching = configuration.Bind<CachingOptions>(CachingOptions.Section, problems);
        var versions = configuration.Bind<VersionsOptions>(VersionsOptions.Section, problems);
        var telemetry = configuration.Bind<TelemetryOptions>(TelemetryOptions.Section, problems);
        var clusterTls = configuration.Bind<ClusterTlsOptions>(ClusterTlsOptions.Section, problems);
        problems.AddRange(auth.Problems());
        problems.AddRange(clusterTls.Problems());
        problems.AddRange(cluster.Problems());
        problems.AddRange(admission.Problems());
        problems.AddRange(http.Problems());
        problems.AddRange(cors.Problems());
        problems.AddRange(rateLimits.Problems());
        problems.AddRange(caching.Problems());
        problems.AddRange(versions.Problems());
        problems.AddRange(telemetry.Problems());
        problems.AddRange(MetricsEndpoint.Problems(configuration, telemetry));
        problems.AddRange(Tls.Problems(configuration));
        problems.AddRange(TrustedProxies.Problems(configuration));
        return new FrontendConfiguration(auth, cluster, admission, http, cors, rateLimits, caching, versions, telemetry, clusterTls, configuration.ReadDatabase(
            problems, ("Maximum Pool Size", 4), ("Timeout", 5), ("Command Timeout", 8), ("Application Name", "soonshop-api")));
    }
}
