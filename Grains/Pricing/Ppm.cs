namespace SoonShop.Pricing;

/// <summary>Computes with parts per million.</summary>
internal static class Ppm
{
    /// <summary>Returns the part of an amount, rounded half up. Neither argument may be negative.</summary>
    public static long Of(long amount, int ppm) => amount <= (long.MaxValue - PricingLimits.WholePpm) / PricingLimits.WholePpm
        ? (amount * ppm + PricingLimits.WholePpm / 2) / PricingLimits.WholePpm
        : (long)(((Int128)amount * ppm + PricingLimits.WholePpm / 2) / PricingLimits.WholePpm);

    /// <summary>Returns dividend ÷ divisor, rounded half up. The dividend may not be negative.</summary>
    public static long RoundHalfUp(Int128 dividend, Int128 divisor) => (long)((2 * dividend + divisor) / (2 * divisor));
}
