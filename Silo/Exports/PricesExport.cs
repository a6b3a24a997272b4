using Npgsql;
using SoonShop.Catalog;
using SoonShop.Exports;
using SoonShop.Imports;
using SoonShop.Pricing;

namespace SoonShop.Silo.Exports;

/// <summary>All prices of each product, the base price first. Its import changes nothing.</summary>
internal sealed class PricesExport(NpgsqlDataSource database) : ICsvExport
{
    public string Kind => "prices";

    public IReadOnlyList<string> Columns { get; } =
    [
        SkuRows.Column, PricesImport.Currency, PricesImport.Price, PricesImport.CompareAt, PricesImport.List, PricesImport.MinQuantity,
        PricesImport.From, PricesImport.To,
    ];

    public bool IsPersonal => false;

    public Task<Result<ExportRows>> ReadAsync(ExportQuery query, string? after, CancellationToken cancellation) => StateRows.ReadAsync(
        database,
        """
        select grain_key, state from grain_state_product
        where state_name = 'product' and state is not null and grain_key > $1 order by grain_key limit $2
        """,
        after,
        reader => StateRows.State<ProductState>(reader, 1) is { } product
            ? PricesOf(product.Content).Select(p => Row(product.Sku, p))
            : [],
        cancellation);

    private static IEnumerable<ProductPrice> PricesOf(ProductContent content) =>
        [new ProductPrice(content.Price.Currency, content.Price.Amount) { CompareAt = content.CompareAtPrice?.Amount }, .. content.Prices];

    private static string[] Row(string sku, ProductPrice price) =>
    [
        sku, price.Currency, Currencies.Format(price.Amount, price.Currency),
        price.CompareAt is { } compareAt ? Currencies.Format(compareAt, price.Currency) : "",
        price.ListId ?? "", price.MinQuantity > 1 ? StateRows.Number(price.MinQuantity) : "", StateRows.Time(price.From),
        StateRows.Time(price.To),
    ];
}
