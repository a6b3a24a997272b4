using System.Numerics;
using SoonShop.Pricing;

namespace SoonShop.Tests.Pricing;

/// <summary>A line of the model.</summary>
internal sealed class ModelLine(PricedProduct product, int units, BigInteger unitPrice)
{
    public PricedProduct Product => product;

    public int Units => units;

    public BigInteger UnitPrice => unitPrice;

    /// <summary>What is left.</summary>
    public BigInteger Value { get; private set; } = unitPrice * units;

    public List<(string Promotion, BigInteger Amount)> Discounts { get; } = [];

    public void Reset()
    {
        Value = UnitPrice * Units;
        Discounts.Clear();
    }

    public void Reduce(string promotion, BigInteger amount)
    {
        Value -= amount;
        if (amount > 0)
            Discounts.Add((promotion, amount));
    }

    /// <summary>What each unit is worth: equal shares, the first ones get what does not divide.</summary>
    public IEnumerable<BigInteger> UnitValues() =>
        Enumerable.Range(0, Units).Select(i => Value / Units + (i < (int)(Value % Units) ? 1 : 0));
}

/// <summary>Arithmetic of the model.</summary>
internal static class ModelNumbers
{
    public static BigInteger HalfUp(BigInteger dividend, BigInteger divisor) => BigInteger.Divide(2 * dividend + divisor, 2 * divisor);

    /// <summary>The largest-remainder method; the earlier share wins a tie.</summary>
    public static List<BigInteger> Divide(BigInteger amount, List<BigInteger> weights)
    {
        var all = weights.Aggregate(BigInteger.Zero, (a, b) => a + b);
        if (all == 0)
            return [.. weights.Select((_, i) => i == weights.Count - 1 ? amount : 0)];
        var shares = weights.Select(w => amount * w / all).ToList();
        var left = (int)(amount - shares.Aggregate(BigInteger.Zero, (a, b) => a + b));
        foreach (var i in Enumerable.Range(0, weights.Count).OrderByDescending(i => amount * weights[i] % all).Take(left))
            shares[i]++;
        return shares;
    }
}
