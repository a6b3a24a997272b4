namespace SoonShop.Pricing;

/// <summary>
/// Applies a set of promotions to a cart, stage by stage. One instance computes any number of sets, one after the other; its results are
/// those of the last one.
/// </summary>
internal sealed class PromotionRun(PromotionContext context, PromotionSelection selection)
{
    /// <summary>What a set costs beyond everything else when no shipping is offered for the value that it leaves.</summary>
    private const long WithoutShipping = 1_000 * Money.MaxAmount;

    private readonly Basket basket = context.Basket;
    private readonly ChosenShipping shipping = context.Shipping;
    private readonly long[] bases = new long[context.Basket.Count];
    private readonly long[] shares = new long[context.Basket.Count];
    private readonly long[] afterLines = new long[context.Basket.Count];

    /// <summary>What is left of each item.</summary>
    public long[] Values { get; } = new long[context.Basket.Count];

    /// <summary>The discount of each candidate; 0 for those that are not in the set or do not apply.</summary>
    public long[] Discounts { get; } = new long[selection.Candidates.Length];

    /// <summary>Why a candidate of the set does not apply.</summary>
    public PromotionRefusal[] Refusals { get; } = new PromotionRefusal[selection.Candidates.Length];

    /// <summary>The cost of shipping before discounts; null when shipping is not in the quote.</summary>
    public long? ShippingCost { get; private set; }

    /// <summary>What is left of it.</summary>
    public long ShippingValue { get; private set; }

    /// <summary>When set, receives each discount on an item.</summary>
    public ItemDiscounts? Recorder { get; set; }

    /// <summary>
    /// Applies the set. Returns what the buyer pays for goods and shipping before tax, less the value of gifts: the set with the least is
    /// the best.
    /// </summary>
    /// <param name="set">The indexes of the candidates, ascending.</param>
    public long Apply(ReadOnlySpan<int> set)
    {
        basket.Gross.CopyTo(Values, 0);
        Array.Clear(Discounts);
        Array.Clear(Refusals);
        var at = 0;
        var gifts = ApplyToLines(set, ref at);
        ApplyToOrder(set, ref at);
        var goods = 0L;
        foreach (var value in Values)
            goods += value;
        ShippingCost = shipping.Price is { } price ? ShippingTable.CostOf(price, goods, shipping.Parcel) : null;
        ShippingValue = ShippingCost ?? 0;
        ApplyToShipping(set, at);
        return goods + ShippingValue - gifts + (shipping.Price is not null && ShippingCost is null ? WithoutShipping : 0);
    }

    /// <summary>True when a candidate of the last set applies: when it reduces something, or is a gift.</summary>
    public bool Applies(int candidate) => Discounts[candidate] > 0
        || selection.Candidates[candidate].Promotion.Rule.Action.Kind == PromotionActionKind.Gift;

    private long ApplyToLines(ReadOnlySpan<int> set, ref int at)
    {
        var gifts = 0L;
        for (; at < set.Length; at++)
        {
            ref readonly var candidate = ref selection.Candidates[set[at]];
            if (candidate.Promotion.Stage != PromotionStages.Line)
                break;
            if (candidate.Promotion.Rule.Action.Kind == PromotionActionKind.Gift)
            {
                Discounts[set[at]] = candidate.Amount;
                gifts += candidate.Amount;
            }
            else
            {
                var discount = UnitDiscounts.Compute(candidate, basket, Values, bases);
                Divide(set[at], Math.Min(discount, candidate.Cap));
            }
        }
        return gifts;
    }

    private void ApplyToOrder(ReadOnlySpan<int> set, ref int at)
    {
        if (at < set.Length)
            Values.CopyTo(afterLines, 0);
        for (; at < set.Length; at++)
        {
            ref readonly var candidate = ref selection.Candidates[set[at]];
            if (candidate.Promotion.Stage != PromotionStages.Order)
                break;
            if (Basket.Sum(candidate.Items, afterLines) < candidate.MinSubtotal)
            {
                Refusals[set[at]] = PromotionRefusal.MinSubtotal;
                continue;
            }
            var reduced = basket.Priced & ~candidate.Excluded;
            Array.Clear(bases);
            for (var items = reduced; items != 0; items &= items - 1)
                bases[Basket.First(items)] = Values[Basket.First(items)];
            Divide(set[at], Math.Min(Reduction(candidate, Basket.Sum(reduced, bases)), candidate.Cap));
        }
    }

    private void ApplyToShipping(ReadOnlySpan<int> set, int at)
    {
        for (; at < set.Length; at++)
        {
            ref readonly var candidate = ref selection.Candidates[set[at]];
            var discount = Math.Min(Reduction(candidate, ShippingValue), candidate.Cap);
            Refusals[set[at]] = Basket.Sum(candidate.Items, Values) < candidate.MinSubtotal ? PromotionRefusal.MinSubtotal
                : ShippingCost is null ? PromotionRefusal.NeedsShipping
                : discount == 0 ? PromotionRefusal.NothingLeft
                : PromotionRefusal.None;
            if (Refusals[set[at]] != PromotionRefusal.None)
                continue;
            Discounts[set[at]] = discount;
            ShippingValue -= discount;
        }
    }

    private static long Reduction(in PromotionCandidate candidate, long value) =>
        candidate.Promotion.Rule.Action.PercentPpm is { } ppm ? Ppm.Of(value, ppm) : Math.Min(candidate.Amount, value);

    /// <summary>Divides a discount over the items by <see cref="bases"/>, each of which gets at most its base.</summary>
    private void Divide(int candidate, long discount)
    {
        if (discount == 0)
        {
            Refusals[candidate] = PromotionRefusal.NothingLeft;
            return;
        }
        Discounts[candidate] = discount;
        LargestRemainder.Divide<long>(discount, bases, shares);
        for (var i = 0; i < shares.Length; i++)
        {
            if (shares[i] == 0)
                continue;
            Values[i] -= shares[i];
            Recorder?.Add(new ItemDiscount(candidate, i, shares[i]));
        }
    }
}
