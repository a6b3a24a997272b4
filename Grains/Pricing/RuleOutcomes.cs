namespace SoonShop.Pricing;

/// <summary>Tells for each rule whether it applies to a quote and why not, for previews.</summary>
internal sealed class RuleOutcomes(Quote quote, Basket basket, CompiledPricingRules rules, PromotionRefusals refusals)
{
    private readonly PricingRequest request = basket.Request;

    /// <summary>
    /// Returns the outcomes: price lists, promotions, shipping methods and tax rates, each in the order in which they count.
    /// </summary>
    public ImmutableArray<RuleOutcome> All() => [.. Lists(), .. Promotions(), .. Methods(), .. Rates()];

    private List<RuleOutcome> Lists()
    {
        List<RuleOutcome> outcomes = [];
        foreach (var list in rules.Prices.Lists)
        {
            var lines = quote.Lines.Where(l => l.PriceListId == list.Id).ToArray();
            var reason = lines.Length > 0 ? null : PriceTable.Refuses(list, request) ?? QuoteReasons.NoPriceInList;
            outcomes.Add(Outcome(RuleKind.PriceList, list.Id, lines.Sum(l => l.Gross), reason));
        }
        return outcomes;
    }

    private IEnumerable<RuleOutcome> Promotions() => rules.Promotions.Select(p => Outcome(
        RuleKind.Promotion, p.Rule.Id, quote.Promotions.FirstOrDefault(a => a.Id == p.Rule.Id)?.Discount ?? 0, refusals.Of(p)));

    private IEnumerable<RuleOutcome> Methods() => rules.Rules.ShippingMethods.Select(method =>
        Outcome(RuleKind.ShippingMethod, method.Id, quote.Shipping?.MethodId == method.Id ? quote.Shipping.Cost : 0, ReasonOf(method)));

    private ErrorText? ReasonOf(ShippingMethod method)
    {
        if (quote.Shipping?.MethodId == method.Id)
            return null;
        if (!method.Enabled)
            return QuoteReasons.SwitchedOff;
        if (request.Destination is not { } destination || rules.Shipping.ZoneOf(destination) is not { } zone)
            return QuoteReasons.OtherZone;
        if (rules.Shipping.PriceOf(method, zone, Parcel.Of(basket), basket).Reason is { } reason)
            return reason;
        return request.ShippingMethodId == method.Id && Parcel.Of(basket).Units > 0 ? QuoteReasons.NoTierOfValue : QuoteReasons.NotChosen;
    }

    private IEnumerable<RuleOutcome> Rates()
    {
        var zone = request.Destination is { } destination ? rules.Taxes.ZoneOf(destination)?.Id : null;
        return rules.Rules.TaxRates.OrderBy(r => r.ZoneId, StringComparer.Ordinal).ThenBy(r => r.Id, StringComparer.Ordinal).Select(rate =>
        {
            var summary = quote.Taxes.FirstOrDefault(t => t.RateId == rate.Id);
            var reason = summary is not null ? null
                : rate.ZoneId != zone ? QuoteReasons.OtherZone
                : rate.From > request.At ? QuoteReasons.NotYet(rate.From.Value)
                : rate.To <= request.At ? QuoteReasons.Ended(rate.To.Value)
                : request.Buyer.TaxExemptionReason is not null ? QuoteReasons.BuyerExempt
                : QuoteReasons.NothingTaxed;
            return Outcome(RuleKind.TaxRate, rate.Id, summary?.Amount ?? 0, reason);
        });
    }

    private static RuleOutcome Outcome(RuleKind kind, string id, long amount, ErrorText? reason) =>
        new(kind, id, reason is null, amount, reason);
}
