using Orleans.Concurrency;

namespace SoonShop.Catalog;

/// <remarks>
/// Reads when it is asked: without front ends it costs nothing, and with many of them the database is asked no more often than
/// every <see cref="Pause"/>. Those who ask meanwhile share a reading.
/// </remarks>
[GrainType("cataloguenews")]
[Reentrant]
internal sealed class CatalogChangeFeedGrain(ICatalogChangeSource changes, TimeProvider time) : Grain, ICatalogChangeFeedGrain
{
    /// <summary>The shortest time between two readings.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Patience with the database: caches do without the news meanwhile.</summary>
    private static readonly TimeSpan MaxReading = TimeSpan.FromSeconds(2);

    /// <summary>Changes that are remembered: some minutes' worth in a busy shop.</summary>
    private const int Capacity = 5000;

    private ICatalogChangeReader? reader;
    private CatalogChangeLog log = NewLog();
    private Task reading = Task.CompletedTask;
    private long? readAt;

    async Task<CatalogChangeBatch> ICatalogChangeFeedGrain.SinceAsync(CatalogChangePosition? after)
    {
        if (reading.IsCompleted && (readAt is not { } at || time.GetElapsedTime(at) >= Pause))
            reading = ReadAsync();
        await reading;
        return log.Since(after, time.GetElapsedTime(readAt!.Value).TotalMilliseconds);
    }

    private async Task ReadAsync()
    {
        var began = time.GetTimestamp();
        using var patience = new CancellationTokenSource(MaxReading, time);
        reader ??= changes.Open();
        var found = await reader.ReadAsync(patience.Token);
        if (found is null)
        {
            (reader, log) = (changes.Open(), NewLog());
            found = await reader.ReadAsync(patience.Token);
        }
        log.Add(found ?? []);
        readAt = began;
    }

    private static CatalogChangeLog NewLog() => new(Guid.NewGuid(), Capacity);
}
