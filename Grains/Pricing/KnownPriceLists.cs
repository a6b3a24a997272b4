namespace SoonShop.Pricing;

/// <summary>Finds price lists by the ids in prices of products.</summary>
public sealed class KnownPriceLists(PricingRulesCache cache, IGrainFactory grains)
{
    /// <summary>The error of an id that no price list has.</summary>
    public static readonly ErrorText Unknown = ErrorText.Of("field.no-price-list", "is no price list of this shop");

    /// <summary>
    /// Returns the ids that are no price list. The rules of this silo are asked first, and their grain only for a list that they do not
    /// have: it may be a second old.
    /// </summary>
    /// <param name="ids">The ids.</param>
    public async ValueTask<ImmutableHashSet<string>> FindUnknownAsync(IEnumerable<string> ids)
    {
        var unknown = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        // While an older silo is in the cluster, no lists are in force anywhere.
        if (!cache.AreKnownEverywhere)
            return unknown.ToImmutable();
        HashSet<string> asked = [.. ids];
        if (asked.Count == 0)
            return unknown.ToImmutable();
        asked.ExceptWith((await cache.GetAsync()).Rules.PriceLists.Select(l => l.Id));
        foreach (var id in asked)
        {
            var found = await grains.Reference<IPricingRulesGrain>(0).FindAsync(PricingRuleKind.PriceList, id);
            if (found.IsError || found.Value.ArchivedAt is not null)
                unknown.Add(id);
        }
        return unknown.ToImmutable();
    }
}
