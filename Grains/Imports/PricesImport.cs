using SoonShop.Catalog;
using SoonShop.Inventory;
using SoonShop.Pricing;

namespace SoonShop.Imports;

/// <summary>
/// Prices. A row with the shop's currency and nothing but <c>Price</c> and <c>Compare-at price</c> is the base price of its <c>SKU</c>. All
/// other rows of the SKU, which follow one another, replace the prices beside the base price, so none is left when there are no such rows.
/// </summary>
public sealed class PricesImport(IGrainFactory grains, IImportStates states, KnownRules rules, TimeProvider time) : ICsvImport
{
    public const string Currency = "Currency";
    public const string Price = "Price";
    public const string CompareAt = "Compare-at price";
    public const string List = "Price list";
    public const string MinQuantity = "Minimum quantity";
    public const string From = "From";
    public const string To = "To";

    /// <summary>How often the prices are compared anew because the product changed meanwhile.</summary>
    private const int MaxComparisons = 20;

    public string Kind => "prices";

    public CsvHeaderCheck CheckHeader(CsvHeader header) =>
        CsvHeaderCheck.Of(header, [SkuRows.Column, Currency, Price], [CompareAt, List, MinQuantity, From, To]);

    public string GroupOf(CsvRow row) => SkuRows.GroupOf(row);

    public async Task<IReadOnlyList<RowResult>> ApplyAsync(
        CsvHeader header, IReadOnlyList<CsvRow> rows, ImportContext context, CancellationToken cancellation)
    {
        var products = await states.FindProductsAsync(SkuRows.SkusOf(rows), cancellation);
        return await SkuRows.ApplyAsync(
            rows, context,
            async (sku, some) =>
                products.TryGetValue(sku, out var product)
                    ? await ApplyAsync(product, some, context, cancellation)
                    : SkuRows.NoProduct(some, sku),
            cancellation);
    }

    private async Task<IEnumerable<RowResult>> ApplyAsync(
        Product product, IReadOnlyList<CsvRow> rows, ImportContext context, CancellationToken cancellation)
    {
        var prices = new List<PriceRow>(rows.Count);
        var wrong = new List<RowResult>();
        foreach (var row in rows)
        {
            if (PriceRow.Read(row, context.Currency, out var problem) is not { } price)
                wrong.Add(problem!);
            else if (prices.Find(p => p.IsSameAs(price)) is { } other)
                wrong.Add(RowResult.Wrong(row.Line, null, ErrorText.Of("import.price-twice", $"Line {other.Line} has the same price.")));
            else
                prices.Add(price);
        }
        var unknown = await rules.FindUnknownAsync(
            PricingRuleKind.PriceList, prices.Select(p => p.Price.ListId).Except(product.Prices.Select(p => p.ListId)).OfType<string>());
        wrong.AddRange(prices.Where(p => p.Price.ListId is { } id && unknown.Contains(id))
            .Select(p => RowResult.Wrong(p.Line, List, KnownRules.NoPriceList)));
        if (wrong.Count > 0)
            return RowGroups.Refuse(rows, wrong);
        var (key, change) = (Sku.GrainKey(product.Sku), new PriceChange(product, prices));
        var grain = grains.GetGrain<IProductGrain>(key);
        for (var comparison = 1; comparison <= MaxComparisons; comparison++)
        {
            // A silo that lost the job must not change what was changed since.
            cancellation.ThrowIfCancellationRequested();
            var refused = change.Check(context.Currency, time.GetUtcNow());
            if (refused is null && !context.DryRun && change.IsChange)
            {
                refused = await change.ApplyAsync(grain);
                await SkuRows.ReleaseAsync(grain);
                // A product reads its availability.
                await SkuRows.ReleaseAsync(grains.GetGrain<IInventoryItemGrain>(key));
            }
            if (refused is not { } error)
                return change.Compare();
            if (error.Code != ErrorCode.PreconditionFailed)
                return SkuRows.All(rows, null, SkuRows.TextOf(error));
            var found = await grain.GetAsync();
            if (found.IsError)
                return SkuRows.All(rows, SkuRows.Column, SkuRows.TextOf(found.Error));
            change = new PriceChange(found.Value, prices);
        }
        throw new UnavailableException(ErrorText.Of("import.prices-move", $"The product {product.Sku} changes too fast to be priced."));
    }
}
