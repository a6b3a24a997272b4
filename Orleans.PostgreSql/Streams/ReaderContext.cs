using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>The services that the readers of one provider share in this process.</summary>
internal sealed record ReaderServices(
    string Provider, string Owner, StreamDatabase Database, PostgresStreamOptions Options, EventFormat Format, EventSignal Signal,
    QueueReads Reads, AckWriter Acks, Consumers Consumers, IQueueLanes? Lanes, IUndeliveredEvents Undelivered, StreamMetrics Metrics,
    ILogger Log);

/// <summary>
/// What the parts of one queue's reader share. Orleans calls the reader's methods one after the other; the lock protects the parts'
/// data from background work and is never held for long.
/// </summary>
/// <param name="services">The services of the provider.</param>
/// <param name="queue">The queue's id.</param>
/// <param name="stopping">Canceled when the reader shuts down.</param>
internal sealed class ReaderContext(ReaderServices services, int queue, CancellationToken stopping)
{
    private readonly SemaphoreSlim woken = new(0, 1);

    public ReaderServices Services => services;

    public PostgresStreamOptions Options => services.Options;

    /// <summary>The queue's id.</summary>
    public int Queue => queue;

    /// <summary>The lock of all parts, and of the <see cref="StreamCache"/>.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Canceled when the reader shuts down.</summary>
    public CancellationToken Stopping => stopping;

    /// <summary>The current time in milliseconds, of a clock that only moves forward.</summary>
    public static long NowMs() => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    /// <summary>Ends the wait of the agent's current call, or of its next one.</summary>
    public void Signal()
    {
        try
        {
            if (woken.CurrentCount == 0)
                woken.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another caller has released it.
        }
    }

    /// <summary>Waits for <see cref="Signal"/>, up to this time.</summary>
    public Task WaitForSignalAsync(TimeSpan limit) => woken.WaitAsync(limit, stopping);
}
