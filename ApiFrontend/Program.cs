using SoonShop.ApiFrontend;
using SoonShop.ApiFrontend.Carts;
using SoonShop.ApiFrontend.Catalog;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Edge;
using SoonShop.ApiFrontend.Events;
using SoonShop.ApiFrontend.Health;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Inventory;
using SoonShop.ApiFrontend.Notifications;
using SoonShop.ApiFrontend.Orders;
using SoonShop.ApiFrontend.Payments;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.ApiFrontend.Users;
using SoonShop.Users;

// Exit code of sysexits.h, as the silo's.
const int ConfigurationError = 78;

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
var problems = new List<string>();
var configuration = FrontendConfiguration.Read(builder.Configuration, problems);
if (problems.Count > 0)
{
    Console.Error.WriteLine($"ApiFrontend: the configuration has {problems.Count} problem(s):\n  - {string.Join("\n  - ", problems)}");
    return ConfigurationError;
}
builder.AddShopClient(configuration);
builder.AddShopHttp(configuration);
builder.Services.AddCatalogueReads(configuration.Caching);

var app = builder.Build();
app.UseTrustedProxies(configuration.Http);
app.UseSecurityHeaders(configuration.Http);
app.UseCorrelation();
app.UseExceptionHandler();
app.UseStatusCodePages();
app.UseHttpsRedirection(configuration.Http);
app.UseCors(configuration.Cors);
app.UseRequestLimits(configuration.Http.MaxRequestBytes);
app.UseRouting();
app.UseAdmission(configuration.Admission);
app.UseRequestTimeouts();
CallBudget.Use(app, configuration.Cluster);
app.UseAuthentication();
app.UseRateLimits(configuration.RateLimits);
app.UseAuthorization();
app.UseCustomerOrGuest();
app.UseMiddleware<IdempotencyMiddleware>();

app.MapHealth();
app.MapShopOpenApi();
var api = app.MapGroup("/api/v1").WithShopTimeouts().ProducesProblem(StatusCodes.Status429TooManyRequests);
api.MapAuth();
api.MapMe();
api.MapProducts();
api.MapInventory();
api.MapCarts();
api.MapOrders();
api.MapPayments();
api.MapPaymentWebhooks();
api.MapNotifications();
var admin = api.MapGroup("/admin").RequireAuthorization(Role.Admin).LimitRate(RateClass.Admin);
admin.MapAdminUsers();
admin.MapAdminOrders();
admin.MapAdminPayments();
admin.MapAdminWebhooks();
admin.MapAdminEvents();

await app.RunAsync();
return 0;
