using SoonShop.ApiFrontend;
using SoonShop.ApiFrontend.ApiKeys;
using SoonShop.ApiFrontend.Auditing;
using SoonShop.ApiFrontend.Carts;
using SoonShop.ApiFrontend.Catalog;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Contract;
using SoonShop.ApiFrontend.Edge;
using SoonShop.ApiFrontend.Events;
using SoonShop.ApiFrontend.Health;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Inventory;
using SoonShop.ApiFrontend.Logging;
using SoonShop.ApiFrontend.Notifications;
using SoonShop.ApiFrontend.Orders;
using SoonShop.ApiFrontend.Payments;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.ApiFrontend.Telemetry;
using SoonShop.ApiFrontend.Users;
using SoonShop.ApiFrontend.Versions;
using SoonShop.ServiceDefaults;
using SoonShop.ServiceDefaults.Telemetry;

// Exit codes of sysexits.h, as in the silo.
const int UsageError = 64, ConfigurationError = 78;

if (args is ["new-key"])
{
    Console.Out.Write(KeySet.NewPem());
    return 0;
}
if (args is ["health", var url])
    return await HealthCommand.AskAsync(url);
if (!OpenApiCommand.TryRead(args, out var openApi))
{
    Console.Error.WriteLine($"ApiFrontend: '{string.Join(' ', args)}' is not a command.\n{OpenApiCommand.Usage}");
    return UsageError;
}

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = openApi is null ? args : [], ContentRootPath = AppContext.BaseDirectory });
if (openApi is not null)
    OpenApiCommand.Configure(builder);
builder.Configuration.AddSecretFiles();
var problems = new List<string>();
var configuration = FrontendConfiguration.Read(builder.Configuration, problems);
if (problems.Count > 0)
{
    Console.Error.WriteLine($"ApiFrontend: the configuration has {problems.Count} problem(s):\n  - {string.Join("\n  - ", problems)}");
    return ConfigurationError;
}
builder.AddShopClient(configuration);
builder.AddShopHttp(configuration);
builder.Services.AddCatalogReader(configuration.Caching);
if (openApi is null)
    builder.AddFrontendTelemetry(configuration.Telemetry);

var app = builder.Build();
if (openApi is null)
    app.StartTelemetry();
// Must precede the handling of forwarded headers, which hides that a request came through a proxy.
if (openApi is null && configuration.Telemetry.MetricsPort == 0)
    app.UseMetrics(MetricsEndpoint.IsLocal);
app.UseTrustedProxies(configuration.Http);
app.UseSecurityHeaders(configuration.Http);
app.UseExceptionHandler();
app.UseStatusProblems();
app.UseHttpsRedirection(configuration.Http);
app.UseCors(configuration.Cors);
app.UseRequestLimits(configuration.Http.MaxRequestBytes);
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

app.MapStartPage();
app.MapHealth();
app.MapShopOpenApi();
app.MapKeys();
var api = app.MapShopApi(ApiVersions.All).WithShopTimeouts();
api.MapAuth();
api.MapMe();
api.MapSessions();
api.MapPrivacy();
api.MapProducts();
api.MapInventory();
api.MapCarts();
api.MapOrders();
api.MapPayments();
api.MapPaymentWebhooks();
api.MapNotifications();
var admin = api.MapGroup("/admin").LimitRate(RateClass.Admin);
admin.MapAdminUsers();
admin.MapAdminOrders();
admin.MapAdminPayments();
admin.MapAdminWebhooks();
admin.MapAdminEvents();
admin.MapAdminAudit();
admin.MapAdminApiKeys();
admin.MapAdminLogLevels();
app.RequireDeclaredAccess();

if (openApi is not null)
    return await openApi.WriteAsync(app);
await app.RunAsync();
return 0;
