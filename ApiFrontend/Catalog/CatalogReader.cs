using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Media;
using SoonShop.Catalog;
using JsonOptions = Microsoft.AspNetCore.Http.Json.JsonOptions;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>
/// Returns products and searches with ETag and Cache-Control, from the cache or the cluster. Administrators get responses from the cluster
/// that must not be cached, because they may edit what they see.
/// </summary>
internal sealed class CatalogReader(
    IClusterClient cluster, CatalogCache cache, CachingOptions options, MediaLinks links, IOptions<JsonOptions> json)
{
    private const string ForAdministrators = "private, no-cache";

    /// <summary>The scope of API keys that may see drafts.</summary>
    private const string CatalogWrite = "catalog:write";

    private readonly string productControl = Control(options.ProductMaxAgeSeconds, options.ProductStaleSeconds);
    private readonly string searchControl = Control(options.SearchMaxAgeSeconds, options.SearchStaleSeconds);

    /// <summary>Returns a product by its normalized SKU.</summary>
    public async Task<Results<Representation<Product>, Problem>> ProductAsync(HttpContext context, string sku)
    {
        var (found, source) = await FindAsync(context, sku);
        return found.IsError
            ? new Problem(found.Error)
            : Of<Product>(found.Value, source, IsAdministrator(context) ? ForAdministrators : productControl);
    }

    /// <summary>Returns a message for a product by its normalized SKU. A cached response has its message with it.</summary>
    public async Task<Result<T>> ProductAsync<T>(HttpContext context, string sku, Func<Product, T> toMessage) where T : class
    {
        var (found, _) = await FindAsync(context, sku);
        return found.IsError ? found.Error : MessageOf(found.Value, toMessage);
    }

    /// <summary>Returns a message for a page of a search. A cached response has its message with it.</summary>
    public async Task<Result<T>> SearchAsync<T>(HttpContext context, ProductQuery query, Func<ProductPage, T> toMessage) where T : class
    {
        var (found, _) = await FindAsync(context, query, () => AskAsync(query));
        return found.IsError ? found.Error : MessageOf(found.Value, toMessage);
    }

    /// <summary>Returns a page of a search.</summary>
    public Task<Results<Representation<ProductPage>, Problem>> SearchAsync(HttpContext context, ProductQuery query)
    {
        context.Response.Headers.AppendCommaSeparatedValues("Vary", "Accept-Language");
        return RespondAsync<ProductPage>(context, query, () => AskAsync(query));
    }

    /// <summary>Returns suggestions.</summary>
    public Task<Results<Representation<Suggestions>, Problem>> SuggestAsync(HttpContext context, SuggestionQuery query) =>
        RespondAsync<Suggestions>(context, query, async () => ToResponse<Suggestions>(await Search().SuggestAsync(query)));

    /// <summary>Returns the products that are related to one. Error: <c>not-found</c>.</summary>
    public Task<Results<Representation<RelatedProducts>, Problem>> RelatedAsync(HttpContext context, RelatedQuery query) =>
        RespondAsync<RelatedProducts>(context, query, async () =>
        {
            var product = await AskAsync(query.Sku, showsDrafts: false);
            if (product.IsError)
                return product.Error;
            var related = await Search().FindRelatedAsync(query);
            return ToResponse<RelatedProducts>(related with { Items = [.. related.Items.Select(links.ToPublic)] });
        });

    private async Task<Results<Representation<T>, Problem>> RespondAsync<T>(
        HttpContext context, object query, Func<Task<Result<CachedResponse>>> ask)
    {
        var (found, source) = await FindAsync(context, query, ask);
        return found.IsError
            ? new Problem(found.Error)
            : Of<T>(found.Value, source, IsAdministrator(context) ? ForAdministrators : searchControl);
    }

    private ValueTask<(Result<CachedResponse> Answer, string Source)> FindAsync(HttpContext context, string sku) => IsAdministrator(context)
        ? BypassAsync(() => AskAsync(sku, showsDrafts: context.User.IsAdministrator() || context.User.HasScope(CatalogWrite)))
        : cache.ProductAsync(sku, () => AskAsync(sku, showsDrafts: false), context.RequestAborted);

    private ValueTask<(Result<CachedResponse> Answer, string Source)> FindAsync(
        HttpContext context, object query, Func<Task<Result<CachedResponse>>> ask) =>
        IsAdministrator(context) ? BypassAsync(ask) : cache.SearchAsync(query, ask, context.RequestAborted);

    private static async ValueTask<(Result<CachedResponse> Answer, string Source)> BypassAsync(Func<Task<Result<CachedResponse>>> ask) =>
        (await ask(), CacheSource.Bypass);

    private static bool IsAdministrator(HttpContext context) => context.User.IsAdministrator() || context.User.ApiKeyId() is not null;

    /// <summary>Returns the message of a response, which is made once.</summary>
    private TMessage MessageOf<T, TMessage>(CachedResponse response, Func<T, TMessage> toMessage) where TMessage : class =>
        (TMessage)(response.Message ??= toMessage(JsonSerializer.Deserialize<T>(response.Body, json.Value.SerializerOptions)!));

    /// <summary>Removes all searches from the cache after a write that has changed what they find.</summary>
    public Result<T> InvalidateSearches<T>(Result<T> result)
    {
        cache.SearchesChanged();
        return result;
    }

    /// <summary>
    /// Removes a product from the cache after a write that has, or may have, changed it. Sets the ETag. Returns it as clients see it.
    /// </summary>
    public Result<Product> Invalidate(HttpContext context, string sku, Result<Product> result)
    {
        cache.Changed(sku);
        if (result.IsError)
            return result;
        context.Response.Headers.ETag = ETag(result.Value);
        return links.ToPublic(result.Value);
    }

    /// <inheritdoc cref="Invalidate(HttpContext, string, Result{Product})"/>
    public Result<T> Invalidate<T>(string sku, Result<T> result)
    {
        cache.Changed(sku);
        return result;
    }

    /// <summary>Removes the product from the cache after a write of data that its response contains.</summary>
    public Result<T> Invalidate<T>(Result<T> result, Func<T, string> sku)
    {
        if (!result.IsError)
            cache.Changed(sku(result.Value));
        return result;
    }

    private async Task<Result<CachedResponse>> AskAsync(string sku, bool showsDrafts)
    {
        var product = await cluster.GetGrain<IProductGrain>(Sku.GrainKey(sku)).GetAsync();
        return product.IsError ? product.Error
            : product.Value.IsDraft && !showsDrafts ? Error.NotFound("not-found.product", $"The product {sku} was not found.")
            : new CachedResponse(
                Write(links.ToPublic(showsDrafts ? product.Value : product.Value with { PublishAt = null })), ETag(product.Value),
                product.Value.Version, product.Value.StockVersion, product.Value.PricesChangeAt);
    }

    private async Task<Result<CachedResponse>> AskAsync(ProductQuery query)
    {
        var page = await Search().SearchAsync(query);
        return page.IsError
            ? page.Error
            : ToResponse<ProductPage>(page.Value with { Items = [.. page.Value.Items.Select(links.ToPublic)] });
    }

    private IProductSearchGrain Search() => cluster.GetGrain<IProductSearchGrain>(WorkerKeys.Next());

    private Result<CachedResponse> ToResponse<T>(Result<T> result)
    {
        if (result.IsError)
            return result.Error;
        var body = Write(result.Value);
        return new CachedResponse(body, $"\"{Base64Url.EncodeToString(SHA256.HashData(body).AsSpan(0, 16))}\"");
    }

    private static Representation<T> Of<T>(CachedResponse answer, string source, string cacheControl) =>
        new(answer.Body, answer.ETag, cacheControl, $"soonshop; {source}");

    private byte[] Write<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, json.Value.SerializerOptions);

    /// <summary>
    /// Combines the version, which an edit's If-Match compares, with the availability and the current prices, which change independently.
    /// </summary>
    private static string ETag(Product product)
    {
        var availability = product.Availability switch
        {
            Availability.InStock => "in",
            Availability.LowStock => "low",
            _ => "out",
        };
        // Only prices with a period change by themselves.
        var isFixed = product.Prices.All(p => p is { From: null, To: null });
        return ETags.Of(product.Version, isFixed ? availability : $"{availability}-{string.Join('.', product.CurrentPrices.Select(p =>
            $"{p.Price.Amount}_{p.CompareAtPrice?.Amount}_{p.LowestPrice30Days?.Amount}"))}");
    }

    private static string Control(int maxAge, int stale) => maxAge == 0 && stale == 0
        ? "public, no-cache"
        : string.Create(CultureInfo.InvariantCulture, $"public, max-age={maxAge}{(stale > 0 ? $", stale-while-revalidate={stale}" : "")}");
}

/// <summary>Registers the services that return products and searches.</summary>
internal static class CatalogReaderExtensions
{
    public static void AddCatalogReader(this IServiceCollection services, CachingOptions options)
    {
        services.AddSingleton(options).AddSingleton<CatalogCache>().AddSingleton<CatalogReader>();
        if (options.Enabled)
            services.AddHostedService<CatalogChangeSubscriber>();
    }
}
