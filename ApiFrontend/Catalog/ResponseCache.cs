using Microsoft.Extensions.Caching.Memory;
using SoonShop.ApiFrontend.Cluster;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>
/// Caches responses in memory, bounded by number and size, and sends one request at a time for each missing one. It wraps the framework's
/// memory cache because a response that is dropped during its request must not be cached when it arrives.
/// </summary>
internal sealed class ResponseCache(int maxCount, long maxBytes, TimeSpan lifetime) : IDisposable
{
    /// <summary>The approximate overhead of an entry, in bytes.</summary>
    private const int EntryBytes = 512;

    /// <summary>
    /// What an entry takes in all, in sizes of its JSON: the message of gRPC clients, which is made from it later, is an object.
    /// </summary>
    private const int MessageFactor = 3;

    /// <summary>The fraction of entries that is removed when the number is reached.</summary>
    private const double Compaction = 0.1;

    private readonly MemoryCache kept = new(new MemoryCacheOptions { SizeLimit = maxBytes });
    private readonly Dictionary<object, PendingRequest> flights = [];
    private readonly Lock gate = new();

    /// <summary>Returns the cached response; null when there is none.</summary>
    public CachedResponse? Find(object key) => kept.TryGetValue(key, out CachedResponse? answer) ? answer : null;

    /// <summary>
    /// Sends the request, or waits for the pending one. Caches a successful response if <paramref name="mayKeep"/> allows it.
    /// </summary>
    public async Task<Result<CachedResponse>> AskAsync(
        object key, Func<Task<Result<CachedResponse>>> ask, Func<CachedResponse, bool> mayKeep, CancellationToken cancellation)
    {
        PendingRequest? pending;
        lock (gate)
        {
            if (!flights.TryGetValue(key, out pending))
            {
                var started = pending = new PendingRequest();
                flights.Add(key, started);
                // Independent of this caller, because others may wait for it, too. It ends by the call's own time limit, or when the last
                // caller has left.
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

    /// <summary>Removes a response. The response of a pending request will not be cached or given to later callers.</summary>
    public void Drop(object key)
    {
        lock (gate)
        {
            flights.Remove(key);
            kept.Remove(key);
        }
    }

    /// <summary>Removes all responses.</summary>
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
            // A later caller sends a new request.
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
                // False when this request was dropped, whether another one has replaced it or not.
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
        {
            var end = DateTimeOffset.UtcNow + lifetime;
            kept.Set(key, answer, new MemoryCacheEntryOptions
            {
                Size = (answer.Body.Length * MessageFactor) + EntryBytes,
                AbsoluteExpiration = answer.ChangesAt < end ? answer.ChangesAt : end,
            });
        }
    }

    public void Dispose() => kept.Dispose();

    private sealed class PendingRequest
    {
        public Task<Result<CachedResponse>> Answer { get; set; } = null!;

        /// <summary>The number of waiting callers.</summary>
        public int Waiting { get; set; }

        /// <summary>Cancelled when nobody waits any more. It has no timer, so it need not be disposed.</summary>
        public CancellationTokenSource Abandoned { get; } = new();
    }
}

/// <summary>A response as it is sent.</summary>
/// <param name="Body">The JSON.</param>
/// <param name="ETag">Changes with the body.</param>
/// <param name="ProductVersion">The product's version, for a product.</param>
/// <param name="StockVersion">The version of the product's stock, for a product.</param>
/// <param name="ChangesAt">When the response changes by itself; null for never.</param>
internal sealed record CachedResponse(
    byte[] Body, string ETag, int ProductVersion = 0, int StockVersion = 0, DateTimeOffset? ChangesAt = null)
{
    /// <summary>The body as a message of another protocol; null until one is asked for.</summary>
    public object? Message { get; set; }
}
