namespace SoonShop.Pricing;

/// <summary>
/// Finds the automatic promotions that can match a cart, so that all others cost nothing: by SKU, by category, by attribute; those that
/// match every product by customer group or country, if they name some.
/// </summary>
internal sealed class PromotionIndex
{
    private readonly Dictionary<string, int[]> bySku;
    private readonly Dictionary<string, int[]> byCategory;
    private readonly (string Name, Dictionary<string, int[]> Values)[] byAttribute;
    private readonly Dictionary<string, int[]> byGroup;
    private readonly Dictionary<string, int[]> byCountry;
    private readonly int[] others;

    public PromotionIndex(CompiledPromotion[] promotions)
    {
        var automatic = promotions.Where(p => p.Rule is { Enabled: true, Trigger: PromotionTrigger.Automatic }).ToArray();
        var named = automatic.Where(p => !p.Items.MatchesAll).ToArray();
        bySku = Lists(named, p => p.Conditions.Items.Skus);
        byCategory = Lists(named, p => p.Conditions.Items.Categories);
        byAttribute =
        [
            .. named.SelectMany(p => p.Rule.Conditions.Items.Attributes).Select(a => a.Name).Distinct().Order(StringComparer.Ordinal)
                .Select(name => (name, Lists(named, p => p.Conditions.Items.Attributes.Where(a => a.Name == name).Select(a => a.Value)))),
        ];
        var general = automatic.Where(p => p.Items.MatchesAll).ToArray();
        byGroup = Lists(general, p => p.Conditions.CustomerGroups);
        byCountry = Lists([.. general.Where(p => p.Rule.Conditions.CustomerGroups.IsEmpty)], p => p.Conditions.Countries);
        var unconditional = general.Where(p => p.Rule.Conditions is { CustomerGroups.IsEmpty: true, Countries.IsEmpty: true });
        others = [.. unconditional.Select(p => p.Index)];
    }

    /// <summary>Adds to each promotion that can match the items that its filter names. Excluded items are not taken out.</summary>
    public void Find(Basket basket, Span<UInt128> items)
    {
        Mark(others, basket.Priced, items);
        foreach (var group in basket.Request.Buyer.Groups)
            Mark(byGroup, group, basket.Priced, items);
        if (basket.Request.Destination is { } destination)
            Mark(byCountry, destination.Country, basket.Priced, items);
        for (var i = 0; i < basket.Count; i++)
        {
            if ((basket.Priced & Basket.Bit(i)) != 0)
                Find(basket.Products[i], Basket.Bit(i), items);
        }
    }

    private void Find(PricedProduct product, UInt128 bit, Span<UInt128> items)
    {
        Mark(bySku, product.Sku, bit, items);
        if (byCategory.Count > 0)
        {
            var known = byCategory.GetAlternateLookup<ReadOnlySpan<char>>();
            for (var rest = product.Category.AsSpan(); ; rest = rest[..rest.LastIndexOf('/')])
            {
                if (known.TryGetValue(rest, out var found))
                    Mark(found, bit, items);
                if (!rest.Contains('/'))
                    break;
            }
        }
        foreach (var (name, values) in byAttribute)
        {
            if (product.Attributes.TryGetValue(name, out var value))
                Mark(values, value, bit, items);
        }
    }

    private static void Mark(Dictionary<string, int[]> lists, string key, UInt128 bits, Span<UInt128> items)
    {
        if (lists.Count > 0 && lists.TryGetValue(key, out var found))
            Mark(found, bits, items);
    }

    private static void Mark(int[] found, UInt128 bits, Span<UInt128> items)
    {
        foreach (var promotion in found)
            items[promotion] |= bits;
    }

    private static Dictionary<string, int[]> Lists(CompiledPromotion[] promotions, Func<Promotion, IEnumerable<string>> keys) => promotions
        .SelectMany(p => keys(p.Rule).Distinct().Select(key => (key, p.Index)))
        .GroupBy(e => e.key, StringComparer.Ordinal)
        .ToDictionary(g => g.Key, g => g.Select(e => e.Index).ToArray(), StringComparer.Ordinal);
}
