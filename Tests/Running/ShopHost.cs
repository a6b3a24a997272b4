using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop.ApiFrontend;
using SoonShop.Silo;
using SoonShop.Silo.Payments;

namespace SoonShop.Tests.Running;

/// <summary>
/// A silo or a front end in the tests' process, with the product's own wiring and the published settings: clusters, gateways and HTTP go over TCP as
/// between processes. Without what belongs to a process: its exit code, its standard output, its metrics and its signals.
/// </summary>
internal sealed class ShopHost : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan StopLimit = TimeSpan.FromMinutes(1);
    private readonly IHost host;
    private readonly KeptLog kept;

    private ShopHost(string name, IHost host, KeptLog kept) => (Name, this.host, this.kept) = (name, host, kept);

    /// <summary>For messages.</summary>
    public string Name { get; }

    /// <summary>What it is made of.</summary>
    public IServiceProvider Services => host.Services;

    /// <summary>The last lines it logged.</summary>
    public string Log => kept.Text;

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
        builder.Configuration.AddJsonFile("appsettings.json").AddJsonFile($"appsettings.{builder.Environment.EnvironmentName}.json", optional: true);
        builder.Configuration.AddInMemoryCollection(Keys(environment));
        builder.Logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
        var problems = new List<string>();
        var configuration = SiloConfiguration.Read(builder.Configuration, problems, providers);
        Assert.Empty(problems);
        builder.Services.AddShop(configuration);
        builder.UseOrleans(silo => silo.UseShop(configuration).UseShopCluster(configuration));
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
        builder.Configuration.AddInMemoryCollection(Keys(environment));
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
            kept.Save(Name);
            await EndAsync(host).EndsAsync(Name, StopLimit);
        }
    }

    private static async Task<ShopHost> StartAsync(string name, ILoggingBuilder logging, Func<IHost> build)
    {
        var kept = new KeptLog();
        logging.ClearProviders().AddProvider(kept);
        // Requests that are under way when a test ends are nobody's.
        logging.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(5));
        var host = build();
        try
        {
            using var limit = new CancellationTokenSource(StartLimit);
            await host.StartAsync(limit.Token).EndsAsync("its start", StartLimit);
            return new ShopHost(name, host, kept);
        }
        catch (Exception e)
        {
            kept.Save(name);
            // Whatever it leaves behind: why it did not start is what counts.
            _ = EndAsync(host);
            throw new InvalidOperationException($"{name} did not start: {e.Message}\n{kept.Text}", e);
        }
    }

    private static async Task EndAsync(IHost host)
    {
        if (host is IAsyncDisposable disposable)
            await disposable.DisposeAsync();
        else
            host.Dispose();
    }

    /// <summary>As configuration reads them; one without a value is not there.</summary>
    private static Dictionary<string, string?> Keys(Dictionary<string, string?> environment) =>
        environment.Where(s => s.Value is not null).ToDictionary(s => s.Key.Replace("__", ":", StringComparison.Ordinal), s => s.Value);
}

/// <summary>Keeps the last lines that a host logs.</summary>
internal sealed class KeptLog : ILoggerProvider
{
    private const int MaxLines = 50_000;
    private static readonly DirectoryInfo LogFolder = Directory.CreateDirectory(Path.Combine(Repository.TestData, "logs"));
    private readonly ConcurrentQueue<string> lines = new();
    private readonly DateTime started = DateTime.UtcNow;

    /// <summary>The lines.</summary>
    public string Text => string.Join('\n', lines);

    /// <summary>Writes them beside the logs of processes.</summary>
    public void Save(string name) => File.WriteAllLines(Path.Combine(LogFolder.FullName, $"{started:HHmmss.fff} {name}.log"), lines);

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose() { }

    private sealed class Logger(KeptLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            log.lines.Enqueue($"{DateTime.UtcNow:HH:mm:ss.fff} {logLevel} {category}: {formatter(state, exception)}{(exception is null ? "" : $"\n{exception}")}");
            if (log.lines.Count > MaxLines)
                log.lines.TryDequeue(out _);
        }
    }
}
