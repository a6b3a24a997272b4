using SoonShop.Catalog;
using SoonShop.Pricing;

namespace SoonShop.Imports;

/// <summary>The prices of a product beside those of a file.</summary>
internal sealed class PriceChange
{
    private readonly Product product;
    private readonly IReadOnlyList<PriceRow> rows;
    private readonly ProductContent content;
    private readonly ImmutableArray<ProductPrice> current, others;

    public PriceChange(Product product, IReadOnlyList<PriceRow> rows)
    {
        (this.product, this.rows) = (product, rows);
        current = [.. product.Prices.Select(PriceRow.Complete)];
        others = [.. rows.Where(r => !r.IsBase).Select(r => r.Price)];
        // The order of prices has no meaning.
        if (others.Length == current.Length && others.All(current.Contains))
            others = current;
        content = ProductContent.Of(product);
        if (rows.FirstOrDefault(r => r.IsBase)?.Price is { } price)
        {
            content = content with
            {
                Price = new Money(price.Amount, price.Currency),
                CompareAtPrice = price.CompareAt is { } compareAt ? new Money(compareAt, price.Currency) : null,
            };
        }
    }

    /// <summary>True when the file has other prices than the product.</summary>
    public bool IsChange => ChangesBase || ChangesOthers;

    private ProductPrice BasePrice =>
        new(product.Price.Currency, product.Price.Amount) { MinQuantity = 1, CompareAt = product.CompareAtPrice?.Amount };

    private bool ChangesBase => content.Price != product.Price || content.CompareAtPrice != product.CompareAtPrice;

    private bool ChangesOthers => !others.SequenceEqual(current);

    /// <summary>Returns why the product would refuse the prices; null when it would take them.</summary>
    public Error? Check(string currency, DateTimeOffset now)
    {
        var state = new ProductState { Sku = product.Sku, Content = ProductContent.Of(product), CreatedAt = now, Published = true };
        return (ChangesBase ? state.Update(content, currency, now).Error : null)
            ?? (ChangesOthers ? state.SetPrices(others, currency, now).Error : null);
    }

    /// <summary>
    /// Sets the prices. Error: <c>precondition-failed</c> when the product changed meanwhile, and what the product refuses.
    /// </summary>
    public async Task<Error?> ApplyAsync(IProductGrain grain)
    {
        var version = product.Version;
        if (ChangesBase)
        {
            var updated = await grain.UpdateAsync(content, version);
            if (updated.IsError)
                return updated.Error;
            version = updated.Value.Version;
        }
        return ChangesOthers && await grain.SetPricesAsync(others, version) is { IsError: true } set ? set.Error : null;
    }

    /// <summary>Returns what changes by row. Prices that are removed are told with the first row.</summary>
    public IEnumerable<RowResult> Compare()
    {
        var removed = current.Count(c => !others.Any(o => PriceRow.IsSame(o, c)));
        foreach (var (i, row) in rows.Index())
        {
            var before = row.IsBase
                ? BasePrice
                : current.Where(c => PriceRow.IsSame(c, row.Price)).Select(c => (ProductPrice?)c).FirstOrDefault();
            var parts = Differences(before, row.Price).ToList();
            if (i == 0 && removed > 0)
                parts.Add($"{removed} other price(s) removed");
            yield return parts.Count == 0 ? RowResult.Unchanged(row.Line)
                : before is null ? RowResult.Created(row.Line, string.Join(", ", parts))
                : RowResult.Changed(row.Line, string.Join(", ", parts));
        }
    }

    private static IEnumerable<string> Differences(ProductPrice? before, ProductPrice after)
    {
        string Amount(long? minor) => minor is { } amount ? Currencies.Format(amount, after.Currency) : "none";
        if (before?.Amount != after.Amount)
            yield return $"price {Amount(before?.Amount)} -> {Amount(after.Amount)} {after.Currency}";
        if (before?.CompareAt != after.CompareAt)
            yield return $"compare-at price {Amount(before?.CompareAt)} -> {Amount(after.CompareAt)} {after.Currency}";
    }
}
