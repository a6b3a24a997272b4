using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Providers;

namespace SoonShop.Silo.Dashboard;

/// <summary>
/// Runs the dashboard's own reader of metrics, and its filter around every call, only while somebody looks at the dashboard. That reader walks every
/// activation and the directory's cache each second: a quarter of a core for a silo with 30,000 activations that has nothing else to do.
/// Whoever looks at one silo sees the figures of all: so a look is told to each of them.
/// </summary>
internal sealed partial class DashboardMetrics(TimeProvider time, ILogger<DashboardMetrics> log) : IControllable, IAsyncDisposable
{
    /// <summary>The name under which each silo is told.</summary>
    public const string Name = "dashboard-metrics";

    /// <summary>How often the other silos are told while somebody looks.</summary>
    private static readonly TimeSpan TellInterval = TimeSpan.FromSeconds(30);

    /// <summary>The type in Orleans' package that starts the reader, as a participant in the silo's start.</summary>
    private const string ReaderType = "DashboardHost";

    private readonly SemaphoreSlim gate = new(1);
    private readonly Lock looks = new();
    private ILifecycleParticipant<ISiloLifecycle>? reader;
    private Lazy<IIncomingGrainCallFilter>? profiler;
    private long? lookedAt, toldAt;
    private ITimer? ending;

    /// <summary>How long the reader goes on after the last look.</summary>
    public TimeSpan Linger { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>True while the reader runs.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Counts a call for the dashboard, and makes it; null while nobody looks.</summary>
    public IIncomingGrainCallFilter? Profiler => IsRunning ? profiler?.Value : null;

    /// <summary>
    /// Adds the dashboard by <paramref name="add"/>. What starts its reader is taken out of the silo's start, and what counts calls out of their
    /// filters: they wait here for the first look.
    /// </summary>
    public static void Add(IServiceCollection services, Action add)
    {
        var before = services.Count;
        add();
        Type? filter = null;
        for (var i = services.Count - 1; i >= before; i--)
        {
            if (services[i] is { ImplementationType: { } counting } && services[i].ServiceType == typeof(IIncomingGrainCallFilter))
            {
                filter = counting;
                services.RemoveAt(i);
            }
            else if (services[i] is { ServiceType: var type, ImplementationFactory: { } make } && type == typeof(ILifecycleParticipant<ISiloLifecycle>))
                services[i] = ServiceDescriptor.Singleton(s => s.GetRequiredService<DashboardMetrics>().Hold((ILifecycleParticipant<ISiloLifecycle>)make(s)));
        }
        services.AddSingleton(s => new DashboardMetrics(s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<DashboardMetrics>>())
        {
            profiler = filter is null ? null : new(() => (IIncomingGrainCallFilter)ActivatorUtilities.CreateInstance(s, filter)),
        });
        services.AddKeyedSingleton<IControllable>(Name, (s, _) => s.GetRequiredService<DashboardMetrics>());
    }

    /// <summary>Somebody looks at this silo's dashboard: the readers of all silos run. Does not wait for them.</summary>
    public void Look(IGrainFactory grains)
    {
        lock (looks)
        {
            if (toldAt is { } told && time.GetElapsedTime(told) < TellInterval)
                return;
            toldAt = time.GetTimestamp();
        }
        _ = TellAsync(grains);
    }

    /// <summary>Somebody looks at a dashboard of this cluster.</summary>
    public async Task<object?> ExecuteCommand(int command, object? arg)
    {
        await gate.WaitAsync();
        try
        {
            lookedAt = time.GetTimestamp();
            if (reader is null || IsRunning)
                return IsRunning;
            var start = new Start();
            reader.Participate(start);
            foreach (var observer in start.Observers)
                await observer.OnStart(CancellationToken.None);
            IsRunning = true;
            ending ??= time.CreateTimer(_ => _ = EndAsync(), null, Linger, Linger);
            return true;
        }
        finally
        {
            gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (ending is not null)
            await ending.DisposeAsync();
    }

    private ILifecycleParticipant<ISiloLifecycle> Hold(ILifecycleParticipant<ISiloLifecycle> participant)
    {
        if (participant.GetType().Name != ReaderType)
            return participant;
        reader = participant;
        return new Nothing();
    }

    private async Task TellAsync(IGrainFactory grains)
    {
        try
        {
            await grains.GetGrain<IManagementGrain>(0).SendControlCommandToProvider<DashboardMetrics>(Name, 0, null);
        }
        catch (Exception e)
        {
            LogNotTold(log, e.Message);
        }
    }

    private async Task EndAsync()
    {
        await gate.WaitAsync();
        try
        {
            if (!IsRunning || time.GetElapsedTime(lookedAt!.Value) < Linger)
                return;
            // Ends the reader alone: what starts it can be asked again.
            await ((IAsyncDisposable)reader!).DisposeAsync();
            IsRunning = false;
        }
        finally
        {
            gate.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Not every silo could be told that somebody looks at the dashboard: its figures may be missing there. {Reason}")]
    private static partial void LogNotTold(ILogger log, string reason);

    /// <summary>Takes no part in the silo's start.</summary>
    private sealed class Nothing : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle) { }
    }

    /// <summary>A start of the silo, as the reader sees it: the silo has started long ago.</summary>
    private sealed class Start : ISiloLifecycle, IDisposable
    {
        public List<ILifecycleObserver> Observers { get; } = [];

        public int HighestCompletedStage => ServiceLifecycleStage.Last;

        public int LowestStoppedStage => ServiceLifecycleStage.Last;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            Observers.Add(observer);
            return this;
        }

        public void Dispose() { }
    }
}
