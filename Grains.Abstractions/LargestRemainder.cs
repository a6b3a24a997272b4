using System.Numerics;

namespace SoonShop;

/// <summary>
/// Divides amounts into whole parts that add up to the amount (largest-remainder method). Each part is less than one unit from its exact
/// share.
/// </summary>
public static class LargestRemainder
{
    /// <summary>The most parts whose remainders are kept on the stack.</summary>
    private const int MaxOnStack = 128;

    /// <summary>
    /// Divides an amount in proportion to weights. The earlier share wins a tie. Without any weight the last share gets the whole amount.
    /// </summary>
    /// <param name="amount">The amount, not negative.</param>
    /// <param name="weights">The weights, not negative.</param>
    public static long[] Divide(long amount, params ReadOnlySpan<long> weights)
    {
        var shares = new long[weights.Length];
        Divide(amount, weights, shares);
        return shares;
    }

    /// <summary>Divides an amount in proportion to weights, without an allocation for up to 128 shares.</summary>
    /// <typeparam name="TWeight"><see cref="long"/> or <see cref="Int128"/>.</typeparam>
    /// <param name="amount">The amount, not negative.</param>
    /// <param name="weights">The weights, not negative. Their sum × the amount must fit into 127 bits.</param>
    /// <param name="shares">Receives a share for each weight.</param>
    public static void Divide<TWeight>(long amount, ReadOnlySpan<TWeight> weights, Span<long> shares)
        where TWeight : struct, IBinaryInteger<TWeight>
    {
        shares = shares[..weights.Length];
        var all = Int128.Zero;
        foreach (var weight in weights)
            all += Int128.CreateTruncating(weight);
        if (all == 0 || amount == 0)
        {
            shares.Clear();
            if (shares.Length > 0)
                shares[^1] = amount;
            return;
        }
        var remainders = weights.Length <= MaxOnStack ? stackalloc Int128[weights.Length] : new Int128[weights.Length];
        var left = amount;
        // Most products fit into 64 bits, whose division is many times faster.
        var isSmall = all <= long.MaxValue / amount;
        for (var i = 0; i < shares.Length; i++)
        {
            if (isSmall)
            {
                (shares[i], var remainder) = Math.DivRem(amount * long.CreateTruncating(weights[i]), (long)all);
                remainders[i] = remainder;
            }
            else
            {
                var (share, remainder) = Int128.DivRem(amount * Int128.CreateTruncating(weights[i]), all);
                (shares[i], remainders[i]) = ((long)share, remainder);
            }
            left -= shares[i];
        }
        for (; left > 0; left--)
        {
            var largest = 0;
            for (var i = 1; i < remainders.Length; i++)
            {
                if (remainders[i] > remainders[largest])
                    largest = i;
            }
            shares[largest]++;
            remainders[largest] = -1;
        }
    }

    /// <summary>
    /// Returns the sum of the first shares of an amount that is divided over equal parts. The first parts get what does not divide. The
    /// share of one part is the difference of two sums.
    /// </summary>
    /// <param name="amount">The amount, not negative.</param>
    /// <param name="parts">The number of parts, at least 1.</param>
    /// <param name="count">How many of them, 0–<paramref name="parts"/>.</param>
    public static long OfFirst(long amount, int parts, int count)
    {
        var (share, remainder) = Math.DivRem(amount, parts);
        return share * count + Math.Min(count, remainder);
    }
}
