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
        var isAdmin = context.User.IsAdministrator() || context.User.ApiKeyId() is not null;
        var showsDrafts = context.User.IsAdministrator() || context.User.HasScope(CatalogWrite);
        var (found, source) = isAdmin
            ? (await AskAsync(sku, showsDrafts), CacheSource.Bypass)
            : await cache.ProductAsync(sku, () => AskAsync(sku, showsDrafts: false), context.RequestAborted);
        return found.IsError ? new Problem(found.Error) : Of<Product>(found.Value, source, isAdmin ? ForAdministrators : productControl);
    }

    /// <summary>Returns a page of a search.</summary>
    public async Task<Results<Representation<ProductPage>, Problem>> SearchAsync(HttpContext context, ProductQuery query)
    {
        var isAdmin = context.User.IsAdministrator() || context.User.ApiKeyId() is not null;
        var (found, source) = isAdmin ? (await AskAsync(query), CacheSource.Bypass) : await cache.SearchAsync(query, () => AskAsync(query), context.RequestAborted);
        context.Response.Headers.AppendCommaSeparatedValues("Vary", "Accept-Language");
        return found.IsError ? new Problem(found.Error) : Of<ProductPage>(found.Value, source, isAdmin ? ForAdministrators : searchControl);
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
            : new CachedResponse(Write(links.ToPublic(showsDrafts ? product.Value : product.Value with { PublishAt = null })), ETag(product.Value), product.Value.Version, product.Value.StockVersion, product.Value.PricesChangeAt);
    }

    private async Task<Result<CachedResponse>> AskAsync(ProductQuery query)
    {
        var page = await cluster.GetGrain<IProductSearchGrain>(WorkerKeys.Next()).SearchAsync(query);
        if (page.IsError)
            return page.Error;
        var body = Write(page.Value with { Items = [.. page.Value.Items.Select(links.ToPublic)] });
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
