using SoonShop.Aggregates;

namespace SoonShop.Pricing;

/// <summary>Finds price lists and customer groups by the ids that products and customers name.</summary>
public sealed class KnownRules(PricingRulesCache cache, IGrainFactory grains, ClusterFeatures features)
{
    /// <summary>The error of an id that no price list has.</summary>
    public static readonly ErrorText NoPriceList = ErrorText.Of("field.no-price-list", "is no price list of this shop");

    /// <summary>The error of an id that no customer group has.</summary>
    public static readonly ErrorText NoCustomerGroup = ErrorText.Of("field.no-customer-group", "is no customer group of this shop");

    /// <summary>
    /// Returns the ids that no rule of a kind has. The rules of this silo are asked first, and their grain only for a rule that they do not
    /// have: it may be a second old.
    /// </summary>
    /// <param name="kind">The kind.</param>
    /// <param name="ids">The ids.</param>
    public async ValueTask<ImmutableHashSet<string>> FindUnknownAsync(PricingRuleKind kind, IEnumerable<string> ids)
    {
        var unknown = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);
        // While an older silo is in the cluster, it may have the grain of the rules, and does not know the kind.
        if (!cache.AreKnownEverywhere || (kind == PricingRuleKind.CustomerGroup && !features.CustomerGroupsAreRules))
            return unknown.ToImmutable();
        HashSet<string> asked = [.. ids];
        if (asked.Count == 0)
            return unknown.ToImmutable();
        asked.ExceptWith(RuleList.Of(kind).In((await cache.GetAsync()).Rules).Select(rule => rule.Id));
        foreach (var id in asked)
        {
            var found = await grains.Reference<IPricingRulesGrain>(0).FindAsync(kind, id);
            if (found.IsError || found.Value.ArchivedAt is not null)
                unknown.Add(id);
        }
        return unknown.ToImmutable();
    }

    /// <summary>
    /// Refuses customer groups that do not exist; null when all do. Those that the customer is in already may have been archived since, or
    /// named before groups could be created.
    /// </summary>
    /// <param name="groups">The groups that the customer is to be in. The field is named <c>groups</c>.</param>
    /// <param name="before">The groups that the customer is in.</param>
    public async ValueTask<Error?> CheckGroupsAsync(ImmutableArray<string> groups, ImmutableArray<string> before)
    {
        var unknown = await FindUnknownAsync(PricingRuleKind.CustomerGroup, groups.Except(before, StringComparer.Ordinal));
        return unknown.IsEmpty ? null : Error.Invalid(groups.Index().Where(g => unknown.Contains(g.Item))
            .ToDictionary(g => $"groups[{g.Index}]", _ => (ErrorText[])[NoCustomerGroup]));
    }
}
