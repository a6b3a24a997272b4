using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop.ApiFrontend;
using SoonShop.Silo.Payments;

namespace SoonShop.Tests.Running;

/// <summary>
/// A silo or a front end in the tests' process, with the product's own wiring and the published settings: clusters, gateways and HTTP go
/// over TCP as between processes. Without what belongs to a process: its exit code, its standard output, its metrics and its signals.
/// </summary>
internal sealed class ShopHost : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan StopLimit = TimeSpan.FromMinutes(1);
    private readonly IHost host;
    private readonly LogBuffer log;

    private ShopHost(string name, IHost host, LogBuffer log) => (Name, this.host, this.log) = (name, host, log);

    /// <summary>For messages.</summary>
    public string Name { get; }

    /// <summary>What it is made of.</summary>
    public IServiceProvider Services => host.Services;

    /// <summary>The last lines it logged.</summary>
    public string Log => log.Text;

    /// <summary>Starts a silo.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="environment">What a process would be told as environment variables.</param>
    /// <param name="providers">Other payment providers than the shop's.</param>
    public static Task<ShopHost> StartSiloAsync(string name, Dictionary<string, string?> environment, PaymentProviders? providers = null)
    {
        var folder = Path.GetDirectoryName(Repository.Program("Silo"))!;
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
        {
            DisableDefaults = true,
            ContentRootPath = folder,
            EnvironmentName = environment["DOTNET_ENVIRONMENT"],
        });
        builder.Configuration.AddJsonFile("appsettings.json")
            .AddJsonFile($"appsettings.{builder.Environment.EnvironmentName}.json", optional: true);
        builder.Configuration.AddInMemoryCollection(SiloWiring.ToKeys(environment));
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        var configuration = SiloWiring.Read(builder.Configuration, providers);
        builder.UseOrleans(silo => silo.AddShopSilo(configuration));
        return StartAsync(name, builder.Logging, builder.Build);
    }

    /// <summary>Starts a front end.</summary>
    /// <param name="name">For messages.</param>
    /// <param name="environment">What a process would be told as environment variables.</param>
    public static Task<ShopHost> StartApiAsync(string name, Dictionary<string, string?> environment)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(FrontEnd).Assembly.GetName().Name,
            ContentRootPath = Path.GetDirectoryName(Repository.Program("ApiFrontend")),
            EnvironmentName = environment["DOTNET_ENVIRONMENT"],
            // Each host would watch its files, and systems have few watches.
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
        });
        builder.Configuration.AddInMemoryCollection(SiloWiring.ToKeys(environment));
        builder.WebHost.UseUrls(environment["ASPNETCORE_URLS"]!);
        var problems = new List<string>();
        var configuration = FrontendConfiguration.Read(builder.Configuration, problems);
        Assert.Empty(problems);
        return StartAsync(name, builder.Logging, () => FrontEnd.Build(builder, configuration, measured: false));
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(StopLimit);
            await host.StopAsync(limit.Token).EndsAsync($"{Name}, which was asked to stop", StopLimit);
        }
        finally
        {
            await log.SaveAsync(Name);
            await EndAsync(host).EndsAsync(Name, StopLimit);
        }
    }

    private static async Task<ShopHost> StartAsync(string name, ILoggingBuilder logging, Func<IHost> build)
    {
        var log = new LogBuffer();
        logging.ClearProviders().AddProvider(new LogBufferProvider(log));
        // Requests that are under way when a test ends are nobody's.
        logging.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(5));
        var host = build();
        try
        {
            using var limit = new CancellationTokenSource(StartLimit);
            await host.StartAsync(limit.Token).EndsAsync("its start", StartLimit);
            return new ShopHost(name, host, log);
        }
        catch (Exception e)
        {
            await log.SaveAsync(name);
            try
            {
                // What has started would go on, and use the ports and the database of tests that follow.
                await EndAsync(host).EndsAsync(name, StopLimit);
            }
            catch (Exception)
            {
                // The reason why it did not start is more important.
            }
            throw new InvalidOperationException($"{name} did not start: {e.Message}\n{log.Text}", e);
        }
    }

    private static async Task EndAsync(IHost host)
    {
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        else
            host.Dispose();
    }
}
