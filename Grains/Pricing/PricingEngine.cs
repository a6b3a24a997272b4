namespace SoonShop.Pricing;

/// <summary>
/// Computes what a cart costs. Both functions are pure: the same request and rules give the same result, whatever the order of the lines.
/// They read no clock, do no I/O, and may be called by any number of threads.
/// </summary>
public static class PricingEngine
{
    /// <summary>
    /// Returns the quote of a cart. What stands in the way of an order is in <see cref="Quote.Problems"/>, and why codes do not apply in
    /// <see cref="Quote.RefusedCodes"/>.
    /// </summary>
    /// <exception cref="ArgumentException">
    /// The request is beyond <see cref="PricingLimits"/>: too many lines or codes, or a quantity that is not 1–999.
    /// </exception>
    public static Quote Price(PricingRequest request, CompiledPricingRules rules)
    {
        using var builder = new QuoteBuilder(request, rules);
        return builder.Build();
    }

    /// <summary>
    /// Returns what a tax provider is asked for, which follows from the request without <see cref="PricingRequest.ProvidedTaxes"/>. Null
    /// when there is nothing to ask.
    /// </summary>
    /// <exception cref="ArgumentException">The request is beyond <see cref="PricingLimits"/>.</exception>
    public static TaxableSale? SaleOf(PricingRequest request, CompiledPricingRules rules)
    {
        using var builder = new QuoteBuilder(request, rules);
        return builder.Sale();
    }

    /// <summary>
    /// Returns the shipping methods that are switched on, each with its price, tax and total, or why it cannot be chosen. Each price is the
    /// one of the quote with that method, so that promotions are in it. Empty for a cart that needs no shipping, and while the destination
    /// is not known or not served.
    /// </summary>
    /// <exception cref="ArgumentException">The request is beyond <see cref="PricingLimits"/>.</exception>
    public static ImmutableArray<ShippingOption> ShippingOptions(PricingRequest request, CompiledPricingRules rules)
    {
        var basket = new Basket(request, rules.Prices);
        var parcel = Parcel.Of(basket);
        if (parcel.Units == 0 || request.Destination is not { } destination || !Country.IsCode(destination.Country)
            || rules.Shipping.ZoneOf(destination) is not { } zone)
            return [];
        var options = ImmutableArray.CreateBuilder<ShippingOption>();
        foreach (var method in rules.Rules.ShippingMethods)
        {
            if (method.Enabled)
                options.Add(Option(method, rules.Shipping.PriceOf(method, zone, parcel, basket).Reason, request, rules));
        }
        return options.DrainToImmutable();
    }

    private static ShippingOption Option(ShippingMethod method, ErrorText? reason, PricingRequest request, CompiledPricingRules rules)
    {
        var option = new ShippingOption
        {
            MethodId = method.Id,
            Name = method.Name,
            Kind = method.Kind,
            Carrier = method.Carrier,
            MinDays = method.MinDays,
            MaxDays = method.MaxDays,
            Reason = reason,
        };
        if (reason is not null)
            return option;
        var quote = Price(request with { ShippingMethodId = method.Id, ExplainsRules = false }, rules);
        return quote.Shipping is null
            ? option with { Reason = QuoteReasons.NoTierOfValue }
            : WithTaxes(option with { Price = quote.Shipping.Cost - quote.Shipping.Discount }, quote);
    }

    /// <summary>Returns an option with the tax and total of its quote.</summary>
    internal static ShippingOption WithTaxes(ShippingOption option, Quote quote) => option with
    {
        Tax = quote.TaxStatus == TaxStatus.Unknown ? null : quote.Shipping!.Tax,
        Total = quote.Total,
    };
}
