namespace SoonShop.Pricing;

/// <summary>Divides a total that was rounded to the steps of its currency over lines and shipping.</summary>
internal static class Payable
{
    /// <summary>Makes what is payable of lines and shipping multiples of the step that add up to the total.</summary>
    /// <param name="lines">The lines, with what is payable of them before rounding.</param>
    /// <param name="shipping">The shipping; null for none.</param>
    /// <param name="lineOrder">The lines of the request in an order that does not depend on it. It decides ties.</param>
    /// <param name="total">The total, a multiple of <paramref name="step"/>.</param>
    /// <param name="step">The step in minor units.</param>
    public static void Round(QuoteLine[] lines, ref QuoteShipping? shipping, int[] lineOrder, long total, int step)
    {
        if (step == 1)
            return;
        var exact = new long[lines.Length + 1];
        for (var i = 0; i < lines.Length; i++)
            exact[i] = lines[LineAt(i)].Payable;
        exact[^1] = shipping?.Payable ?? 0;
        var shares = LargestRemainder.Divide(total / step, exact);
        for (var i = 0; i < lines.Length; i++)
            lines[LineAt(i)] = lines[LineAt(i)] with { Payable = shares[i] * step };
        shipping = shipping is null ? null : shipping with { Payable = shares[^1] * step };

        int LineAt(int place) => place < lineOrder.Length ? lineOrder[place] : place;
    }
}
