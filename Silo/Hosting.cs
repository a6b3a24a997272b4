using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using Orleans.Serialization;
using SoonShop.Aggregates;
using SoonShop.ApiKeys;
using SoonShop.Carts;
using SoonShop.Fulfilment;
using SoonShop.Health;
using SoonShop.Inventory;
using SoonShop.Media;
using SoonShop.Orders;
using SoonShop.Pricing;
using SoonShop.Privacy;
using SoonShop.ServiceDefaults;
using SoonShop.ServiceDefaults.ClusterTls;
using SoonShop.Silo.Auditing;
using SoonShop.Silo.Calls;
using SoonShop.Silo.Carts;
using SoonShop.Silo.Catalog;
using SoonShop.Silo.Events;
using SoonShop.Silo.Exports;
using SoonShop.Silo.Health;
using SoonShop.Silo.Idempotency;
using SoonShop.Silo.Imports;
using SoonShop.Silo.Integrity;
using SoonShop.Silo.Inventory;
using SoonShop.Silo.Kubernetes;
using SoonShop.Silo.Media;
using SoonShop.Silo.Notifications;
using SoonShop.Silo.Orders;
using SoonShop.Silo.Payments;
using SoonShop.Silo.Pricing;
using SoonShop.Silo.Privacy;
using SoonShop.Silo.RabbitMq;
using SoonShop.Silo.Seed;
using SoonShop.Silo.Storage;
using SoonShop.Silo.Streams;
using SoonShop.Silo.Telemetry;
using SoonShop.Users;

namespace SoonShop.Silo;

/// <summary>Assembles the silo.</summary>
internal static class Hosting
{
    /// <summary>Npgsql's provider name in Orleans' ADO.NET packages.</summary>
    private const string Invariant = "Npgsql";

    /// <summary>Adds the shop's services: configuration, database and ports.</summary>
    public static IServiceCollection AddShop(this IServiceCollection services, SiloConfiguration configuration) => services
        .AddSingleton(Options.Create(configuration.Silo))
        .AddSingleton(Options.Create(configuration.Accounts))
        .AddSingleton(Options.Create(configuration.Checkout))
        .AddSingleton(Options.Create(configuration.Returns))
        .AddSingleton(Options.Create(configuration.DraftOrders))
        .AddSingleton(Options.Create(configuration.Privacy))
        .AddSingleton(Options.Create(configuration.MediaRetention))
        .AddSingleton(Options.Create(new PasswordHasherOptions { IterationCount = configuration.Accounts.PasswordHashIterations }))
        .AddSingleton(TimeProvider.System)
        .AddSingleton(_ => configuration.Database.ToDataSource())
        .AddSingleton<PasswordHashing>()
        .AddSingleton<IStockLedger, StockLedger>()
        .AddSingleton<IStockTransfers, StockTransfers>()
        .AddSingleton<IPromotionUseLedger, PromotionUseLedger>()
        .AddSingleton<ICustomerGroupMembers, CustomerGroupMembers>()
        .AddCatalog(configuration.Search)
        .AddSingleton<IMediaRecords, MediaRecords>()
        .AddSingleton(typeof(LocalGrainCache<>))
        .AddSingleton<ICartIdKeys, StoredCartIdKeys>()
        .AddSingleton<PricingRulesCache>().AddSingleton<KnownRules>()
        .AddSingleton<ClusterFeatures>()
        .AddSingleton<IOrderRouter, FewestParcelsRouter>().AddSingleton<StockLocations>()
        .AddSingleton(services => new StockRows(services.GetRequiredService<StockLocations>().GetAsync))
        .AddSingleton<PricingBuyers>()
        .AddSingleton<CartQuotes>()
        .AddSingleton<DraftQuotes>()
        .AddSingleton<IDraftOrderQueries, DraftOrderQueries>()
        .AddSingleton<IOrderQueries, OrderQueries>()
        .AddSingleton<IGuestOrders, GuestOrders>()
        .AddSingleton<OrderTokens>()
        .AddSingleton<OrderMaintenance>()
        .AddSingleton<OpenCheckouts>()
        .AddSingleton<CheckoutWatch>()
        .AddSingleton<ICheckoutWatch>(s => s.GetRequiredService<CheckoutWatch>())
        .AddSingleton<IDatabaseHealth, DatabaseHealth>()
        .AddSingleton<IApiKeys, ApiKeys.ApiKeys>()
        .AddAuditing()
        .AddSingleton<PersonalData>()
        .AddSingleton<IPersonalRecords, PersonalRecords>()
        .AddNotifications(configuration.Notifications, configuration.Templates)
        .AddPayments(configuration.Payments)
        .AddIntegrityCheck(configuration)
        .AddImports(configuration.Imports)
        .AddExports()
        .AddShopEvents(configuration.Events);

    /// <summary>Configures the silo with its storage and filters, without clustering.</summary>
    public static ISiloBuilder UseShop(this ISiloBuilder silo, SiloConfiguration configuration)
    {
        // Tracing comes first, so that a span covers everything within its call.
        if (configuration.Telemetry.Traces)
            silo.AddActivityPropagation();
        silo.AddShopGrainStorage(configuration.Storage).AddFirstStates(configuration.Storage).AddShopStreams(configuration.Streams)
            .AddIncomingGrainCallFilter<CallFilter>();
        silo.Services.AddSingleton<CallDeadlines>().AddHostedService<IdempotencyHousekeeping>().AddCatalogServices()
            .AddHostedService<AdminAccount>().AddHostedService<ReconciliationService>().AddHostedService<OrderHousekeeping>()
            .AddHostedService<DraftOrderHousekeeping>()
            .AddHostedService(s => s.GetRequiredService<CheckoutWatch>()).AddHostedService<PrivacyHousekeeping>()
            .AddHostedService(s => s.GetRequiredService<IntegrityService>()).AddHostedService(s => s.GetRequiredService<AuditAggregator>())
            .AddHostedService<ImportService>().AddHostedService<MediaRetention>()
            .AddShopEventServices().AddRabbitMq(configuration.RabbitMq).AddShopMetrics(configuration.Telemetry);
        // An error during activation bypasses the call filters, so the caller must be able to deserialize Npgsql's exceptions.
        silo.Services.Configure<ExceptionSerializationOptions>(o => o.SupportedNamespacePrefixes.Add(nameof(Npgsql)));
        // Grains are deactivated by age (see the limits of their classes). Memory-based deactivation is the last resort before the process
        // is killed.
        silo.Services.Configure<GrainCollectionOptions>(o =>
        {
            o.CollectionQuantum = TimeSpan.FromSeconds(15);
            IdleLimits.AddTo(o.ClassSpecificCollectionAge);
            o.EnableActivationSheddingOnMemoryPressure = configuration.Silo.MemoryLimitPercent > 0;
            if (o.EnableActivationSheddingOnMemoryPressure)
                (o.MemoryUsageLimitPercentage, o.MemoryUsageTargetPercentage) = (
                    configuration.Silo.MemoryLimitPercent, configuration.Silo.MemoryLimitPercent - 10);
        });
        // Most grains of a checkout are called for seconds. By default, the addresses of a million of them stay in memory.
        silo.Services.Configure<GrainDirectoryOptions>(o => o.CacheSize = 20_000);
        // A caller waits longer than its callee waits for the database, and the gateway waits longer than that.
        silo.Services.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromSeconds(10));
        return silo;
    }

    /// <summary>Configures membership in the database and this silo's endpoints.</summary>
    public static ISiloBuilder UseShopCluster(this ISiloBuilder silo, SiloConfiguration configuration)
    {
        var address = IPAddress.Parse(configuration.Silo.AdvertisedIP);
        silo.ConfigureEndpoints(address, configuration.Silo.SiloPort, configuration.Silo.GatewayPort)
            .UseAdoNetClustering(
                o => o.Configure<NpgsqlDataSource>((options, database) => (options.Invariant, options.DataSource) = (Invariant, database)))
            .UseShopKubernetes(configuration.Silo);
        // Runs after the Kubernetes hosting, which would listen on every address.
        silo.Services.PostConfigure<EndpointOptions>(o =>
        {
            var listening = configuration.Silo.ListenOnAnyAddress
                ? address.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any
                : address;
            o.SiloListeningEndpoint = new IPEndPoint(listening, configuration.Silo.SiloPort);
            o.GatewayListeningEndpoint = new IPEndPoint(listening, configuration.Silo.GatewayPort);
        });
        silo.UseClusterTls(silo.Services.AddClusterCertificates(configuration.ClusterTls));
        silo.Services.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (configuration.Silo.ClusterId, "soonshop"));
        silo.Services.Configure<ClusterMembershipOptions>(o =>
        {
            // A dead silo is detected after about ten seconds. A stale row, left after the whole cluster died, delays a new silo no longer
            // than that.
            o.ProbeTimeout = TimeSpan.FromSeconds(3);
            o.NumMissedProbesLimit = 3;
            o.TableRefreshTimeout = TimeSpan.FromSeconds(10);
            o.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
            // Longer than the slowest start: a silo that is joining for longer than this declares itself dead and ends.
            o.MaxJoinAttemptTime = TimeSpan.FromMinutes(5);
        });
        return silo;
    }

    /// <summary>How often a client tries to reach a silo, once a second, before it fails.</summary>
    private const int MaxConnectAttempts = 60;

    /// <summary>Adds a client of the cluster that the database names.</summary>
    public static IHostApplicationBuilder AddShopClient(this IHostApplicationBuilder builder, SiloConfiguration configuration)
    {
        builder.Services.AddSingleton(_ => configuration.Database.ToDataSource());
        var attempts = 0;
        var certificates = builder.Services.AddClusterCertificates(configuration.ClusterTls);
        builder.UseOrleansClient(client => client
            .UseClusterTls(certificates, allowPlainText: configuration.ClusterTls.AllowPlainText || builder.Environment.IsDevelopment())
            .UseConnectionRetryFilter(async (_, cancellation) =>
            {
                await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
                return ++attempts < MaxConnectAttempts;
            })
            .UseAdoNetClustering(
                o => o.Configure<NpgsqlDataSource>((options, database) => (options.Invariant, options.DataSource) = (Invariant, database)))
            .Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (configuration.Silo.ClusterId, "soonshop")));
        return builder;
    }
}
