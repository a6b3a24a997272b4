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
using SoonShop.Catalog;
using SoonShop.Health;
using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Privacy;
using SoonShop.ServiceDefaults;
using SoonShop.ServiceDefaults.ClusterTls;
using SoonShop.Silo.Auditing;
using SoonShop.Silo.Calls;
using SoonShop.Silo.Carts;
using SoonShop.Silo.Catalog;
using SoonShop.Silo.Events;
using SoonShop.Silo.Health;
using SoonShop.Silo.Integrity;
using SoonShop.Silo.Inventory;
using SoonShop.Silo.Kubernetes;
using SoonShop.Silo.Notifications;
using SoonShop.Silo.Orders;
using SoonShop.Silo.Payments;
using SoonShop.Silo.Privacy;
using SoonShop.Silo.Scheduling;
using SoonShop.Silo.Search;
using SoonShop.Silo.Seed;
using SoonShop.Silo.Storage;
using SoonShop.Silo.Streams;
using SoonShop.Silo.Telemetry;
using SoonShop.Users;

namespace SoonShop.Silo;

/// <summary>Puts the silo together.</summary>
internal static class Hosting
{
    /// <summary>The provider name under which Orleans' ADO.NET packages know Npgsql.</summary>
    private const string Invariant = "Npgsql";

    /// <summary>The shop's services: configuration, database and ports.</summary>
    public static IServiceCollection AddShop(this IServiceCollection services, SiloConfiguration configuration) => services
        .AddSingleton(Options.Create(configuration.Silo))
        .AddSingleton(Options.Create(configuration.Accounts))
        .AddSingleton(Options.Create(configuration.Checkout))
        .AddSingleton(Options.Create(configuration.Privacy))
        .AddSingleton(Options.Create(new PasswordHasherOptions { IterationCount = configuration.Accounts.PasswordHashIterations }))
        .AddSingleton(TimeProvider.System)
        .AddSingleton(_ => configuration.Database.ToDataSource())
        .AddSingleton<PasswordHashing>()
        .AddSingleton<IStockLedger, StockLedger>()
        .AddSingleton<IProductSearch, ProductSearch>()
        .AddSingleton<ICatalogChangeSource, CatalogChangeSource>()
        .AddSingleton(typeof(LocalGrainCache<>))
        .AddSingleton<ICartIdKeys, StoredCartIdKeys>()
        .AddSingleton<IOrderQueries, OrderQueries>()
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
        .AddShopEvents(configuration.Events);

    /// <summary>The silo with its storage and filters, without clustering.</summary>
    public static ISiloBuilder UseShop(this ISiloBuilder silo, SiloConfiguration configuration)
    {
        // First, so that a span holds all that its call meets.
        if (configuration.Telemetry.Traces)
            silo.AddActivityPropagation();
        silo.AddShopGrainStorage(configuration.Storage).AddShopStreams(configuration.Streams).AddIncomingGrainCallFilter<CallFilter>();
        silo.Services.AddSingleton<CallDeadlines>().AddHostedService<Housekeeping>().AddHostedService<SearchHousekeeping>().AddHostedService<AdminAccount>().AddHostedService<ReconciliationService>()
            .AddHostedService<OrderHousekeeping>().AddHostedService(s => s.GetRequiredService<CheckoutWatch>()).AddHostedService<PrivacyHousekeeping>().AddHostedService(s => s.GetRequiredService<IntegrityService>()).AddHostedService(s => s.GetRequiredService<AuditAggregator>()).AddShopEventServices().AddShopMetrics(configuration.Telemetry);
        // What fails while a grain is loaded passes no filter: its caller must be able to read it.
        silo.Services.Configure<ExceptionSerializationOptions>(o => o.SupportedNamespacePrefixes.Add(nameof(Npgsql)));
        // Grains leave by their age (see their classes' limits); shedding is the last line before the process is killed for its memory.
        silo.Services.Configure<GrainCollectionOptions>(o =>
        {
            o.CollectionQuantum = TimeSpan.FromSeconds(15);
            IdleLimits.AddTo(o.ClassSpecificCollectionAge);
            o.EnableActivationSheddingOnMemoryPressure = configuration.Silo.MemoryLimitPercent > 0;
            if (o.EnableActivationSheddingOnMemoryPressure)
                (o.MemoryUsageLimitPercentage, o.MemoryUsageTargetPercentage) = (configuration.Silo.MemoryLimitPercent, configuration.Silo.MemoryLimitPercent - 10);
        });
        // A caller waits longer than what it calls waits for the database, and the gateway longer than that.
        silo.Services.Configure<SiloMessagingOptions>(o => o.ResponseTimeout = TimeSpan.FromSeconds(10));
        return silo;
    }

    /// <summary>Membership in the database, and the endpoints of this silo.</summary>
    public static ISiloBuilder UseShopCluster(this ISiloBuilder silo, SiloConfiguration configuration)
    {
        var address = IPAddress.Parse(configuration.Silo.AdvertisedIP);
        silo.ConfigureEndpoints(address, configuration.Silo.SiloPort, configuration.Silo.GatewayPort)
            .UseAdoNetClustering(o => o.Configure<NpgsqlDataSource>((options, database) => (options.Invariant, options.DataSource) = (Invariant, database)))
            .UseShopKubernetes(configuration.Silo);
        // After hosting for Kubernetes, which would listen everywhere.
        silo.Services.PostConfigure<EndpointOptions>(o =>
        {
            var listening = configuration.Silo.ListenOnAnyAddress ? address.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any : address;
            o.SiloListeningEndpoint = new IPEndPoint(listening, configuration.Silo.SiloPort);
            o.GatewayListeningEndpoint = new IPEndPoint(listening, configuration.Silo.GatewayPort);
        });
        silo.UseClusterTls(silo.Services.AddClusterCertificates(configuration.ClusterTls));
        silo.Services.Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (configuration.Silo.ClusterId, "soonshop"));
        silo.Services.Configure<ClusterMembershipOptions>(o =>
        {
            // A silo that dies is missed after about ten seconds. One whose row is all that is left, because the whole
            // cluster died, holds a new silo up no longer than that either.
            o.ProbeTimeout = TimeSpan.FromSeconds(3);
            o.NumMissedProbesLimit = 3;
            o.TableRefreshTimeout = TimeSpan.FromSeconds(10);
            o.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
            // Longer than the slowest start: a silo that finds itself joining for longer than this takes itself for dead, and ends.
            o.MaxJoinAttemptTime = TimeSpan.FromMinutes(5);
        });
        return silo;
    }

    /// <summary>How often, a second apart, a client looks for a silo before it gives up.</summary>
    private const int MaxConnectAttempts = 60;

    /// <summary>A client of the cluster that the database names.</summary>
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
            .UseAdoNetClustering(o => o.Configure<NpgsqlDataSource>((options, database) => (options.Invariant, options.DataSource) = (Invariant, database)))
            .Configure<ClusterOptions>(o => (o.ClusterId, o.ServiceId) = (configuration.Silo.ClusterId, "soonshop")));
        return builder;
    }
}
