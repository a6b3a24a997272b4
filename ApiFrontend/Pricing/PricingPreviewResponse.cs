using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>
/// What a cart would cost, and why. <c>total</c> = <c>subtotal</c> + <c>shippingCost</c> − <c>discount</c> + <c>tax</c> (unless
/// <c>taxInside</c>) − <c>taxDeducted</c> + <c>rounding</c>.
/// </summary>
/// <param name="RulesVersion">The version of the rules.</param>
/// <param name="Currency">The currency of all amounts (ISO 4217).</param>
/// <param name="TaxInside">True when prices include tax; otherwise tax is added to them.</param>
/// <param name="TaxStatus">Whether taxes are in the total.</param>
/// <param name="TaxExemptionReason">Why the buyer pays no tax; null when taxes are charged.</param>
/// <param name="Lines">The lines of the request in its order, then the gifts.</param>
/// <param name="Shipping">The shipping; null for a cart that needs none, and while no method is chosen or it cannot be used.</param>
/// <param name="Taxes">The taxes of lines and shipping, by rate.</param>
/// <param name="Promotions">The promotions that apply, in the order in which they do.</param>
/// <param name="RefusedCodes">The codes that do not apply.</param>
/// <param name="Problems">Why the cart cannot be ordered as it is. Empty for one that can.</param>
/// <param name="Subtotal">Unit price × quantity of all lines, gifts included.</param>
/// <param name="Discount">All discounts: on lines, on the order, on shipping.</param>
/// <param name="ShippingCost">The shipping costs before discounts.</param>
/// <param name="Tax">All taxes, on lines and shipping.</param>
/// <param name="TaxDeducted">The tax inside prices that an exempt buyer does not pay.</param>
/// <param name="Rounding">What makes the total an amount that can be paid in the currency.</param>
/// <param name="Total">What the buyer pays.</param>
/// <param name="Outcomes">For each rule, whether it applies and why not.</param>
/// <param name="TaxProvider">The tax provider that computed the taxes; null for the shop's own rates.</param>
internal sealed record PricingPreviewResponse(
    long RulesVersion, string Currency, bool TaxInside, TaxStatus TaxStatus, string? TaxExemptionReason,
    ImmutableArray<PreviewLine> Lines, PreviewShipping? Shipping, ImmutableArray<PreviewTaxSummary> Taxes,
    ImmutableArray<PreviewPromotion> Promotions, ImmutableArray<PreviewRefusedCode> RefusedCodes, ImmutableArray<PreviewProblem> Problems,
    Money Subtotal, Money Discount, Money ShippingCost, Money Tax, Money TaxDeducted, Money Rounding, Money Total,
    ImmutableArray<PreviewOutcome> Outcomes, string? TaxProvider)
{
    /// <summary>Converts a quote.</summary>
    /// <param name="quote">The quote.</param>
    /// <param name="say">Translates a text.</param>
    public static PricingPreviewResponse Of(Quote quote, Func<ErrorText, string> say)
    {
        return new PricingPreviewResponse(
            quote.RulesVersion, quote.Currency, quote.TaxInside, quote.TaxStatus, quote.TaxExemptionReason,
            [.. quote.Lines.Select(Line)], quote.Shipping is { } shipping ? Shipped(shipping) : null,
            [.. quote.Taxes.Select(t => new PreviewTaxSummary(
                t.RateId, t.Name, t.ZoneId, t.ZoneName, t.Ppm, t.IsCompound, In(t.Base), In(t.Amount)))],
            [.. quote.Promotions.Select(p => new PreviewPromotion(p.Id, p.Name, Stages.OneOf(p.Stage), p.Code, In(p.Discount)))],
            [.. quote.RefusedCodes.Select(c => new PreviewRefusedCode(c.Code, c.PromotionId, c.Reason.Key, say(c.Reason)))],
            [.. quote.Problems.Select(p => new PreviewProblem(p.Line, p.Text.Key, say(p.Text)))],
            In(quote.Subtotal), In(quote.Discount), In(quote.ShippingCost), In(quote.Tax), In(quote.TaxDeducted), In(quote.Rounding),
            In(quote.Total),
            [.. quote.Outcomes.Select(o => new PreviewOutcome(
                o.Kind, o.Id, o.Applies, In(o.Amount), o.Reason?.Key, o.Reason is null ? null : say(o.Reason)))],
            quote.TaxProvider);

        Money In(long amount) => new(amount, quote.Currency);

        PreviewLine Line(QuoteLine line) => new(
            line.Sku, line.Quantity, line.UnitPrice is { } price ? In(price) : null, line.PriceListId, line.GiftOf, In(line.Gross),
            Discounts(line.Adjustments), Taxes(line.Taxes), In(line.Discount), In(line.Tax), In(line.Payable));

        PreviewShipping Shipped(QuoteShipping shipping) => new(
            shipping.MethodId, shipping.Name, In(shipping.Cost), Discounts(shipping.Adjustments), Taxes(shipping.Taxes),
            In(shipping.Discount), In(shipping.Tax), In(shipping.Payable));

        ImmutableArray<PreviewDiscount> Discounts(ImmutableArray<QuoteAdjustment> adjustments) =>
            [.. adjustments.Select(a => new PreviewDiscount(a.PromotionId, Stages.OneOf(a.Stage), In(a.Amount), a.Code))];

        ImmutableArray<PreviewTax> Taxes(ImmutableArray<QuoteTax> taxes) =>
            [.. taxes.Select(t => new PreviewTax(t.RateId, t.Ppm, In(t.Base), In(t.Amount)))];
    }
}

/// <summary>A line of a preview.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Quantity">Units.</param>
/// <param name="UnitPrice">The price of one unit; null when the product cannot be bought in the currency.</param>
/// <param name="PriceList">The price list that the price is from; null for the base price.</param>
/// <param name="GiftOf">The promotion that gives the line away; null for a line of the request.</param>
/// <param name="Gross">Unit price × quantity.</param>
/// <param name="Discounts">The discounts in their order, with the shares of discounts on the order.</param>
/// <param name="Taxes">The taxes in the order of their rates.</param>
/// <param name="Discount">The sum of the discounts.</param>
/// <param name="Tax">The sum of the taxes.</param>
/// <param name="Payable">The line's part of the total.</param>
internal sealed record PreviewLine(
    string Sku, int Quantity, Money? UnitPrice, string? PriceList, string? GiftOf, Money Gross, ImmutableArray<PreviewDiscount> Discounts,
    ImmutableArray<PreviewTax> Taxes, Money Discount, Money Tax, Money Payable);

/// <summary>The shipping of a preview.</summary>
/// <param name="Method">The shipping method.</param>
/// <param name="Name">Its name.</param>
/// <param name="Cost">Its price before discounts.</param>
/// <param name="Discounts">The discounts.</param>
/// <param name="Taxes">The taxes.</param>
/// <param name="Discount">The sum of the discounts.</param>
/// <param name="Tax">The sum of the taxes.</param>
/// <param name="Payable">Its part of the total.</param>
internal sealed record PreviewShipping(
    string Method, string Name, Money Cost, ImmutableArray<PreviewDiscount> Discounts, ImmutableArray<PreviewTax> Taxes, Money Discount,
    Money Tax, Money Payable);

/// <summary>A discount on a line or on shipping.</summary>
/// <param name="PromotionId">The promotion.</param>
/// <param name="Stage">The stage at which it applies.</param>
/// <param name="Amount">The discount.</param>
/// <param name="Code">The code that was entered for it; null for none.</param>
internal sealed record PreviewDiscount(string PromotionId, PromotionStage Stage, Money Amount, string? Code);

/// <summary>A tax on a line or on shipping.</summary>
/// <param name="RateId">The rate.</param>
/// <param name="Ppm">The rate in parts per million.</param>
/// <param name="Base">What it is charged on, without the tax itself.</param>
/// <param name="Amount">The tax.</param>
internal sealed record PreviewTax(string RateId, int Ppm, Money Base, Money Amount);

/// <summary>A tax rate's part of a preview.</summary>
/// <param name="RateId">The rate.</param>
/// <param name="Name">Its name.</param>
/// <param name="ZoneId">The zone of the destination.</param>
/// <param name="ZoneName">Its name.</param>
/// <param name="Ppm">The rate in parts per million.</param>
/// <param name="IsCompound">True when it is charged on the taxes before it, too.</param>
/// <param name="Base">What it is charged on, without the tax itself.</param>
/// <param name="Amount">The tax.</param>
internal sealed record PreviewTaxSummary(
    string RateId, string Name, string ZoneId, string ZoneName, int Ppm, bool IsCompound, Money Base, Money Amount);

/// <summary>A promotion that applies.</summary>
/// <param name="Id">The promotion.</param>
/// <param name="Name">Its name.</param>
/// <param name="Stage">Its stage.</param>
/// <param name="Code">The code that was entered for it; null for none.</param>
/// <param name="Discount">The discount; for a gift, the price of its units.</param>
internal sealed record PreviewPromotion(string Id, string Name, PromotionStage Stage, string? Code, Money Discount);

/// <summary>A code that does not apply.</summary>
/// <param name="Code">The code as it was entered.</param>
/// <param name="PromotionId">Its promotion; null when there is none.</param>
/// <param name="ReasonCode">Identifies the reason, for programs.</param>
/// <param name="Reason">The reason, for people.</param>
internal sealed record PreviewRefusedCode(string Code, string? PromotionId, string? ReasonCode, string Reason);

/// <summary>Why the cart cannot be ordered as it is.</summary>
/// <param name="Line">The index of the line that it is about; null for the whole cart.</param>
/// <param name="ReasonCode">Identifies the reason, for programs.</param>
/// <param name="Reason">The reason, for people.</param>
internal sealed record PreviewProblem(int? Line, string? ReasonCode, string Reason);

/// <summary>What became of a rule.</summary>
/// <param name="Kind">The kind of the rule.</param>
/// <param name="Id">Its id.</param>
/// <param name="Applies">True when it has an effect.</param>
/// <param name="Amount">Its effect: a discount, a tax, a price of shipping, or the value of the lines that a price list prices.</param>
/// <param name="ReasonCode">Identifies why it does not apply, for programs; null when it applies.</param>
/// <param name="Reason">Why it does not apply, for people; null when it applies.</param>
internal sealed record PreviewOutcome(RuleKind Kind, string Id, bool Applies, Money Amount, string? ReasonCode, string? Reason);
