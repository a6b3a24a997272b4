using Orleans.Concurrency;

namespace SoonShop.Catalog;

/// <remarks>
/// Reads only on request: without front ends it costs nothing. With many of them, it queries the database at most once per
/// <see cref="Pause"/>. Concurrent requests share a read.
/// </remarks>
[GrainType("cataloguenews")]
[Reentrant]
internal sealed class CatalogChangeFeedGrain(ICatalogChangeSource changes, TimeProvider time) : Grain, ICatalogChangeFeedGrain
{
    /// <summary>The shortest time between two reads.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>The time limit of a read. Caches get no changes meanwhile.</summary>
    private static readonly TimeSpan MaxReading = TimeSpan.FromSeconds(2);

    /// <summary>The most changes that are remembered: some minutes in a busy shop.</summary>
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
