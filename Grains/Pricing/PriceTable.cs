namespace SoonShop.Pricing;

/// <summary>The price lists in their order, and the price of a product.</summary>
internal sealed class PriceTable
{
    private readonly PriceList[] lists;
    private readonly Dictionary<string, int> ranks;

    public PriceTable(PricingRules rules)
    {
        lists = [.. rules.PriceLists.OrderBy(l => l.Priority).ThenBy(l => l.Id, StringComparer.Ordinal)];
        ranks = lists.Select((list, rank) => (list.Id, rank)).ToDictionary(l => l.Id, l => l.rank);
    }

    /// <summary>The price lists, by priority, then by id.</summary>
    public ReadOnlySpan<PriceList> Lists => lists;

    /// <summary>
    /// Returns the price of one unit when so many are bought; null when the product has none in the currency.
    /// </summary>
    public ProductPrice? Find(PricedProduct product, int units, PricingRequest request)
    {
        var (best, bestRank) = (-1, int.MaxValue);
        for (var i = 0; i < product.Prices.Length; i++)
        {
            ref readonly var price = ref product.Prices.ItemRef(i);
            var isPrice = price.Amount is >= 0 and <= PricingLimits.MaxPrice && price.Currency == request.Currency
                && price.MinQuantity <= units && Period.Contains(price.From, price.To, request.At);
            if (!isPrice || RankOf(price.ListId, request) is not { } rank || rank > bestRank)
                continue;
            if (best < 0 || rank < bestRank || IsBetter(price, product.Prices[best]))
                (best, bestRank) = (i, rank);
        }
        return best < 0 ? null : product.Prices[best];
    }

    /// <summary>Returns why a list does not apply to a buyer; null when it does.</summary>
    public static ErrorText? Refuses(PriceList list, PricingRequest request)
    {
        if (!list.Enabled)
            return QuoteReasons.SwitchedOff;
        if (list.From is { } from && from > request.At)
            return QuoteReasons.NotYet(from);
        if (list.To is { } to && to <= request.At)
            return QuoteReasons.Ended(to);
        return Groups.Overlap(list.CustomerGroups, request.Buyer) ? null : QuoteReasons.OtherGroup;
    }

    /// <summary>Returns the place of a list, the base prices last; null when it does not apply.</summary>
    private int? RankOf(string? listId, PricingRequest request)
    {
        if (listId is null)
            return lists.Length;
        if (!ranks.TryGetValue(listId, out var rank))
            return null;
        var list = lists[rank];
        var applies = list.Enabled && Period.Contains(list.From, list.To, request.At) && Groups.Overlap(list.CustomerGroups, request.Buyer);
        return applies ? rank : null;
    }

    /// <summary>True when a price counts instead of another one of the same list, both being in force.</summary>
    public static bool IsBetter(in ProductPrice price, in ProductPrice than)
    {
        var (quantity, other) = (Math.Max(price.MinQuantity, 1), Math.Max(than.MinQuantity, 1));
        if (quantity != other)
            return quantity > other;
        var (from, otherFrom) = (price.From ?? DateTimeOffset.MinValue, than.From ?? DateTimeOffset.MinValue);
        return from != otherFrom ? from > otherFrom : price.Amount < than.Amount;
    }
}

/// <summary>Conditions on customer groups.</summary>
internal static class Groups
{
    /// <summary>True when a rule is for everybody, or for a group that the buyer is in.</summary>
    public static bool Overlap(ImmutableArray<string> groups, Buyer buyer)
    {
        if (groups.IsEmpty)
            return true;
        foreach (var group in buyer.Groups)
        {
            if (groups.Contains(group))
                return true;
        }
        return false;
    }
}
