using System.Diagnostics.Metrics;
using SoonShop.Catalog;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>
/// Hot products and searches, kept for as long as the news of the catalogue (<see cref="CatalogChangeSubscriber"/>) say nothing else.
/// Without news that are younger than a second, everything is asked for, and nothing that is kept is used.
/// </summary>
internal sealed class CatalogCache : IDisposable
{
    /// <summary>For how long what is kept may be used after the news were true.</summary>
    private const long TrustMs = 1000;

    /// <summary>For how long an answer from a grain that has not noticed its own commit yet is watched for: longer than any commit takes.</summary>
    private const long LaggardMs = 120_000;

    /// <summary>The most versions that are watched for; beyond, nothing is kept.</summary>
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
        products = new ResponseCache(options.MaxProducts, options.MaxMegabytes * 1024L * 1024, TimeSpan.FromSeconds(options.ProductSeconds));
        searches = new ResponseCache(options.MaxSearches, options.MaxMegabytes * 1024L * 1024, TimeSpan.FromSeconds(options.SearchSeconds));
        reads = meters.Create("SoonShop.Catalogue").CreateCounter<long>("soonshop.catalogue.reads", "{read}", "Products and searches that were asked for, by where the answer came from.");
    }

    /// <summary>A product; kept, or from <paramref name="ask"/>.</summary>
    public ValueTask<(Result<CachedResponse> Answer, string Source)> ProductAsync(string sku, Func<Task<Result<CachedResponse>>> ask, CancellationToken cancellation) =>
        GetAsync(products, sku, ask, answer => IsNewest(sku, answer), cancellation);

    /// <summary>A search; kept, or from <paramref name="ask"/>.</summary>
    public ValueTask<(Result<CachedResponse> Answer, string Source)> SearchAsync(ProductQuery query, Func<Task<Result<CachedResponse>>> ask, CancellationToken cancellation) =>
        GetAsync(searches, query, ask, _ => true, cancellation);

    /// <summary>This front end changed a product or its stock: who asks here next sees it.</summary>
    public void Changed(string sku)
    {
        products.Drop(sku);
        searches.DropAll();
    }

    /// <summary>Takes in news. <paramref name="trueAtMs"/>: when they were true, by <see cref="Environment.TickCount64"/>.</summary>
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
        ResponseCache answers, object key, Func<Task<Result<CachedResponse>>> ask, Func<CachedResponse, bool> mayKeep, CancellationToken cancellation)
    {
        if (!enabled || Environment.TickCount64 >= Volatile.Read(ref trustedUntilMs))
            return (await ask(), Counted(CacheSource.Bypass));
        return answers.Find(key) is { } answer
            ? (answer, Counted(CacheSource.Hit))
            : (await answers.AskAsync(key, ask, mayKeep, cancellation), Counted(CacheSource.Miss));
    }

    /// <summary>
    /// A commit is in the database, and in the news, a moment before its grain knows of it. An answer from that moment is right for
    /// whom it was asked, and wrong to keep.
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

/// <summary>Where an answer came from, in the words of RFC 9211.</summary>
internal static class CacheSource
{
    /// <summary>From memory.</summary>
    public const string Hit = "hit";

    /// <summary>From the cluster.</summary>
    public const string Miss = "fwd=miss";

    /// <summary>From the cluster, without looking into memory.</summary>
    public const string Bypass = "fwd=bypass";
}
