using System.Text.Json.Serialization;

namespace SoonShop.Pricing;

/// <summary>The sums of a quote as buyers see them, with what they are made of.</summary>
/// <param name="Subtotal">Unit price × quantity of all lines, gifts included.</param>
/// <param name="Discount">All discounts: on lines, on the order, on shipping.</param>
/// <param name="Shipping">The shipping costs before discounts; null while they are not known.</param>
/// <param name="Tax">The taxes on lines and shipping; null while they are not known.</param>
/// <param name="Total">What the buyer pays. While shipping or tax is not known, it is without them.</param>
[GenerateSerializer, Immutable, Alias("soonshop.price-summary")]
public sealed record PriceSummary(Money Subtotal, Money Discount, Money? Shipping, Money? Tax, Money Total)
{
    /// <summary>True when prices include the taxes; otherwise the taxes are added.</summary>
    [Id(0)] public bool TaxIncluded { get; init; }

    /// <summary>The tax inside prices that an exempt buyer does not pay; null for none.</summary>
    [Id(1)] public Money? TaxDeducted { get; init; }

    /// <summary>What makes the total payable in its currency; null for nothing.</summary>
    [Id(2)] public Money? Rounding { get; init; }

    /// <summary>The taxes by rate.</summary>
    [Id(3)] public ImmutableArray<TaxAmount> Taxes { get; init; } = [];

    /// <summary>The promotions that apply.</summary>
    [Id(4)] public ImmutableArray<PromotionDiscount> Promotions { get; init; } = [];

    /// <summary>The shipping method; null for none.</summary>
    [Id(5)] public ShippingChoice? ShippingMethod { get; init; }

    /// <summary>The codes that do not apply, each with the reason.</summary>
    [Id(6)] public ImmutableArray<CodeReason> RefusedCodes { get; init; } = [];

    /// <summary>Why the cart cannot be ordered as it is; empty when it can.</summary>
    [Id(7)] public ImmutableArray<PriceProblem> Problems { get; init; } = [];

    /// <summary>The version of the rules that the prices follow from.</summary>
    [Id(8)] public long RulesVersion { get; init; }

    /// <summary>The tax provider that computed the taxes; null for the shop's own rates.</summary>
    [Id(9)] public string? TaxProvider { get; init; }

    /// <summary>Why the buyer pays no tax, such as a VAT number; null for a buyer who pays it.</summary>
    [Id(10)] public string? TaxExemptionReason { get; init; }

    /// <summary>Returns the sums of a quote.</summary>
    public static PriceSummary Of(Quote quote)
    {
        Money Amount(long minor) => new(minor, quote.Currency);
        Money? NotZero(long minor) => minor == 0 ? null : Amount(minor);
        return new(
            Amount(quote.Subtotal), Amount(quote.Discount), quote.Shipping is null ? null : Amount(quote.ShippingCost),
            quote.TaxStatus == TaxStatus.Unknown ? null : Amount(quote.Tax), Amount(quote.Total))
        {
            TaxIncluded = quote.TaxInside,
            TaxDeducted = NotZero(quote.TaxDeducted),
            Rounding = NotZero(quote.Rounding),
            Taxes = quote.Taxes.IsEmpty
                ? []
                : [.. quote.Taxes.Select(t => new TaxAmount(t.Name, t.ZoneName, t.Ppm, Amount(t.Base), Amount(t.Amount)))],
            Promotions = quote.Promotions.IsEmpty
                ? []
                : [.. quote.Promotions.Select(p => new PromotionDiscount(p.Id, p.Name, p.Code, Amount(p.Discount)) { Texts = p.Texts })],
            ShippingMethod = quote.Shipping is { } shipping ? new ShippingChoice(shipping.MethodId, shipping.Name) : null,
            RefusedCodes = quote.RefusedCodes.IsEmpty
                ? []
                : [.. quote.RefusedCodes.Select(c => new CodeReason(c.Code, c.Reason.English) { Text = c.Reason })],
            Problems = quote.Problems.IsEmpty ? [] : [
                .. quote.Problems.Select(
                    p => new PriceProblem(p.Line is { } line ? quote.Lines[line].Sku : null, p.Text.English) { Text = p.Text })],
            RulesVersion = quote.RulesVersion,
            TaxProvider = quote.TaxProvider,
            TaxExemptionReason = quote.TaxExemptionReason,
        };
    }
}

/// <summary>A tax rate's part of a price.</summary>
/// <param name="Name">The rate's name, such as <c>VAT</c>.</param>
/// <param name="Zone">The name of the tax zone.</param>
/// <param name="Ppm">The rate in parts per million: 88,750 is 8.875 %.</param>
/// <param name="Base">What it is charged on, without the tax itself.</param>
/// <param name="Amount">The tax.</param>
[GenerateSerializer, Immutable, Alias("soonshop.tax-amount")]
public sealed record TaxAmount(string Name, string Zone, int Ppm, Money Base, Money Amount);

/// <summary>A promotion's part of a price.</summary>
/// <param name="Id">The promotion.</param>
/// <param name="Name">Its name; for shoppers in their language, where the promotion has a text in it.</param>
/// <param name="Code">The code that the buyer entered; null for none.</param>
/// <param name="Discount">The discount.</param>
[GenerateSerializer, Immutable, Alias("soonshop.promotion-discount")]
public sealed record PromotionDiscount(string Id, string Name, string? Code, Money Discount)
{
    /// <summary>The texts for shoppers by language, for translation; null for none.</summary>
    [Id(0), JsonIgnore, Stored] public IReadOnlyDictionary<string, string>? Texts { get; init; }
}

/// <summary>The shipping method of a price.</summary>
/// <param name="Id">The method.</param>
/// <param name="Name">Its name.</param>
[GenerateSerializer, Immutable, Alias("soonshop.shipping-choice")]
public sealed record ShippingChoice(string Id, string Name);

/// <summary>A code that does not apply.</summary>
/// <param name="Code">The code as the buyer entered it.</param>
/// <param name="Reason">Why it does not apply.</param>
[GenerateSerializer, Immutable, Alias("soonshop.code-reason")]
public sealed record CodeReason(string Code, string Reason)
{
    /// <summary>The reason with its key, for translation.</summary>
    [Id(0), JsonIgnore, Stored] public ErrorText? Text { get; init; }
}

/// <summary>Why a cart cannot be ordered as it is.</summary>
/// <param name="Sku">The line that it is about; null for the whole cart.</param>
/// <param name="Reason">The reason.</param>
[GenerateSerializer, Immutable, Alias("soonshop.price-problem")]
public sealed record PriceProblem(string? Sku, string Reason)
{
    /// <summary>The reason with its key, for translation.</summary>
    [Id(0), JsonIgnore, Stored] public ErrorText? Text { get; init; }
}
