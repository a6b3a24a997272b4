using System.Text.Json.Serialization;

namespace SoonShop.Pricing;

/// <summary>
/// What a cart costs: every price, discount, tax and share, in minor units of <see cref="Currency"/>. An order keeps its quote,
/// and all later amounts are computed from it instead of from the rules of that later time.
/// <see cref="Total"/> = <see cref="Subtotal"/> + <see cref="ShippingCost"/> − <see cref="Discount"/> + <see cref="Tax"/> (unless
/// <see cref="TaxInside"/>) − <see cref="TaxDeducted"/> + <see cref="Rounding"/>.
/// </summary>
[GenerateSerializer, Immutable, Alias("soonshop.pricing-quote")]
public sealed record Quote
{
    /// <summary>The version of the rules.</summary>
    [Id(0)] public long RulesVersion { get; init; }

    /// <summary>The currency of all amounts (ISO 4217).</summary>
    [Id(1)] public string Currency { get; init; } = "";

    /// <summary>True when prices include tax; otherwise tax is added to them.</summary>
    [Id(2)] public bool TaxInside { get; init; }

    /// <summary>Whether taxes are in the total.</summary>
    [Id(3)] public TaxStatus TaxStatus { get; init; }

    /// <summary>Why the buyer pays no tax; null when taxes are charged.</summary>
    [Id(4)] public string? TaxExemptionReason { get; init; }

    /// <summary>The lines of the request in its order, then the gifts.</summary>
    [Id(5)] public ImmutableArray<QuoteLine> Lines { get; init; } = [];

    /// <summary>The shipping; null for a cart that needs none, and while no method is chosen or it cannot be used.</summary>
    [Id(6)] public QuoteShipping? Shipping { get; init; }

    /// <summary>The taxes of lines and shipping, by rate.</summary>
    [Id(7)] public ImmutableArray<TaxSummary> Taxes { get; init; } = [];

    /// <summary>The promotions that apply, in the order in which they do.</summary>
    [Id(8)] public ImmutableArray<AppliedPromotion> Promotions { get; init; } = [];

    /// <summary>The codes that do not apply, in the order of the request.</summary>
    [Id(9)] public ImmutableArray<RefusedCode> RefusedCodes { get; init; } = [];

    /// <summary>Why the cart cannot be ordered as it is. Empty for a quote that an order can be placed at.</summary>
    [Id(10)] public ImmutableArray<QuoteProblem> Problems { get; init; } = [];

    /// <summary>Unit price × quantity of all lines, gifts included.</summary>
    [Id(11)] public long Subtotal { get; init; }

    /// <summary>All discounts: on lines, on the order, on shipping.</summary>
    [Id(12)] public long Discount { get; init; }

    /// <summary>The shipping costs before discounts.</summary>
    [Id(13)] public long ShippingCost { get; init; }

    /// <summary>All taxes, on lines and shipping.</summary>
    [Id(14)] public long Tax { get; init; }

    /// <summary>The tax inside prices that an exempt buyer does not pay; 0 for all others.</summary>
    [Id(15)] public long TaxDeducted { get; init; }

    /// <summary>What makes the total a multiple of <see cref="Currencies.ChargeStep"/>. Less than one step, possibly negative.</summary>
    [Id(16)] public long Rounding { get; init; }

    /// <summary>What the buyer pays.</summary>
    [Id(17)] public long Total { get; init; }

    /// <summary>For each rule, whether it applies and why not; only when the request asks for it.</summary>
    [Id(18)] public ImmutableArray<RuleOutcome> Outcomes { get; init; } = [];

    /// <summary>The tax provider that computed the taxes; null for the shop's own rates.</summary>
    [Id(19)] public string? TaxProvider { get; init; }

    /// <summary>True when an order can be placed at this quote.</summary>
    [JsonIgnore] public bool CanBeOrdered => Problems.IsEmpty && Lines.Length > 0;

    /// <summary>
    /// Returns the shares of consecutive units of a line. The shares of all units add up to the line, however they are grouped. Each
    /// unit's <see cref="UnitShares.Total"/> is a multiple of <see cref="Currencies.ChargeStep"/>.
    /// </summary>
    /// <param name="line">The index of the line.</param>
    /// <param name="firstUnit">The index of the first unit: the number of units before it.</param>
    /// <param name="units">The number of units.</param>
    /// <exception cref="ArgumentOutOfRangeException">The line does not have these units.</exception>
    public UnitShares SharesOf(int line, int firstUnit, int units)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstUnit);
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstUnit + units, Lines[line].Quantity, nameof(units));
        var before = Lines[line].SharesOfFirst(firstUnit, TaxInside, Currency);
        return Lines[line].SharesOfFirst(firstUnit + units, TaxInside, Currency) - before;
    }
}

/// <summary>Whether taxes are in a quote.</summary>
[Alias("soonshop.tax-status")]
public enum TaxStatus
{
    /// <summary>The destination is not known or not served, so taxes are not known either.</summary>
    Unknown,
    /// <summary>They are computed.</summary>
    Computed,
    /// <summary>The buyer is exempt from them.</summary>
    Exempt,
}

/// <summary>The shipping of a quote.</summary>
/// <param name="MethodId">The method.</param>
/// <param name="Name">Its name.</param>
/// <param name="Cost">Its price before discounts, in minor units.</param>
/// <param name="Adjustments">The discounts.</param>
/// <param name="Taxes">The taxes.</param>
/// <param name="Discount">The sum of the discounts.</param>
/// <param name="Tax">The sum of the taxes.</param>
/// <param name="TaxDeducted">The tax inside its price that an exempt buyer does not pay.</param>
/// <param name="Payable">Its part of the quote's total.</param>
[GenerateSerializer, Immutable, Alias("soonshop.quote-shipping")]
public sealed record QuoteShipping(
    string MethodId, string Name, long Cost, ImmutableArray<QuoteAdjustment> Adjustments, ImmutableArray<QuoteTax> Taxes,
    long Discount, long Tax, long TaxDeducted, long Payable);

/// <summary>A tax rate's part of a quote.</summary>
/// <param name="RateId">The rate.</param>
/// <param name="Name">Its name.</param>
/// <param name="ZoneId">The zone of the destination.</param>
/// <param name="ZoneName">The zone's name.</param>
/// <param name="Ppm">The rate in parts per million.</param>
/// <param name="IsCompound">True when it is charged on the taxes before it, too.</param>
/// <param name="Base">What it is charged on, in minor units, without the tax itself.</param>
/// <param name="Amount">The tax, in minor units.</param>
[GenerateSerializer, Immutable, Alias("soonshop.tax-summary")]
public sealed record TaxSummary(
    string RateId, string Name, string ZoneId, string ZoneName, int Ppm, bool IsCompound, long Base, long Amount);

/// <summary>Why a cart cannot be ordered as it is.</summary>
/// <param name="Text">The reason for the shopper. Its key identifies it.</param>
/// <param name="Line">The index of the line that it is about; null for the whole cart.</param>
[GenerateSerializer, Immutable, Alias("soonshop.quote-problem")]
public sealed record QuoteProblem(ErrorText Text, int? Line = null);
