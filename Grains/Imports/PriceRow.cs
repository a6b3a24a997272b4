using System.Globalization;
using SoonShop.Pricing;

namespace SoonShop.Imports;

/// <summary>A row of prices.</summary>
/// <param name="Line">The line.</param>
/// <param name="IsBase">True for the base price in the shop's currency.</param>
/// <param name="Price">The price.</param>
internal sealed record PriceRow(int Line, bool IsBase, ProductPrice Price)
{
    /// <summary>True for a price of the same list, currency, quantity and period.</summary>
    public bool IsSameAs(PriceRow other) => IsBase == other.IsBase && IsSame(Price, other.Price);

    /// <inheritdoc cref="IsSameAs"/>
    public static bool IsSame(ProductPrice a, ProductPrice b) => WithoutAmounts(a) == WithoutAmounts(b);

    /// <summary>Returns a price as products hold it: of the quantities 0 and 1, which mean the same, 1.</summary>
    public static ProductPrice Complete(ProductPrice price) => price with { MinQuantity = Math.Max(1, price.MinQuantity) };

    private static ProductPrice WithoutAmounts(ProductPrice price) => Complete(price) with { Amount = 0, CompareAt = null };

    /// <summary>Reads a row; null when it is wrong.</summary>
    public static PriceRow? Read(CsvRow row, string shopCurrency, out RowResult? wrong)
    {
        wrong = null;
        var currency = row[PricesImport.Currency]?.ToUpper(CultureInfo.InvariantCulture);
        if (!Currencies.IsKnown(currency))
            return Wrong(PricesImport.Currency, ErrorText.Of("import.currency", "must be an ISO 4217 code such as EUR"), out wrong);
        if (CsvNumber.ReadAmount(row[PricesImport.Price] ?? "", currency!, row.Header.Separator, out var amount) is { } badPrice)
            return Wrong(PricesImport.Price, badPrice, out wrong);
        var price = new ProductPrice(currency!, amount) { ListId = row.Find(PricesImport.List), MinQuantity = 1 };
        if (row.Find(PricesImport.CompareAt) is { } compareAt)
        {
            if (CsvNumber.ReadAmount(compareAt, currency!, row.Header.Separator, out var other) is { } bad)
                return Wrong(PricesImport.CompareAt, bad, out wrong);
            price = price with { CompareAt = other };
        }
        if (row.Find(PricesImport.MinQuantity) is { } quantity)
        {
            if (CsvNumber.ReadWhole(quantity, 1, PricingLimits.MaxQuantity, out var units) is { } bad)
                return Wrong(PricesImport.MinQuantity, bad, out wrong);
            price = price with { MinQuantity = units };
        }
        foreach (var column in (ReadOnlySpan<string>)[PricesImport.From, PricesImport.To])
        {
            if (row.Find(column) is not { } text)
                continue;
            if (CsvNumber.ReadTime(text, out var time) is { } bad)
                return Wrong(column, bad, out wrong);
            price = column == PricesImport.From ? price with { From = time } : price with { To = time };
        }
        var isBase = currency == shopCurrency && price is { ListId: null, MinQuantity: 1, From: null, To: null };
        return new PriceRow(row.Line, isBase, price);

        PriceRow? Wrong(string column, ErrorText text, out RowResult? result)
        {
            result = RowResult.Wrong(row.Line, column, text);
            return null;
        }
    }
}
