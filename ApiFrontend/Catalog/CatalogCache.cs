using System.Diagnostics.Metrics;
using SoonShop.Catalog;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>
/// Caches products and searches until the change feed (<see cref="CatalogChangeSubscriber"/>) reports a change. While the last response of
/// the feed is older than a second, the cache is bypassed.
/// </summary>
internal sealed class CatalogCache : IDisposable
{
    /// <summary>How long cached data may be used after the feed's last response, in milliseconds.</summary>
    private const long TrustMs = 1000;

    /// <summary>
    /// How long reported versions are remembered, to detect responses of grains that have not adopted their commit yet. Longer than any
    /// commit takes.
    /// </summary>
    private const long LaggardMs = 120_000;

    /// <summary>The most versions that are remembered. Beyond that, nothing is cached.</summary>
    private const int MaxWatched = 20_000;

    private readonly bool enabled;
    private readonly ResponseCache products, searches;
    private readonly Dictionary<string, (int Product, int Stock, long AtMs)> newest = [];
    private readonly Lock gate = new();
    private readonly Counter<long> reads;
    private long trustedUntilMs = long.MinValue;
    private long cleanedAtMs;

    public CatalogCache(CachingOptions options, IMeterFactory meters)
    {
        enabled = options.Enabled;
        products = new ResponseCache(
            options.MaxProducts, options.MaxMegabytes * 1024L * 1024, TimeSpan.FromSeconds(options.ProductSeconds));
        searches = new ResponseCache(options.MaxSearches, options.MaxMegabytes * 1024L * 1024, TimeSpan.FromSeconds(options.SearchSeconds));
        reads = meters.Create("SoonShop.Catalogue").CreateCounter<long>(
            "soonshop.catalogue.reads", "{read}", "Reads of products and searches, by the source of the response.");
    }

    /// <summary>Returns a product from the cache or from <paramref name="ask"/>.</summary>
    public ValueTask<(Result<CachedResponse> Answer, string Source)> ProductAsync(
        string sku, Func<Task<Result<CachedResponse>>> ask, CancellationToken cancellation) =>
        GetAsync(products, sku, ask, answer => IsNewest(sku, answer), cancellation);

    /// <summary>Returns what many products give, such as a search, from the cache or from <paramref name="ask"/>.</summary>
    /// <param name="query">What is asked; equal queries have one response.</param>
    /// <param name="ask">Asks the cluster.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public ValueTask<(Result<CachedResponse> Answer, string Source)> SearchAsync(
        object query, Func<Task<Result<CachedResponse>>> ask, CancellationToken cancellation) =>
        GetAsync(searches, query, ask, _ => true, cancellation);

    /// <summary>Removes a product that this front end has changed, so that the next reader here sees the change.</summary>
    public void Changed(string sku)
    {
        products.Drop(sku);
        searches.DropAll();
    }

    /// <summary>Removes all searches, because what they find has changed.</summary>
    public void SearchesChanged() => searches.DropAll();

    /// <summary>Applies changes. <paramref name="trueAtMs"/> is when they were read, by <see cref="Environment.TickCount64"/>.</summary>
    public void Apply(CatalogChangeBatch update, long trueAtMs)
    {
        var nowMs = Environment.TickCount64;
        lock (gate)
        {
            foreach (var change in update.Changes)
                newest[change.Sku] = (change.ProductVersion, change.StockVersion, nowMs);
            if (nowMs - cleanedAtMs > LaggardMs / 10)
            {
                cleanedAtMs = nowMs;
                foreach (var (sku, seen) in newest)
                {
                    if (nowMs - seen.AtMs > LaggardMs)
                        newest.Remove(sku);
                }
            }
        }
        if (!update.IsComplete)
            products.DropAll();
        else
            foreach (var change in update.Changes)
                products.Drop(change.Sku);
        if (!update.IsComplete || update.Changes.Length > 0)
            searches.DropAll();
        Volatile.Write(ref trustedUntilMs, trueAtMs + TrustMs);
    }

    private async ValueTask<(Result<CachedResponse> Answer, string Source)> GetAsync(
        ResponseCache answers, object key, Func<Task<Result<CachedResponse>>> ask, Func<CachedResponse, bool> mayKeep,
        CancellationToken cancellation)
    {
        if (!enabled || Environment.TickCount64 >= Volatile.Read(ref trustedUntilMs))
            return (await ask(), Counted(CacheSource.Bypass));
        return answers.Find(key) is { } answer
            ? (answer, Counted(CacheSource.Hit))
            : (await answers.AskAsync(key, ask, mayKeep, cancellation), Counted(CacheSource.Miss));
    }

    /// <summary>
    /// Tells whether a response may be cached. A commit is in the database, and in the feed, a moment before its grain adopts it. A
    /// response from that moment is correct for its caller but must not be cached.
    /// </summary>
    private bool IsNewest(string sku, CachedResponse answer)
    {
        lock (gate)
        {
            return newest.Count < MaxWatched
                && (!newest.TryGetValue(sku, out var seen) || (answer.ProductVersion >= seen.Product && answer.StockVersion >= seen.Stock));
        }
    }

    private string Counted(string source)
    {
        reads.Add(1, new KeyValuePair<string, object?>("source", source));
        return source;
    }

    public void Dispose()
    {
        products.Dispose();
        searches.Dispose();
    }
}

/// <summary>The source of a response, as defined by RFC 9211.</summary>
internal static class CacheSource
{
    /// <summary>From memory.</summary>
    public const string Hit = "hit";

    /// <summary>From the cluster.</summary>
    public const string Miss = "fwd=miss";

    /// <summary>From the cluster, bypassing memory.</summary>
    public const string Bypass = "fwd=bypass";
}
