namespace SoonShop.Pricing;

/// <summary>The taxes of one amount, rounded half up.</summary>
internal static class TaxFormula
{
    /// <summary>
    /// Computes the tax of each rate. Tax that is added to the amount is rounded for each rate. Tax inside the amount is rounded once and
    /// divided over the rates by the largest-remainder method, so that price and taxes add up to the amount.
    /// </summary>
    /// <param name="amount">The amount in minor units, not negative.</param>
    /// <param name="rates">The rates, the compound ones last.</param>
    /// <param name="inside">True when the amount includes the taxes.</param>
    /// <param name="taxes">Receives the tax of each rate in minor units.</param>
    public static void Compute(long amount, TaxRate[] rates, bool inside, Span<long> taxes)
    {
        if (inside && rates.Length > 0)
        {
            Extract(amount, rates, taxes);
            return;
        }
        var before = 0L;
        for (var i = 0; i < rates.Length; i++)
        {
            taxes[i] = Ppm.Of(rates[i].IsCompound ? amount + before : amount, rates[i].Ppm);
            before += taxes[i];
        }
    }

    private static void Extract(long amount, TaxRate[] rates, Span<long> taxes)
    {
        // With the simple rates s, … and the compound rates c, d, and everything in millionths, an amount holds for each unit of its price
        // without tax: 1 + Σs, times 1 + c, times 1 + d. The weights are the taxes of one unit, all over the same denominator.
        Int128 unit = PricingLimits.WholePpm;
        foreach (var rate in rates)
        {
            if (rate.IsCompound)
                unit *= PricingLimits.WholePpm;
        }
        Span<Int128> weights = stackalloc Int128[rates.Length];
        var all = unit;
        for (var i = 0; i < rates.Length; i++)
        {
            // The taxes before a compound rate are multiples of a millionth for each compound rate that is still to come.
            weights[i] = (rates[i].IsCompound ? all : unit) / PricingLimits.WholePpm * rates[i].Ppm;
            all += weights[i];
        }
        var tax = Ppm.RoundHalfUp(amount * (all - unit), all);
        LargestRemainder.Divide<Int128>(tax, weights, taxes);
    }
}
