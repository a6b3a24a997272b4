using System.Text.Json.Serialization;

namespace SoonShop.Pricing;

/// <summary>A line of a quote. All amounts are minor units of the quote's currency.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.quote-line")]
public sealed record QuoteLine
{
    /// <summary>The stock keeping unit.</summary>
    [Id(0)] public string Sku { get; init; } = "";

    /// <summary>Units.</summary>
    [Id(1)] public int Quantity { get; init; }

    /// <summary>The price of one unit; null when the product has no price in the currency, so that it cannot be bought.</summary>
    [Id(2)] public long? UnitPrice { get; init; }

    /// <summary>The price list that the price is from; null for the base price.</summary>
    [Id(3)] public string? PriceListId { get; init; }

    /// <summary>The promotion that gives the line away; null for a line of the request.</summary>
    [Id(4)] public string? GiftOf { get; init; }

    /// <summary>The discounts in the order in which they apply, with the line's shares of discounts on the order.</summary>
    [Id(5)] public ImmutableArray<QuoteAdjustment> Adjustments { get; init; } = [];

    /// <summary>The taxes in the order of their rates.</summary>
    [Id(6)] public ImmutableArray<QuoteTax> Taxes { get; init; } = [];

    /// <summary>The sum of the discounts.</summary>
    [Id(7)] public long Discount { get; init; }

    /// <summary>The sum of the taxes.</summary>
    [Id(8)] public long Tax { get; init; }

    /// <summary>The tax inside the price that an exempt buyer does not pay.</summary>
    [Id(9)] public long TaxDeducted { get; init; }

    /// <summary>The line's part of the quote's total, a multiple of <see cref="Currencies.ChargeStep"/>.</summary>
    [Id(10)] public long Payable { get; init; }

    /// <summary>Unit price × quantity; 0 without a price.</summary>
    [JsonIgnore] public long Gross => (UnitPrice ?? 0) * Quantity;

    /// <summary>What is left after discounts: the base of the taxes, which includes them when prices do.</summary>
    [JsonIgnore] public long Net => Gross - Discount;

    /// <summary>
    /// Returns the shares of the line's first units. Each amount is the difference of two sums that are divided evenly, the larger of which
    /// never has the smaller shares, so that no share is negative.
    /// </summary>
    internal UnitShares SharesOfFirst(int units, bool taxInside, string currency)
    {
        var step = Currencies.ChargeStep(currency);
        var net = Of(Net);
        var exact = Of(taxInside ? Net - TaxDeducted : Net + Tax);
        var total = LargestRemainder.OfFirst(Payable / step, Quantity, units) * step;
        return new UnitShares(
            Price: (UnitPrice ?? 0) * units,
            Discount: (UnitPrice ?? 0) * units - net,
            Tax: taxInside ? net - Of(Net - Tax) : exact - net,
            TaxDeducted: taxInside ? net - exact : 0,
            Rounding: total - exact,
            Total: total);

        long Of(long amount) => LargestRemainder.OfFirst(amount, Quantity, units);
    }
}

/// <summary>
/// The shares of some units of a line, in minor units. <see cref="Total"/> = <see cref="Price"/> − <see cref="Discount"/> +
/// <see cref="Tax"/> (unless inside) − <see cref="TaxDeducted"/> + <see cref="Rounding"/>.
/// </summary>
/// <param name="Price">Unit price × units.</param>
/// <param name="Discount">Their share of the line's discounts.</param>
/// <param name="Tax">Their share of its taxes.</param>
/// <param name="TaxDeducted">Their share of the tax that an exempt buyer does not pay.</param>
/// <param name="Rounding">The difference to an amount that can be charged and refunded; 0 for nearly all currencies.</param>
/// <param name="Total">What the buyer pays for them, and what a refund of them returns.</param>
public readonly record struct UnitShares(long Price, long Discount, long Tax, long TaxDeducted, long Rounding, long Total)
{
    /// <summary>Returns the difference of two shares.</summary>
    public static UnitShares operator -(UnitShares left, UnitShares right) => new(
        left.Price - right.Price, left.Discount - right.Discount, left.Tax - right.Tax, left.TaxDeducted - right.TaxDeducted,
        left.Rounding - right.Rounding, left.Total - right.Total);
}

/// <summary>A discount on a line or on shipping.</summary>
/// <param name="PromotionId">The promotion.</param>
/// <param name="Stage">The stage at which it applies: a line can have a share of a discount on the order.</param>
/// <param name="Amount">The discount in minor units, more than 0.</param>
/// <param name="Code">The code that the shopper entered, as it was entered; null for none.</param>
[GenerateSerializer, Immutable, Alias("soonshop.quote-adjustment")]
public readonly record struct QuoteAdjustment(string PromotionId, PromotionStages Stage, long Amount, string? Code);

/// <summary>A tax on a line or on shipping.</summary>
/// <param name="RateId">The rate.</param>
/// <param name="Ppm">The rate in parts per million.</param>
/// <param name="Base">What it is charged on, in minor units, without the tax itself.</param>
/// <param name="Amount">The tax in minor units.</param>
[GenerateSerializer, Immutable, Alias("soonshop.quote-tax")]
public readonly record struct QuoteTax(string RateId, int Ppm, long Base, long Amount);
