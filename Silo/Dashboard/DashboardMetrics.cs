using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Providers;

namespace SoonShop.Silo.Dashboard;

/// <summary>
/// Runs the dashboard's metrics reader and call filter only while the dashboard is in use. The reader walks every activation and the
/// directory cache each second, which takes a quarter of a core on an idle silo with 30,000 activations. A silo's dashboard shows the
/// metrics of all silos, so each use is announced to all of them.
/// </summary>
internal sealed partial class DashboardMetrics(TimeProvider time, ILogger<DashboardMetrics> log) : IControllable, IAsyncDisposable
{
    /// <summary>The name under which the management grain reaches this provider on each silo.</summary>
    public const string Name = "dashboard-metrics";

    /// <summary>How often a use is announced to the other silos.</summary>
    private static readonly TimeSpan TellInterval = TimeSpan.FromSeconds(30);

    /// <summary>The type in Orleans' package that starts the reader as a lifecycle participant.</summary>
    private const string ReaderType = "DashboardHost";

    private readonly SemaphoreSlim gate = new(1);
    private readonly Lock looks = new();
    private ILifecycleParticipant<ISiloLifecycle>? reader;
    private Lazy<IIncomingGrainCallFilter>? profiler;
    private long? lookedAt, toldAt;
    private ITimer? ending;

    /// <summary>How long the reader keeps running after the last use.</summary>
    public TimeSpan Linger { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>True while the reader runs.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>The filter that counts a call for the dashboard and invokes it; null while the dashboard is not in use.</summary>
    public IIncomingGrainCallFilter? Profiler => IsRunning ? profiler?.Value : null;

    /// <summary>
    /// Adds the dashboard by <paramref name="add"/>. Removes its reader from the silo's lifecycle and its filter from the call filters.
    /// Both start at the first use.
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
            else if (services[i] is { ServiceType: var type, ImplementationFactory: { } make }
                && type == typeof(ILifecycleParticipant<ISiloLifecycle>))
                services[i] = ServiceDescriptor.Singleton(
                    s => s.GetRequiredService<DashboardMetrics>().Hold((ILifecycleParticipant<ISiloLifecycle>)make(s)));
        }
        services.AddSingleton(
            s => new DashboardMetrics(s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<DashboardMetrics>>())
            {
                profiler = filter is null ? null : new(() => (IIncomingGrainCallFilter)ActivatorUtilities.CreateInstance(s, filter)),
            });
        services.AddKeyedSingleton<IControllable>(Name, (s, _) => s.GetRequiredService<DashboardMetrics>());
    }

    /// <summary>Starts the readers of all silos because this silo's dashboard is in use. Does not wait for them.</summary>
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

    /// <summary>Starts this silo's reader because a dashboard of the cluster is in use.</summary>
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
            // Ends only the reader. The participant can start a new one.
            await ((IAsyncDisposable)reader!).DisposeAsync();
            IsRunning = false;
        }
        finally
        {
            gate.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Not every silo could be told that the dashboard is in use; metrics of some silos may be missing there. {Reason}")]
    private static partial void LogNotTold(ILogger log, string reason);

    /// <summary>Replaces the reader in the silo's lifecycle and does nothing.</summary>
    private sealed class Nothing : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle) { }
    }

    /// <summary>A lifecycle for the reader, in which the silo has already started.</summary>
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
