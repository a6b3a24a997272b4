using System.Net.Quic;
using Npgsql;
using SoonShop.ApiFrontend.Catalog;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Edge;
using SoonShop.ApiFrontend.Grpc;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Media;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.ApiFrontend.Users;
using SoonShop.ApiFrontend.Versions;
using SoonShop.ServiceDefaults;
using SoonShop.ServiceDefaults.ClusterTls;
using SoonShop.ServiceDefaults.Telemetry;

namespace SoonShop.ApiFrontend;

/// <summary>The whole configuration, read and validated once before anything starts.</summary>
/// <param name="Auth">The keys and lifetime of access tokens.</param>
/// <param name="Cluster">The cluster that this front end calls.</param>
/// <param name="Admission">The limits of concurrent requests.</param>
/// <param name="Http">The limits of requests and connections.</param>
/// <param name="Cors">The origins that may call the API from a browser.</param>
/// <param name="RateLimits">The rate limits of callers.</param>
/// <param name="Caching">How long products and searches are cached.</param>
/// <param name="Media">Where uploaded images are stored.</param>
/// <param name="Versions">Deprecated versions and routes.</param>
/// <param name="Grpc">Whether gRPC is served beside HTTP.</param>
/// <param name="Telemetry">Logs, metrics and traces.</param>
/// <param name="ClusterTls">The certificates with which silos and this front end authenticate each other.</param>
/// <param name="Database">The database with the cluster's membership. The front end reads nothing else there.</param>
internal sealed record FrontendConfiguration(
    AuthOptions Auth,
    ClusterClientOptions Cluster,
    AdmissionOptions Admission,
    HttpOptions Http,
    ShopCorsOptions Cors,
    RateLimitsOptions RateLimits,
    CachingOptions Caching,
    MediaOptions Media,
    VersionsOptions Versions,
    GrpcOptions Grpc,
    TelemetryOptions Telemetry,
    ClusterTlsOptions ClusterTls,
    NpgsqlConnectionStringBuilder Database)
{
    /// <summary>Reads the configuration, and adds every problem to <paramref name="problems"/>, each with the value to set.</summary>
    public static FrontendConfiguration Read(IConfiguration configuration, List<string> problems)
    {
        var auth = configuration.Bind<AuthOptions>(AuthOptions.Section, problems);
        var cluster = configuration.Bind<ClusterClientOptions>(ClusterClientOptions.Section, problems);
        var admission = configuration.Bind<AdmissionOptions>(AdmissionOptions.Section, problems);
        var http = configuration.Bind<HttpOptions>(HttpOptions.Section, problems);
        var cors = configuration.Bind<ShopCorsOptions>(ShopCorsOptions.Section, problems);
        var rateLimits = configuration.Bind<RateLimitsOptions>(RateLimitsOptions.Section, problems);
        var caching = configuration.Bind<CachingOptions>(CachingOptions.Section, problems);
        var media = configuration.Bind<MediaOptions>(MediaOptions.Section, problems);
        var versions = configuration.Bind<VersionsOptions>(VersionsOptions.Section, problems);
        var grpc = configuration.Bind<GrpcOptions>(GrpcOptions.Section, problems);
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
        problems.AddRange(media.Problems());
        problems.AddRange(versions.Problems());
        problems.AddRange(grpc.Problems(configuration));
        problems.AddRange(telemetry.Problems());
        problems.AddRange(MetricsEndpoint.Problems(configuration, telemetry));
        problems.AddRange(Tls.Problems(configuration));
        problems.AddRange(Tls.ProtocolProblems(configuration, QuicListener.IsSupported));
        problems.AddRange(TrustedProxies.Problems(configuration));
        return new FrontendConfiguration(
            auth, cluster, admission, http, cors, rateLimits, caching, media, versions, grpc, telemetry, clusterTls,
            configuration.ReadDatabase(
                problems, ("Maximum Pool Size", 4), ("Timeout", 5), ("Command Timeout", 8), ("No Reset On Close", true),
                ("Application Name", "soonshop-api")));
    }
}
