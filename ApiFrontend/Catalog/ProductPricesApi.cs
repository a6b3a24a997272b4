using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.Catalog;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Catalog;

/// <summary>The prices of products beside those in the shop's currency, for administrators.</summary>
internal static class ProductPricesApi
{
    public static void MapProductPrices(this IEndpointRouteBuilder admin)
    {
        admin.MapGet("/{sku}/prices", GetAsync).WithName("getProductPrices").WithSummary("Get the prices of a product").WithETag();
        admin.MapPut("/{sku}/prices", SetAsync)
            .WithName("setProductPrices").WithSummary("Replace the prices of a product").WithETag().WithIfMatch();
    }

    private static async Task<Results<Ok<ProductPricesView>, Problem>> GetAsync(string sku, HttpContext context, IClusterClient cluster) =>
        ProductsApi.Find(cluster, sku) is var (_, product)
            ? Tagged(await product.GetAsync(), context).Ok(ProductPricesView.Of)
            : ProductsApi.Unknown(sku);

    private static async Task<Results<Ok<ProductPricesView>, Problem>> SetAsync(
        string sku, ProductPricesRequest body, HttpContext context, IClusterClient cluster, CatalogReader catalog) =>
        ProductsApi.Find(cluster, sku) is not var (normal, product) ? ProductsApi.Unknown(sku)
        : body.Problem() is { } problem ? new Problem(problem)
        : Tagged(catalog.Invalidate(context, normal, await product.SetPricesAsync(body.ToPrices(), ETags.IfMatch(context))), context)
            .Ok(ProductPricesView.Of);

    private static Result<Product> Tagged(Result<Product> product, HttpContext context)
    {
        if (!product.IsError)
            context.Response.Headers.ETag = ETags.Of(product.Value.Version);
        return product;
    }
}

/// <summary>The prices of a product beside its price in the shop's currency. They replace all earlier ones.</summary>
public sealed record ProductPricesRequest([property: RequiredField, MaxItems(PricingLimits.MaxPrices - 1)] ProductPriceRequest[]? Prices)
{
    /// <summary>
    /// Returns the error of prices in a currency that is not in ISO 4217, or that are compared with another currency; null for none.
    /// </summary>
    internal Error? Problem()
    {
        var wrong = new Dictionary<string, ErrorText[]>();
        foreach (var (index, item) in Prices!.Index())
        {
            var currency = item.Price!.Value.Currency;
            // What does not even have the form of a code is refused by the product.
            if (Money.IsCurrency(currency) && !Currencies.IsKnown(currency))
                wrong[$"prices[{index}].price.currency"] = [KnownCurrenciesAttribute.Unknown(currency)];
            if (item.CompareAtPrice is { } other && other.Currency != currency)
            {
                wrong[$"prices[{index}].compareAtPrice.currency"] =
                    [ErrorText.Of("field.currency-of-price", $"must be {currency}, the currency of the price")];
            }
        }
        return wrong.Count == 0 ? null : Error.Invalid(wrong);
    }

    internal ImmutableArray<ProductPrice> ToPrices() => [.. Prices!.Select(p => p.ToPrice())];
}

/// <summary>A price of a product.</summary>
public sealed record ProductPriceRequest(
    [property: RequiredField] Money? Price,
    [property: TextLength(PricingLimits.MaxIdLength)] string? ListId,
    [property: NumberRange(1, PricingLimits.MaxQuantity)] int? MinQuantity,
    DateTimeOffset? From,
    DateTimeOffset? To)
{
    /// <summary>The price that a base price is compared with, in its currency; null for none.</summary>
    public Money? CompareAtPrice { get; init; }

    internal ProductPrice ToPrice() => new(Price!.Value.Currency, Price.Value.Amount)
    {
        CompareAt = CompareAtPrice?.Amount,
        ListId = ListId,
        MinQuantity = MinQuantity ?? 1,
        From = From,
        To = To,
    };
}

/// <summary>The prices of a product.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Price">The base price in the shop's currency.</param>
/// <param name="Prices">The other prices.</param>
/// <param name="Cost">What a unit costs the shop; null for unknown.</param>
internal sealed record ProductPricesView(string Sku, Money Price, ImmutableArray<ProductPriceView> Prices, Money? Cost)
{
    public static ProductPricesView Of(Product product) =>
        new(product.Sku, product.Price, [.. product.Prices.Select(ProductPriceView.Of)], product.Cost);
}

/// <summary>A price of a product.</summary>
internal sealed record ProductPriceView(Money Price, string? ListId, int MinQuantity, DateTimeOffset? From, DateTimeOffset? To)
{
    /// <summary>The price that a base price is compared with; null for none.</summary>
    public Money? CompareAtPrice { get; init; }

    public static ProductPriceView Of(ProductPrice price) =>
        new(new Money(price.Amount, price.Currency), price.ListId, Math.Max(1, price.MinQuantity), price.From, price.To)
        {
            CompareAtPrice = price.CompareAt is { } compareAt ? new Money(compareAt, price.Currency) : null,
        };
}
