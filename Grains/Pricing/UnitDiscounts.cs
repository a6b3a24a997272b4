namespace SoonShop.Pricing;

/// <summary>
/// The discounts on units. The units of an item count as equal: each is worth its share of what is left of the item, the first units get
/// what does not divide.
/// </summary>
internal static class UnitDiscounts
{
    /// <summary>
    /// Computes the discount of a promotion on matching items.
    /// </summary>
    /// <param name="candidate">The promotion.</param>
    /// <param name="basket">The cart.</param>
    /// <param name="values">What is left of each item.</param>
    /// <param name="bases">Receives for each item what the discount is divided by; 0 for items that it does not reduce.</param>
    /// <returns>The discount in minor units, before caps.</returns>
    public static long Compute(in PromotionCandidate candidate, Basket basket, ReadOnlySpan<long> values, Span<long> bases)
    {
        var rule = candidate.Promotion.Rule;
        bases.Clear();
        if (rule.Action.Kind == PromotionActionKind.BuyXGetY)
        {
            var sets = basket.UnitsOf(candidate.Items) / (rule.Action.BuyUnits + rule.Action.GetUnits);
            var units = Math.Min(sets * rule.Action.GetUnits, rule.MaxUnits ?? int.MaxValue);
            Choose(candidate, basket, values, bases, units, cheapest: true);
        }
        else if (rule.MaxUnits is { } most && most < basket.UnitsOf(candidate.Items))
            Choose(candidate, basket, values, bases, most, cheapest: false);
        else
        {
            for (var items = candidate.Items; items != 0; items &= items - 1)
            {
                var i = Basket.First(items);
                bases[i] = Reducible(candidate.Amount, values[i], basket.Units[i]);
            }
        }
        var sum = Basket.Sum(candidate.Items, bases);
        return rule.Action.PercentPpm is { } ppm ? Ppm.Of(sum, ppm) : sum;
    }

    /// <summary>
    /// Takes so many units, the cheapest or the most expensive first. Units that cost the same are taken by SKU. An item has units of at
    /// most two values, which differ by one.
    /// </summary>
    private static void Choose(
        in PromotionCandidate candidate, Basket basket, ReadOnlySpan<long> values, Span<long> bases, int units, bool cheapest)
    {
        Span<int> taken = stackalloc int[basket.Count];
        taken.Clear();
        for (var left = candidate.Items; left != 0 && units > 0;)
        {
            var best = -1;
            var (bestValue, bestCount) = (0L, 0);
            for (var items = left; items != 0; items &= items - 1)
            {
                var i = Basket.First(items);
                var (value, count) = NextUnits(values[i], basket.Units[i], taken[i], cheapest);
                if (best < 0 || (cheapest ? value < bestValue : value > bestValue))
                    (best, bestValue, bestCount) = (i, value, count);
            }
            bestCount = Math.Min(units, bestCount);
            bases[best] += (candidate.Amount == 0 ? bestValue : Math.Min(candidate.Amount, bestValue)) * bestCount;
            taken[best] += bestCount;
            units -= bestCount;
            if (taken[best] == basket.Units[best])
                left &= ~Basket.Bit(best);
        }
    }

    /// <summary>Returns the value of the next units of an item, and how many have it.</summary>
    private static (long Value, int Count) NextUnits(long value, int units, int taken, bool cheapest)
    {
        var (low, remainder) = Math.DivRem(value, units);
        var (higher, lower) = ((int)remainder, units - (int)remainder);
        if (cheapest)
            return taken < lower ? (low, lower - taken) : (low + 1, units - taken);
        return taken < higher ? (low + 1, higher - taken) : (low, units - taken);
    }

    /// <summary>
    /// Returns what can be reduced of all units of an item: their value; for an amount, at most the amount for each unit.
    /// </summary>
    private static long Reducible(long amount, long value, int units)
    {
        if (amount == 0)
            return value;
        var (low, higher) = Math.DivRem(value, units);
        return Math.Min(amount, low + 1) * higher + Math.Min(amount, low) * (units - higher);
    }
}
