using SoonShop.Orders;

namespace SoonShop.Pricing;

/// <summary>The rules of a shop that has none of its own: shipping and taxes from the configuration section <c>Checkout</c>.</summary>
public static class CheckoutPricing
{
    /// <summary>The id of the only shipping method.</summary>
    public const string ShippingMethodId = "standard";

    private const string RestOfWorld = "rest-of-world";

    /// <summary>Basis points are hundredths of a per cent: 100 parts per million each.</summary>
    private const int PpmOfBasisPoint = 100;

    /// <summary>
    /// Returns the rules that the configuration means: flat shipping by country, one tax rate by country on top of prices and shipping,
    /// rounded once. In currencies with a <see cref="Currencies.ChargeStep"/> above 1 the tax is
    /// not rounded to that step, but the total is.
    /// </summary>
    public static PricingRules RulesOf(CheckoutOptions options)
    {
        var taxes = options.TaxBasisPointsByCountry.OrderBy(t => t.Key, StringComparer.Ordinal)
            .Select(t => (Id: IdOf(t.Key), Country: (string?)t.Key, Ppm: t.Value * PpmOfBasisPoint));
        if (options.TaxBasisPointsRestOfWorld is { } others)
            taxes = taxes.Append((RestOfWorld, null, others * PpmOfBasisPoint));
        var shipping = options.ShippingByCountry.OrderBy(s => s.Key, StringComparer.Ordinal)
            .Select(s => (Id: IdOf(s.Key), Country: (string?)s.Key, Rate: s.Value)).Append((RestOfWorld, null, options.Shipping)).ToArray();
        var zones = taxes.ToArray();
        return new PricingRules
        {
            TaxZones = [.. zones.Select(z => ZoneOf(z.Id, z.Country))],
            TaxRates = [.. zones.Select(z => new TaxRate { Id = z.Id, Name = "Tax", ZoneId = z.Id, Ppm = z.Ppm })],
            TaxRounding = TaxRounding.PerRateGroup,
            ShippingZones = [.. shipping.Select(z => ZoneOf(z.Id, z.Country))],
            ShippingMethods =
            [
                new ShippingMethod
                {
                    Id = ShippingMethodId,
                    Name = "Standard",
                    MaxDays = 14,
                    Prices = [.. shipping.Select(z => PriceOf(z.Id, z.Rate, options.Currency))],
                },
            ],
        };
    }

    private static string IdOf(string country) => country.ToLowerInvariant();

    private static Zone ZoneOf(string id, string? country) => new(id, country ?? "Rest of the world", [new ZoneArea(country)]);

    private static ShippingPrice PriceOf(string zone, ShippingRate rate, string currency)
    {
        var step = Currencies.ChargeStep(currency);
        return new ShippingPrice
        {
            ZoneId = zone,
            Currency = currency,
            Amount = Ppm.RoundHalfUp(rate.Amount, step) * step,
            FreeFrom = rate.FreeFrom > PricingLimits.MaxThreshold ? null : rate.FreeFrom,
        };
    }
}
