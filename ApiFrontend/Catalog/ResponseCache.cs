using Microsoft.Extensions.Caching.Memory;
using SoonShop.ApiFrontend.Cluster;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>
/// Keeps answers in memory, bounded by number and size, and asks for each that is missing once at a time. Over the framework's
/// memory cache for one reason: what is dropped while it is being asked for must not be kept when the answer comes.
/// </summary>
internal sealed class ResponseCache(int maxCount, long maxBytes, TimeSpan lifetime) : IDisposable
{
    /// <summary>What the cache itself needs for an entry, roughly.</summary>
    private const int EntryBytes = 512;

    /// <summary>The share that goes when the number is reached.</summary>
    private const double Compaction = 0.1;

    private readonly MemoryCache kept = new(new MemoryCacheOptions { SizeLimit = maxBytes });
    private readonly Dictionary<object, PendingRequest> flights = [];
    private readonly Lock gate = new();

    /// <summary>The kept answer; null when there is none.</summary>
    public CachedResponse? Find(object key) => kept.TryGetValue(key, out CachedResponse? answer) ? answer : null;

    /// <summary>Asks, or waits with those who ask already; keeps a granted answer that <paramref name="mayKeep"/> agrees to.</summary>
    public async Task<Result<CachedResponse>> AskAsync(object key, Func<Task<Result<CachedResponse>>> ask, Func<CachedResponse, bool> mayKeep, CancellationToken cancellation)
    {
        PendingRequest? pending;
        lock (gate)
        {
            if (!flights.TryGetValue(key, out pending))
            {
                var started = pending = new PendingRequest();
                flights.Add(key, started);
                // Not on this caller's behalf alone: others may wait for it, so it ends by the call's own time limit, or when the last has left.
                pending.Answer = Task.Run(
                    () =>
                    {
                        CallBudget.Share(started.Abandoned.Token);
                        return RequestAsync(key, started, ask, mayKeep);
                    },
                    CancellationToken.None);
            }
            pending.Waiting++;
        }
        try
        {
            return await pending.Answer.WaitAsync(cancellation);
        }
        finally
        {
            Leave(key, pending);
        }
    }

    /// <summary>Forgets one answer; one that is being asked for now will not be kept, and nobody else will be given it.</summary>
    public void Drop(object key)
    {
        lock (gate)
        {
            flights.Remove(key);
            kept.Remove(key);
        }
    }

    /// <summary>Forgets all of them.</summary>
    public void DropAll()
    {
        lock (gate)
        {
            flights.Clear();
            kept.Clear();
        }
    }

    private void Leave(object key, PendingRequest pending)
    {
        lock (gate)
        {
            if (--pending.Waiting > 0 || pending.Answer.IsCompleted)
                return;
            // Who comes now asks anew.
            if (flights.TryGetValue(key, out var current) && current == pending)
                flights.Remove(key);
        }
        pending.Answer.Ignore();
        pending.Abandoned.Cancel();
    }

    private async Task<Result<CachedResponse>> RequestAsync(object key, PendingRequest pending, Func<Task<Result<CachedResponse>>> ask,
        Func<CachedResponse, bool> mayKeep)
    {
        Result<CachedResponse>? result = null;
        try
        {
            return result = await ask();
        }
        finally
        {
            lock (gate)
            {
                // Another one's place, or none: this one was dropped.
                if (flights.TryGetValue(key, out var current) && current == pending)
                {
                    flights.Remove(key);
                    if (result is { IsError: false, Value: var answer } && mayKeep(answer))
                        Keep(key, answer);
                }
            }
        }
    }

    private void Keep(object key, CachedResponse answer)
    {
        if (kept.Count >= maxCount)
            kept.Compact(Compaction);
        if (kept.Count < maxCount)
            kept.Set(key, answer, new MemoryCacheEntryOptions { Size = answer.Body.Length + EntryBytes, AbsoluteExpirationRelativeToNow = lifetime });
    }

    public void Dispose() => kept.Dispose();

    private sealed class PendingRequest
    {
        public Task<Result<CachedResponse>> Answer { get; set; } = null!;

        /// <summary>How many wait for it.</summary>
        public int Waiting { get; set; }

        /// <summary>Nobody waits any more. (No timer, nothing to dispose of.)</summary>
        public CancellationTokenSource Abandoned { get; } = new();
    }
}

/// <summary>An answer as it goes out.</summary>
/// <param name="Body">JSON.</param>
/// <param name="ETag">Changes with the body.</param>
/// <param name="ProductVersion">Of a product, its version.</param>
/// <param name="StockVersion">Of a product, its stock's.</param>
internal sealed record CachedResponse(byte[] Body, string ETag, int ProductVersion = 0, int StockVersion = 0);
