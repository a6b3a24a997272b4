using SoonShop.ApiFrontend.ApiKeys;
using SoonShop.ApiFrontend.Auditing;
using SoonShop.ApiFrontend.Carts;
using SoonShop.ApiFrontend.Catalog;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Contract;
using SoonShop.ApiFrontend.Edge;
using SoonShop.ApiFrontend.Events;
using SoonShop.ApiFrontend.Exports;
using SoonShop.ApiFrontend.Grpc;
using SoonShop.ApiFrontend.Health;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Imports;
using SoonShop.ApiFrontend.Inventory;
using SoonShop.ApiFrontend.Logging;
using SoonShop.ApiFrontend.Media;
using SoonShop.ApiFrontend.Notifications;
using SoonShop.ApiFrontend.Orders;
using SoonShop.ApiFrontend.Payments;
using SoonShop.ApiFrontend.Pricing;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.ApiFrontend.Telemetry;
using SoonShop.ApiFrontend.Users;
using SoonShop.ApiFrontend.Versions;
using SoonShop.ServiceDefaults.Telemetry;

namespace SoonShop.ApiFrontend;

/// <summary>The front end as a whole: its services, what a request passes, in this order, and its routes.</summary>
internal static class FrontEnd
{
    /// <param name="builder">The process.</param>
    /// <param name="configuration">What is configured.</param>
    /// <param name="measured">Whether it logs to the standard output and measures itself, as a process that serves does.</param>
    public static WebApplication Build(WebApplicationBuilder builder, FrontendConfiguration configuration, bool measured)
    {
        builder.AddShopClient(configuration);
        builder.AddShopHttp(configuration);
        builder.AddShopGrpc(configuration);
        builder.Services.AddCatalogReader(configuration.Caching);
        builder.Services.AddMedia(configuration.Media);
        if (measured)
            builder.AddFrontendTelemetry(configuration.Telemetry);
        var app = builder.Build();
        Tls.WarnWithoutQuic(app.Configuration, app.Logger);
        if (measured)
            app.StartTelemetry();
        // Must precede the handling of forwarded headers, which hides that a request came through a proxy.
        if (measured && configuration.Telemetry.MetricsPort == 0)
            app.UseMetrics(MetricsEndpoint.IsLocal);
        app.UseTrustedProxies(configuration.Http);
        app.UseSecurityHeaders(configuration.Http);
        app.UseExceptionHandler();
        app.UseStatusProblems();
        app.UseHttpsRedirection(configuration.Http);
        app.UseCors(configuration.Cors);
        app.UseRequestLimits(configuration.Http.MaxRequestBytes);
        app.UseCompression(configuration.Http);
        app.UseRouting();
        app.UseBufferedBodies(configuration.Http);
        app.UseAdmission(configuration.Admission);
        app.UseRequestTimeouts();
        CallBudget.Use(app, configuration.Cluster);
        app.UseDeprecations();
        app.UseShopAuthentication();
        app.UseActor();
        app.UseRateLimits(configuration.RateLimits);
        app.UseAccess();
        app.UseStrictRequests();
        app.UseMiddleware<IdempotencyMiddleware>();
        app.UseUnreadableMessages(configuration.Grpc);
        MapRoutes(app);
        return app;
    }

    private static void MapRoutes(WebApplication app)
    {
        app.MapStartPage();
        app.MapHealth();
        app.MapShopOpenApi();
        app.MapKeys();
        app.MapMediaFiles();
        var api = app.MapShopApi(ApiVersions.All).WithShopTimeouts();
        api.MapAuth();
        api.MapMe();
        api.MapSessions();
        api.MapPrivacy();
        api.MapProducts();
        api.MapProductGroups();
        api.MapInventory();
        api.MapCarts();
        api.MapOrders();
        api.MapOrderLookup();
        api.MapReturns();
        api.MapPayments();
        api.MapPaymentWebhooks();
        api.MapNotifications();
        var admin = api.MapGroup("/admin").LimitRate(RateClass.Admin).Compressed();
        admin.MapAdminUsers();
        admin.MapAdminOrders();
        admin.MapAdminShipments();
        admin.MapAdminStock();
        admin.MapAdminReturns();
        admin.MapAdminExchanges();
        admin.MapAdminDraftOrders();
        admin.MapAdminPayments();
        admin.MapAdminProductGroups();
        admin.MapAdminSynonyms();
        admin.MapAdminSearchMisses();
        admin.MapAdminPricing();
        admin.MapAdminWebhooks();
        admin.MapAdminEvents();
        admin.MapAdminAudit();
        admin.MapAdminApiKeys();
        admin.MapAdminLogLevels();
        admin.MapAdminMedia();
        admin.MapImportJobs();
        admin.MapExports();
        app.MapShopGrpc();
        app.RequireDeclaredAccess();
    }
}
