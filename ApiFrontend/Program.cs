using SoonShop.ApiFrontend;
using SoonShop.ApiFrontend.Contract;
using SoonShop.ApiFrontend.Users;
using SoonShop.ServiceDefaults;

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

var builder = WebApplication.CreateBuilder(
    new WebApplicationOptions { Args = openApi is null ? args : [], ContentRootPath = AppContext.BaseDirectory });
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
var app = FrontEnd.Build(builder, configuration, measured: openApi is null);
if (openApi is not null)
    return await openApi.WriteAsync(app);
await app.RunAsync();
return 0;
