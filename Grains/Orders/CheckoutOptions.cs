namespace SoonShop.Orders;

/// <summary>
/// Configuration section <c>Checkout</c>: currency, shipping, tax, and the deadlines of an order. Shipping and tax are the shop's first
/// pricing rules. The first change of a rule over the API stores them. After that, the shipping and tax rates of this section have no
/// effect.
/// </summary>
public sealed class CheckoutOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Checkout";

    /// <summary>The currency of the shop (ISO 4217).</summary>
    public string Currency { get; set; } = "USD";

    /// <summary>How long an order waits for its payment, with its stock reserved, in minutes.</summary>
    public double PaymentWindowMinutes { get; set; } = 30;

    /// <summary>The age, in seconds, at which an unfinished checkout is resumed.</summary>
    public double CheckoutDueSeconds { get; set; } = 10;

    /// <summary>Days after shipping at which an order becomes <c>delivered</c> when nobody reported the delivery.</summary>
    public double DeliveredAfterDays { get; set; } = 30;

    /// <summary>How long a mailed link to a guest's order opens it, in hours.</summary>
    public double OrderLinkHours { get; set; } = 24;

    /// <summary>Applies to countries without a rate of their own.</summary>
    public ShippingRate Shipping { get; set; } = new() { Amount = 499, FreeFrom = 5000 };

    /// <summary>Applies to one country (ISO 3166-1 alpha-2).</summary>
    public Dictionary<string, ShippingRate> ShippingByCountry { get; set; } = [];

    /// <summary>
    /// Tax on goods and shipping to one country (ISO 3166-1 alpha-2), added to prices, in basis points: 1900 is 19 %. 0–10000.
    /// </summary>
    public Dictionary<string, int> TaxBasisPointsByCountry { get; set; } = [];

    /// <summary>
    /// Tax in all countries without a tax of their own, in basis points; 0 sells to them without tax. Empty: the shop refuses orders to
    /// them.
    /// </summary>
    public int? TaxBasisPointsRestOfWorld { get; set; }

    /// <summary>
    /// How long a quote waits for a tax provider, in milliseconds. After that the shop's own rates are used. Without a provider it has no
    /// effect.
    /// </summary>
    public int TaxProviderDeadlineMilliseconds { get; set; } = 1500;

    /// <summary>
    /// How long a tax provider's response is used for equal sales, in seconds; 0 requests taxes for each quote. Without a provider it has
    /// no effect.
    /// </summary>
    public int TaxProviderCacheSeconds { get; set; } = 600;

    /// <summary>Returns the tax rate of a country in basis points; null when the shop does not sell there.</summary>
    public int? TaxBasisPointsFor(string country) =>
        TaxBasisPointsByCountry.TryGetValue(country, out var own) ? own : TaxBasisPointsRestOfWorld;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (!Money.IsCurrency(Currency))
            yield return $"Checkout:Currency is '{Currency}'; set Checkout__Currency to an ISO 4217 code such as USD.";
        if (PaymentWindowMinutes is not (>= 0.01 and <= 10_080))
            yield return $"Checkout:PaymentWindowMinutes is {PaymentWindowMinutes}; set Checkout__PaymentWindowMinutes to 0.01–10080.";
        if (CheckoutDueSeconds is not (>= 0.1 and <= 3600))
            yield return $"Checkout:CheckoutDueSeconds is {CheckoutDueSeconds}; set Checkout__CheckoutDueSeconds to 0.1–3600.";
        if (DeliveredAfterDays is not (>= 0.0001 and <= 3650))
            yield return $"Checkout:DeliveredAfterDays is {DeliveredAfterDays}; set Checkout__DeliveredAfterDays to 0.0001–3650.";
        if (OrderLinkHours is not (>= 0.01 and <= 720))
            yield return $"Checkout:OrderLinkHours is {OrderLinkHours}; set Checkout__OrderLinkHours to 0.01–720.";
        if (TaxProviderDeadlineMilliseconds is < 50 or > 5000)
        {
            yield return $"Checkout:TaxProviderDeadlineMilliseconds is {TaxProviderDeadlineMilliseconds}; "
                + "set Checkout__TaxProviderDeadlineMilliseconds to 50–5000.";
        }
        if (TaxProviderCacheSeconds is < 0 or > 86_400)
            yield return $"Checkout:TaxProviderCacheSeconds is {TaxProviderCacheSeconds}; set Checkout__TaxProviderCacheSeconds to "
                + "0–86400.";
        foreach (var (place, rate) in ShippingByCountry.Select(p => ($"Checkout:ShippingByCountry:{p.Key}", p.Value))
            .Prepend(("Checkout:Shipping", Shipping)))
        {
            if (rate.Amount is < 0 or > 100_000_000 || rate.FreeFrom is < 0)
                yield return $"{place}: Amount must be 0–100000000 minor units and FreeFrom not negative.";
        }
        var places = ShippingByCountry.Keys.Select(c => (Name: nameof(ShippingByCountry), Country: c))
            .Concat(TaxBasisPointsByCountry.Keys.Select(c => (Name: nameof(TaxBasisPointsByCountry), Country: c)));
        foreach (var place in places.Where(p => !Country.IsCode(p.Country)).Select(p => $"Checkout:{p.Name}:{p.Country}"))
            yield return $"{place} is for no country: use an officially assigned code of ISO 3166-1 alpha-2, in upper case, such as GB.";
        foreach (var (country, rate) in TaxBasisPointsByCountry.Where(r => r.Value is < 0 or > 10_000))
            yield return $"Checkout:TaxBasisPointsByCountry:{country} is {rate}; set 0–10000.";
        if (TaxBasisPointsRestOfWorld is < 0 or > 10_000)
        {
            yield return $"Checkout:TaxBasisPointsRestOfWorld is {TaxBasisPointsRestOfWorld}; "
                + "set Checkout__TaxBasisPointsRestOfWorld to 0–10000, or leave it empty.";
        }
        if (TaxBasisPointsByCountry.Count == 0 && TaxBasisPointsRestOfWorld is null)
        {
            yield return "Checkout: no country has a tax, so nothing can be sold; set Checkout__TaxBasisPointsRestOfWorld (0 for none), "
                + "or Checkout__TaxBasisPointsByCountry__ and a country's code.";
        }
    }
}

/// <summary>The price of shipping.</summary>
public sealed class ShippingRate
{
    /// <summary>The price of shipping an order, in minor units, 0–100000000.</summary>
    public long Amount { get; set; }

    /// <summary>The subtotal, in minor units, from which shipping is free; empty for never.</summary>
    public long? FreeFrom { get; set; }
}
