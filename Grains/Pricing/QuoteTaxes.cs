using System.Runtime.InteropServices;

namespace SoonShop.Pricing;

/// <summary>The taxes of a quote: of each item, and of shipping as the entry after the last item.</summary>
internal sealed class QuoteTaxes
{
    private readonly QuoteTax[][] taxesOf;
    private readonly long[] taxOf;
    private readonly TaxRate[]?[] rates;
    private readonly bool isDeducted;

    private QuoteTaxes(TaxStatus status, TaxRate[]?[] rates, QuoteTax[][] taxesOf, long[] taxOf, bool isDeducted)
    {
        (Status, this.rates, this.isDeducted) = (status, rates, isDeducted);
        (this.taxesOf, this.taxOf) = (taxesOf, taxOf);
    }

    /// <summary>Whether taxes are known.</summary>
    public TaxStatus Status { get; }

    /// <summary>Why they are not known; null when they are, or when an entry is refused.</summary>
    public ErrorText? Problem { get; private init; }

    /// <summary>The provider that computed them; null for the shop's own rates.</summary>
    public string? Provider { get; private init; }

    /// <summary>The taxes by rate.</summary>
    public ImmutableArray<TaxSummary> Summary { get; private init; } = [];

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
        if (request.ProvidedTaxes is { } provided && SaleOf(basket, shipping, run, rules) is { } sale && sale.Equals(provided.Sale))
            return Of(provided, zone, request.Buyer);
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
            return new QuoteTaxes(TaxStatus.Unknown, rates, [], [], false);
        var inside = rules.TaxInside.Contains(request.Currency);
        var taxes = TaxCalculation.Of(net, rates!, inside, rules.Rules.TaxRounding);
        return StatusOf(request.Buyer) == TaxStatus.Exempt
            ? new QuoteTaxes(TaxStatus.Exempt, rates, taxes.TaxesOf, taxes.TaxOf, inside)
            : new QuoteTaxes(TaxStatus.Computed, rates, taxes.TaxesOf, taxes.TaxOf, false) { Summary = taxes.Summary(zone) };
    }

    /// <summary>
    /// Returns what a tax provider is asked for. Null when there is nothing to ask: without a destination in a tax zone, without prices,
    /// and for an exempt buyer whose prices do not include taxes.
    /// </summary>
    public static TaxableSale? SaleOf(Basket basket, in ChosenShipping shipping, PromotionRun run, CompiledPricingRules rules)
    {
        var request = basket.Request;
        var inside = rules.TaxInside.Contains(request.Currency);
        if (request.Destination is not { } destination || !Country.IsCode(destination.Country) || rules.Taxes.ZoneOf(destination) is null
            || basket.Priced == 0 || (StatusOf(request.Buyer) == TaxStatus.Exempt && !inside))
            return null;
        var items = ImmutableArray.CreateBuilder<TaxableItem>(basket.Count);
        for (var i = 0; i < basket.Count; i++)
            items.Add(new TaxableItem(basket.Products[i].Sku, basket.Products[i].TaxCategory, basket.Units[i], run.Values[i]));
        return new TaxableSale
        {
            Currency = request.Currency,
            TaxInside = inside,
            Destination = destination,
            Date = DateOnly.FromDateTime(request.At.UtcDateTime),
            Items = items.MoveToImmutable(),
            Shipping = run.ShippingCost is null
                ? null : new TaxableItem(shipping.Method!.Id, shipping.Method.TaxCategory, 1, run.ShippingValue),
        };
    }

    /// <summary>Returns the taxes of an entry.</summary>
    public ImmutableArray<QuoteTax> TaxesOf(int entry) =>
        Status == TaxStatus.Computed ? ImmutableCollectionsMarshal.AsImmutableArray(taxesOf[entry]) : [];

    /// <summary>Returns the sum of the taxes of an entry.</summary>
    public long TaxOf(int entry) => Status == TaxStatus.Computed ? taxOf[entry] : 0;

    /// <summary>Returns the tax inside the price of an entry that an exempt buyer does not pay.</summary>
    public long DeductedOf(int entry) => isDeducted ? taxOf[entry] : 0;

    /// <summary>True when the zone has no rate for an entry.</summary>
    public bool IsRefused(int entry) => entry < rates.Length && rates[entry] is null;

    private static QuoteTaxes Of(ProvidedTaxes provided, Zone zone, Buyer buyer)
    {
        ImmutableArray<ImmutableArray<ItemTax>> entries = [.. provided.Taxes.Items, provided.Taxes.Shipping];
        var taxesOf = entries.Select(
            taxes => taxes.IsDefault ? [] : taxes.Select(t => new QuoteTax(t.RateId, t.Ppm, t.Base, t.Amount)).ToArray());
        var taxOf = entries.Select(taxes => taxes.IsDefault ? 0 : taxes.Sum(t => t.Amount)).ToArray();
        var isExempt = StatusOf(buyer) == TaxStatus.Exempt;
        return new QuoteTaxes(StatusOf(buyer), [], [.. taxesOf], taxOf, isExempt)
        {
            Provider = provided.Provider,
            Summary = isExempt ? [] :
            [
                .. entries.Where(taxes => !taxes.IsDefault).SelectMany(taxes => taxes).GroupBy(t => (t.RateId, t.Name, t.Ppm))
                    .Select(rate => new TaxSummary(
                        rate.Key.RateId, rate.Key.Name, zone.Id, zone.Name, rate.Key.Ppm, false, rate.Sum(t => t.Base),
                        rate.Sum(t => t.Amount))),
            ],
        };
    }

    private static TaxStatus StatusOf(Buyer buyer) => buyer.TaxExemptionReason is null ? TaxStatus.Computed : TaxStatus.Exempt;

    private static QuoteTaxes Unknown(ErrorText problem) => new(TaxStatus.Unknown, [], [], [], false) { Problem = problem };
}
