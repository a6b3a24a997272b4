namespace SoonShop.Pricing;

/// <summary>The taxes of a quote: of each item, and of shipping as the entry after the last item.</summary>
internal sealed class QuoteTaxes
{
    private readonly TaxCalculation? taxes;
    private readonly TaxRate[]?[] rates;
    private readonly bool isDeducted;

    private QuoteTaxes(TaxStatus status, ErrorText? problem, TaxRate[]?[] rates, TaxCalculation? taxes, bool isDeducted, Zone? zone)
    {
        (Status, Problem, this.rates, this.taxes, this.isDeducted) = (status, problem, rates, taxes, isDeducted);
        Summary = status == TaxStatus.Computed ? taxes!.Summary(zone!) : [];
    }

    /// <summary>Whether taxes are known.</summary>
    public TaxStatus Status { get; }

    /// <summary>Why they are not known; null when they are, or when an entry is refused.</summary>
    public ErrorText? Problem { get; }

    /// <summary>The taxes by rate.</summary>
    public ImmutableArray<TaxSummary> Summary { get; }

    /// <summary>Computes the taxes of what is left after discounts.</summary>
    public static QuoteTaxes Of(Basket basket, in ChosenShipping shipping, PromotionRun run, CompiledPricingRules rules)
    {
        var request = basket.Request;
        if (request.Destination is not { } destination)
            return Unknown(QuoteReasons.NeedsDestination);
        if (!Country.IsCode(destination.Country))
            return Unknown(QuoteReasons.NoCountry(destination.Country));
        if (rules.Taxes.ZoneOf(destination) is not { } zone)
            return Unknown(QuoteReasons.NoTaxZone(destination.Country));
        var rates = new TaxRate[]?[basket.Count + 1];
        var net = new long[basket.Count + 1];
        run.Values.CopyTo(net, 0);
        net[^1] = run.ShippingValue;
        for (var i = 0; i < basket.Count; i++)
        {
            rates[i] = rules.Taxes.RatesOf(zone, basket.Products[i].TaxCategory, request.At);
            if (rates[i] is not null && (basket.Priced & Basket.Bit(i)) == 0)
                rates[i] = [];
        }
        rates[^1] = run.ShippingCost is null ? [] : rules.Taxes.RatesOf(zone, shipping.Method!.TaxCategory, request.At);
        if (Array.IndexOf(rates, null) >= 0)
            return new QuoteTaxes(TaxStatus.Unknown, null, rates, null, false, null);
        var inside = rules.TaxInside.Contains(request.Currency);
        var taxes = TaxCalculation.Of(net, rates!, inside, rules.Rules.TaxRounding);
        return request.Buyer.TaxExemptionReason is null
            ? new QuoteTaxes(TaxStatus.Computed, null, rates, taxes, false, zone)
            : new QuoteTaxes(TaxStatus.Exempt, null, rates, taxes, inside, zone);
    }

    /// <summary>Returns the taxes of an entry.</summary>
    public ImmutableArray<QuoteTax> TaxesOf(int entry) => Status == TaxStatus.Computed ? taxes!.TaxesOf(entry) : [];

    /// <summary>Returns the sum of the taxes of an entry.</summary>
    public long TaxOf(int entry) => Status == TaxStatus.Computed ? taxes!.TaxOf[entry] : 0;

    /// <summary>Returns the tax inside the price of an entry that an exempt buyer does not pay.</summary>
    public long DeductedOf(int entry) => isDeducted ? taxes!.TaxOf[entry] : 0;

    /// <summary>True when the zone has no rate for an entry.</summary>
    public bool IsRefused(int entry) => entry < rates.Length && rates[entry] is null;

    private static QuoteTaxes Unknown(ErrorText problem) => new(TaxStatus.Unknown, problem, [], null, false, null);
}
