using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop;
using SoonShop.ServiceDefaults;
using SoonShop.ServiceDefaults.Logging;
using SoonShop.ServiceDefaults.Telemetry;
using SoonShop.Silo;
using SoonShop.Silo.Dashboard;
using SoonShop.Silo.Http;
using SoonShop.Silo.Integrity;
using SoonShop.Silo.Migrations;
using SoonShop.Silo.Seed;
using SoonShop.Silo.Telemetry;

// Exit codes of sysexits.h: what went wrong can be told from outside.
const int UsageError = 64, Unavailable = 69, SoftwareError = 70, ConfigurationError = 78;

// The name in metrics, traces and logs.
const string Service = "soonshop-silo";

const string Usage = """
    Usage: Silo [run | migrate | await-schema | seed | check [--json] [--rows N] | health URL]
      run           (default) bring the schema up to date, unless Silo:MigrateAtStart is false, and run a silo
      migrate       bring the schema up to date and end
      await-schema  wait until another process has brought the schema up to date
      seed          load the demo catalogue into the running cluster and end
      check         check every promise over the whole database, also of a running shop, and end: 0 all kept, 1 some broken, 75 not finished
      health URL    ask a process on this machine how it is: 0 for well
    """;

if (args is ["health", var url])
    return await HealthCommand.AskAsync(url);
if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(Usage);
    return 0;
}
var command = args.FirstOrDefault() ?? "run";
// "audit" is the name that the command had before.
var check = command is "check" or "audit" ? CheckCommand.Parse(args.AsSpan(1)) : null;
if (check is null && (args.Length > 1 || command is not ("run" or "migrate" or "await-schema" or "seed")))
{
    Console.Error.WriteLine($"Silo: '{string.Join(' ', args)}' is no command.\n{Usage}");
    return UsageError;
}

// Only a silo that runs serves HTTP. All commands know the environment by the same names, in a front end's order: by default, one of them
// is known to web applications alone.
var environment = Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT");
IHostApplicationBuilder builder = command == "run"
    ? WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, EnvironmentName = environment })
    : Host.CreateApplicationBuilder(
        new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory, EnvironmentName = environment });
builder.Configuration.AddSecretFiles();
var problems = new List<string>();
var configuration = SiloConfiguration.Read(builder.Configuration, problems);
// Those commands that open the shop: a migration, say, has no payments.
if (command is "run" or "seed" && !builder.Environment.IsDevelopment())
    problems.AddRange(PublishedSecrets.Problems(builder.Configuration, configuration, takesMoney: command == "run"));
if (command == "run" && !builder.Environment.IsDevelopment())
    problems.AddRange(configuration.ClusterTls.ReachableProblems(configuration.Silo.AdvertisedIP, configuration.Silo.ListenOnAnyAddress));
if (problems.Count > 0)
{
    Console.Error.WriteLine($"Silo: the configuration has {problems.Count} problem(s):\n  - {string.Join("\n  - ", problems)}");
    return ConfigurationError;
}

try
{
    if (command is "run" or "migrate" or "await-schema")
    {
        using var logging = LoggerFactory.Create(l => l.AddConfiguration(builder.Configuration.GetSection("Logging")).AddShopLogging(
            Service, configuration.Telemetry, builder.Environment));
        var log = logging.CreateLogger("SoonShop.Migrations");
        var database = configuration.Database.ConnectionString;
        if (command != "await-schema")
            await DatabaseWait.UntilReachableAsync(
                database, TimeSpan.FromSeconds(configuration.Silo.AwaitDatabaseSeconds), log, CancellationToken.None);
        if (command == "migrate" || (command == "run" && configuration.Silo.MigrateAtStart))
            await Migrator.MigrateAsync(database, log, CancellationToken.None);
        else if (await Migrator.AwaitAsync(
            database, command == "run" ? TimeSpan.Zero : TimeSpan.FromMinutes(configuration.Silo.AwaitSchemaMinutes), log,
            CancellationToken.None)
            is { Count: > 0 } missing)
        {
            Console.Error.WriteLine($"Silo {command}: the schema is older than this program; it lacks {string.Join(", ", missing)}. Run "
                + "`Silo migrate` of this version.");
            return Unavailable;
        }
        if (command == "run" && !builder.Environment.IsDevelopment()
            && await PublishedAdministrator.ProblemAsync(database, configuration.Accounts) is { } problem)
        {
            Console.Error.WriteLine($"Silo: {problem}");
            return ConfigurationError;
        }
    }
    switch (command)
    {
        case "run":
            builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(20));
            builder.Services.AddShop(configuration);
            builder.UseOrleans(silo => silo.UseShop(configuration).UseShopCluster(configuration).AddShopDashboard(configuration));
            builder.AddShopLogging(Service, configuration.Telemetry);
            builder.AddShopTelemetry(Service, configuration.Telemetry, trustsCallers: true);
            var web = (WebApplicationBuilder)builder;
            web.AddSiloHttp(configuration.Silo);
            await using (var silo = web.Build())
            {
                silo.StartMetrics();
                silo.UseSiloHttp(configuration.Silo);
                silo.MapDashboard();
                await silo.RunAsync();
            }
            break;
        case "seed":
            builder.AddShopClient(configuration);
            using (var client = ((HostApplicationBuilder)builder).Build())
            {
                await client.StartAsync();
                var grains = client.Services.GetRequiredService<IGrainFactory>();
                var folder = Path.Combine(AppContext.BaseDirectory, "Seed");
                var pricing = await DemoPricing.ReadAsync(Path.Combine(folder, "pricing.json"), CancellationToken.None);
                var (products, created) = await DemoCatalog.LoadAsync(
                    grains, Path.Combine(folder, "catalogue.json"), pricing, configuration.Checkout.Currency, CancellationToken.None);
                foreach (var left in await pricing.StoreRulesAsync(grains))
                    Console.WriteLine($"The demo's {left}");
                if (configuration.Accounts is { DemoEmail: { } email, DemoPassword: { } password })
                    await DemoCatalog.EnsureCustomerAsync(grains, email, password);
                Console.WriteLine($"The demo catalogue has {products} products; {created} were new.");
                await client.StopAsync();
            }
            break;
    }
    return check is null ? 0 : await check.RunAsync(configuration);
}
catch (Exception e) when (e is Npgsql.NpgsqlException or UnavailableException
    || e is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData })
{
    Console.Error.WriteLine(
        $"Silo {command}: the database at {configuration.Database.Host}:{configuration.Database.Port} cannot be used: {e.Message}");
    return Unavailable;
}
catch (Exception e) when (e.GetBaseException() is SocketException)
{
    Console.Error.WriteLine(
        $"Silo {command}: port {configuration.Silo.SiloPort}, {configuration.Silo.GatewayPort} or {configuration.Silo.HttpPort} cannot be "
            + $"opened, or no silo can be reached: {e.GetBaseException().Message}. Choose others with Silo__SiloPort, Silo__GatewayPort "
            + "and Silo__HttpPort (at Silo__HttpAddress).");
    return Unavailable;
}
catch (Exception e)
{
    Console.Error.WriteLine($"Silo {command}: {e.Message}");
    return SoftwareError;
}
