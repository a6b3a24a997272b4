namespace SoonShop.ApiFrontend.Catalog;

/// <summary>Configuration section <c>Caching</c>: how long products and search results are kept, in the front end and by clients.</summary>
public sealed class CachingOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Caching";

    /// <summary>Keeps products and searches in the front end's memory. <c>ETag</c> and <c>Cache-Control</c> are sent in any case.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The longest time for which a product is kept, in seconds. A change removes it earlier.</summary>
    public double ProductSeconds { get; set; } = 300;

    /// <summary>The longest time for which a search result is kept, in seconds.</summary>
    public double SearchSeconds { get; set; } = 2;

    /// <summary>The maximum number of products that are kept.</summary>
    public int MaxProducts { get; set; } = 10_000;

    /// <summary>The maximum number of search results that are kept.</summary>
    public int MaxSearches { get; set; } = 1000;

    /// <summary>The maximum number of megabytes for products, and as many again for search results.</summary>
    public int MaxMegabytes { get; set; } = 64;

    /// <summary>
    /// How often the front end asks the cluster for changes, in milliseconds. If the cluster does not respond for one second, the cache is
    /// bypassed.
    /// </summary>
    public int NewsMilliseconds { get; set; } = 200;

    /// <summary><c>max-age</c> of products, in seconds.</summary>
    public int ProductMaxAgeSeconds { get; set; } = 5;

    /// <summary><c>max-age</c> of search results, in seconds.</summary>
    public int SearchMaxAgeSeconds { get; set; } = 5;

    /// <summary><c>stale-while-revalidate</c> of products, in seconds.</summary>
    public int ProductStaleSeconds { get; set; }

    /// <summary><c>stale-while-revalidate</c> of search results, in seconds.</summary>
    public int SearchStaleSeconds { get; set; } = 10;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (ProductSeconds is not (>= 0.1 and <= 3600))
            yield return $"Caching:ProductSeconds is {ProductSeconds}; set Caching__ProductSeconds to 0.1–3600.";
        if (SearchSeconds is not (>= 0.1 and <= 3600))
            yield return $"Caching:SearchSeconds is {SearchSeconds}; set Caching__SearchSeconds to 0.1–3600.";
        if (MaxProducts is < 1 or > 1_000_000)
            yield return $"Caching:MaxProducts is {MaxProducts}; set Caching__MaxProducts to 1–1000000, or Caching__Enabled to false.";
        if (MaxSearches is < 1 or > 1_000_000)
            yield return $"Caching:MaxSearches is {MaxSearches}; set Caching__MaxSearches to 1–1000000, or Caching__Enabled to false.";
        if (MaxMegabytes is < 1 or > 16_384)
            yield return $"Caching:MaxMegabytes is {MaxMegabytes}; set Caching__MaxMegabytes to 1–16384, or Caching__Enabled to false.";
        if (NewsMilliseconds is < 10 or > 500)
            yield return $"Caching:NewsMilliseconds is {NewsMilliseconds}; set Caching__NewsMilliseconds to 10–500: a change must be known "
                + "within a second.";
        foreach (var (name, seconds) in new[]
        {
            (nameof(ProductMaxAgeSeconds), ProductMaxAgeSeconds), (nameof(SearchMaxAgeSeconds), SearchMaxAgeSeconds),
            (nameof(ProductStaleSeconds), ProductStaleSeconds), (nameof(SearchStaleSeconds), SearchStaleSeconds),
        })
        {
            if (seconds is < 0 or > 86_400)
                yield return $"Caching:{name} is {seconds}; set Caching__{name} to 0–86400.";
        }
    }
}
