namespace SoonShop.Pricing;

/// <summary>
/// The taxes of a quote. Its entries are the items of the basket and, last, shipping; each has the amount that is left after discounts.
/// </summary>
internal sealed class TaxCalculation
{
    private readonly bool inside;
    private readonly TaxRate[][] ratesOf;

    private TaxCalculation(TaxRate[][] ratesOf, bool inside)
    {
        (this.ratesOf, this.inside) = (ratesOf, inside);
        (TaxesOf, TaxOf) = (new QuoteTax[ratesOf.Length][], new long[ratesOf.Length]);
        for (var i = 0; i < ratesOf.Length; i++)
            TaxesOf[i] = ratesOf[i].Length == 0 ? [] : new QuoteTax[ratesOf[i].Length];
    }

    /// <summary>The taxes of each entry.</summary>
    public QuoteTax[][] TaxesOf { get; }

    /// <summary>The sum of the taxes of each entry.</summary>
    public long[] TaxOf { get; }

    /// <summary>Computes the taxes.</summary>
    /// <param name="net">What is left of each entry after discounts, with the tax when it is inside.</param>
    /// <param name="ratesOf">The rates of each entry. Entries with the same array are one rate group.</param>
    /// <param name="inside">True when the amounts include tax.</param>
    /// <param name="rounding">Where taxes are rounded.</param>
    public static TaxCalculation Of(long[] net, TaxRate[][] ratesOf, bool inside, TaxRounding rounding)
    {
        var taxes = new TaxCalculation(ratesOf, inside);
        if (rounding == TaxRounding.PerLine)
        {
            Span<long> buffer = stackalloc long[PricingLimits.MaxRatesOfCategory];
            for (var i = 0; i < net.Length; i++)
            {
                var amounts = buffer[..ratesOf[i].Length];
                TaxFormula.Compute(net[i], ratesOf[i], inside, amounts);
                for (var r = 0; r < amounts.Length; r++)
                    taxes.Set(i, r, amounts[r]);
            }
        }
        else
            taxes.ComputeGroups(net);
        for (var i = 0; i < net.Length; i++)
            taxes.SetBases(i, net[i]);
        return taxes;
    }

    /// <summary>Returns the taxes by rate: the rates of a category in their order, the categories as the entries have them.</summary>
    public ImmutableArray<TaxSummary> Summary(Zone zone)
    {
        var count = 0;
        for (var i = 0; i < ratesOf.Length; i++)
            count += IsFirstOfGroup(i) ? ratesOf[i].Length : 0;
        var summary = ImmutableArray.CreateBuilder<TaxSummary>(count);
        for (var i = 0; i < ratesOf.Length; i++)
        {
            if (IsFirstOfGroup(i))
            {
                for (var r = 0; r < ratesOf[i].Length; r++)
                    summary.Add(Summarize(ratesOf[i], r, zone));
            }
        }
        return summary.DrainToImmutable();
    }

    private TaxSummary Summarize(TaxRate[] group, int rate, Zone zone)
    {
        var (sumOfBases, sum) = (0L, 0L);
        for (var i = 0; i < ratesOf.Length; i++)
        {
            if (ratesOf[i] == group)
                (sumOfBases, sum) = (sumOfBases + TaxesOf[i][rate].Base, sum + TaxesOf[i][rate].Amount);
        }
        var of = group[rate];
        return new TaxSummary(of.Id, of.Name, zone.Id, zone.Name, of.Ppm, of.IsCompound, sumOfBases, sum);
    }

    private bool IsFirstOfGroup(int entry) => ratesOf[entry].Length > 0 && Array.IndexOf(ratesOf, ratesOf[entry]) == entry;

    private void ComputeGroups(long[] net)
    {
        var weights = new long[net.Length];
        var shares = new long[net.Length];
        Span<long> buffer = stackalloc long[PricingLimits.MaxRatesOfCategory];
        for (var first = 0; first < ratesOf.Length; first++)
        {
            if (!IsFirstOfGroup(first))
                continue;
            var group = ratesOf[first];
            var sum = 0L;
            for (var i = 0; i < net.Length; i++)
                sum += weights[i] = ratesOf[i] == group ? net[i] : 0;
            var ofGroup = buffer[..group.Length];
            TaxFormula.Compute(sum, group, inside, ofGroup);
            if (sum > 0)
                DivideGroup(group, ofGroup, weights, shares);
        }
    }

    /// <summary>
    /// Divides the taxes of a group over its entries. When prices include several taxes, the taxes of an entry together are a share of all
    /// of them, so that none is more than the entry's price; a rate's share goes elsewhere where that leaves no room for it.
    /// </summary>
    private void DivideGroup(TaxRate[] group, ReadOnlySpan<long> taxes, long[] weights, long[] shares)
    {
        var all = 0L;
        foreach (var tax in taxes)
            all += tax;
        var room = inside ? LargestRemainder.Divide(all, weights) : null;
        for (var r = 0; r < group.Length; r++)
        {
            if (room is not null && r == group.Length - 1)
                room.CopyTo(shares, 0);
            else
                LargestRemainder.Divide<long>(taxes[r], weights, shares);
            if (room is not null)
                Fit(shares, room);
            for (var i = 0; i < shares.Length; i++)
            {
                if (ratesOf[i] == group)
                    Set(i, r, shares[i]);
            }
        }
    }

    /// <summary>Moves what does not fit to the first entries that have room, and takes the shares from the room.</summary>
    private static void Fit(long[] shares, long[] room)
    {
        var rest = 0L;
        for (var i = 0; i < shares.Length; i++)
        {
            rest += Math.Max(0, shares[i] - room[i]);
            shares[i] = Math.Min(shares[i], room[i]);
        }
        for (var i = 0; i < shares.Length; i++)
        {
            var more = Math.Min(rest, room[i] - shares[i]);
            shares[i] += more;
            rest -= more;
            room[i] -= shares[i];
        }
    }

    private void Set(int entry, int rate, long amount)
    {
        var of = ratesOf[entry][rate];
        TaxesOf[entry][rate] = new QuoteTax(of.Id, of.Ppm, 0, amount);
        TaxOf[entry] += amount;
    }

    /// <summary>A rate is charged on the price without tax; a compound rate on the taxes before it, too.</summary>
    private void SetBases(int entry, long net)
    {
        var price = inside ? net - TaxOf[entry] : net;
        var before = 0L;
        for (var r = 0; r < TaxesOf[entry].Length; r++)
        {
            ref var tax = ref TaxesOf[entry][r];
            tax = tax with { Base = ratesOf[entry][r].IsCompound ? price + before : price };
            before += tax.Amount;
        }
    }
}
