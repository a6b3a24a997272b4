using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Validation;
using Npgsql;
using Orleans.Configuration;
using SoonShop.ApiFrontend.Carts;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Contract;
using SoonShop.ApiFrontend.Edge;
using SoonShop.ApiFrontend.Health;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Imports;
using SoonShop.ApiFrontend.Localization;
using SoonShop.ApiFrontend.Orders;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.ApiFrontend.Users;
using SoonShop.ApiFrontend.Versions;
using SoonShop.Carts;
using SoonShop.ServiceDefaults;
using SoonShop.ServiceDefaults.ClusterTls;

namespace SoonShop.ApiFrontend;

/// <summary>Assembles the front end.</summary>
internal static class Hosting
{
    private static readonly TimeSpan OpenConnectionTimeout = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan ConnectPause = TimeSpan.FromSeconds(1);

    /// <summary>Adds a client of the cluster that the database names. It waits for the first silo.</summary>
    public static void AddShopClient(this WebApplicationBuilder builder, FrontendConfiguration configuration)
    {
        builder.Services
            .AddSingleton(_ => configuration.Database.ToDataSource())
            .AddSingleton(configuration.Cluster).AddSingleton(configuration.Admission)
            .AddSingleton<GatewayMetrics>().AddSingleton<GatewayWatch>().AddSingleton<ClusterBreaker>()
            .AddSingleton<Admission>()
            .AddSingleton<IssuedCartPool>()
            .AddSingleton<Func<int, Task<IssuedCarts?>>>(
                s => count => s.GetRequiredService<IClusterClient>().GetGrain<ICartIdsGrain>(WorkerKeys.Next()).IssueAsync(count))
            .AddHostedService<ClusterProbe>();
        builder.Services.AddShopTimeouts(configuration.Cluster);
        var certificates = builder.Services.AddClusterCertificates(configuration.ClusterTls);
        // Registered before Orleans' own provider, so that it takes precedence.
        builder.Services.AddSingleton<IGrainInterfaceTypeProvider, CachedInterfaceTypes>();
        builder.UseOrleansClient(client => (configuration.Telemetry.Traces ? client.AddActivityPropagation() : client)
            .UseClusterTls(certificates, allowPlainText: configuration.ClusterTls.AllowPlainText || builder.Environment.IsDevelopment())
            .UseAdoNetClustering(
                o => o.Configure<NpgsqlDataSource>((options, database) => (options.Invariant, options.DataSource) = ("Npgsql", database)))
            .UseConnectionRetryFilter(async (_, cancellation) =>
            {
                await Task.Delay(ConnectPause, cancellation);
                return true;
            })
            .AddOutgoingGrainCallFilter<ClusterCalls>()
            .AddGatewayCountChangedHandler(services =>
            {
                var watch = services.GetRequiredService<GatewayWatch>();
                return (_, e) => watch.Changed(e.NumberOfConnectedGateways, e.PreviousNumberOfConnectedGateways);
            })
            // A failed gateway is skipped for the refresh period as well.
            .Configure<GatewayOptions>(o => o.GatewayListRefreshPeriod = TimeSpan.FromSeconds(configuration.Cluster.GatewayRefreshSeconds))
            // A gateway that does not accept a connection within this time is considered dead, and the next one is used.
            .Configure<ConnectionOptions>(o => o.OpenConnectionTimeout = OpenConnectionTimeout)
            .Configure<ClientMessagingOptions>(o =>
            {
                o.ResponseTimeout = TimeSpan.FromSeconds(configuration.Cluster.CallTimeoutSeconds);
                // Cancels only calls that take a cancellation token, which are queries.
                o.CancelRequestOnTimeout = true;
            })
            .Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (configuration.Cluster.Id, "soonshop")));
    }

    /// <summary>Adds authentication, problems, JSON, limits and OpenAPI.</summary>
    public static void AddShopHttp(this WebApplicationBuilder builder, FrontendConfiguration configuration)
    {
        builder.WebHost.ConfigureKestrel(k => k.Apply(configuration.Http));
        var services = builder.Services;
        services.AddShopEdge(configuration.Http, configuration.Cors);
        services.AddRateLimits(configuration.RateLimits);
        services.AddSingleton(TimeProvider.System).AddSingleton<OrderEventStream>().AddSingleton<ImportUpload>().AddSingleton<Readiness>();
        services.AddShopAuthentication(configuration.Auth);
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(o =>
        {
            o.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false));
            // Numbers as text are rejected: clients generated from the document do not send them.
            o.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
            o.SerializerOptions.AddStrictJson();
        });
        services.AddHttpContextAccessor();
        services.AddShopLocalization();
        services.AddShopVersions(configuration.Versions);
        services.AddExceptionHandler<ProblemExceptionHandler>();
        // Registered before the default writer, so that it takes precedence.
        services.AddSingleton<IProblemDetailsWriter, ProblemWriter>();
        services.AddProblemDetails(o => o.CustomizeProblemDetails = context =>
        {
            var language = Problem.Complete(
                context.HttpContext, context.ProblemDetails, ProblemCodes.OfStatus(context.ProblemDetails.Status ?? 500));
            // The rules have said what is wrong in the client's language: FieldRuleAttribute.
            if (context.ProblemDetails is HttpValidationProblemDetails validation)
            {
                validation.Detail = language["error.see-errors"];
                validation.Errors = validation.Errors.ToDictionary(e => FieldNames.CamelCase(e.Key), e => e.Value);
            }
        });
        services.AddValidation();
        services.PostConfigure<ValidationOptions>(CachedValidation.Configure);
        services.AddShopOpenApi();
    }
}
