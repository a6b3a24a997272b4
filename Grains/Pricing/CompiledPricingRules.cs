using System.Collections.Frozen;
using SoonShop.Inventory;

namespace SoonShop.Pricing;

/// <summary>
/// Rules that are prepared for many quotes. Compile a snapshot once for each version; the result is immutable and may be used by any number
/// of threads.
/// </summary>
public sealed class CompiledPricingRules
{
    private readonly FrozenDictionary<string, Promotion> byId;
    private readonly ImmutableArray<Promotion> gifts;
    private readonly ImmutableArray<Promotion> firstOrder;

    private CompiledPricingRules(PricingRules rules)
    {
        Rules = rules;
        Promotions =
        [
            .. rules.Promotions.OrderBy(p => p.Stage).ThenBy(p => p.Priority).ThenBy(p => p.Id, StringComparer.Ordinal)
                .Select((p, index) => new CompiledPromotion(p, index)),
        ];
        Index = new PromotionIndex(Promotions);
        byId = rules.Promotions.ToFrozenDictionary(p => p.Id, StringComparer.Ordinal);
        var enabled = Promotions.Where(p => p.Rule.Enabled).ToArray();
        ByCode = enabled.Where(p => p.Rule.Trigger == PromotionTrigger.Code)
            .ToFrozenDictionary(p => PromotionCode.Normalize(p.Rule.Code!), StringComparer.Ordinal);
        Batches = enabled.Where(p => p.Rule.Trigger == PromotionTrigger.CodeBatch)
            .ToFrozenDictionary(p => p.Rule.Id, StringComparer.Ordinal);
        BatchesByTag = Batches.Keys.GroupBy(GeneratedCode.TagOf)
            .ToFrozenDictionary(g => g.Key, g => g.Order(StringComparer.Ordinal).ToImmutableArray());
        gifts = [.. enabled.Select(p => p.Rule).Where(p => p.Action.GiftSku is not null)];
        firstOrder = [.. enabled.Select(p => p.Rule).Where(p => p.Conditions.FirstOrderOnly)];
        Prices = new PriceTable(rules);
        Taxes = new TaxTable(rules);
        Shipping = new ShippingTable(rules);
        Locations = new LocationTable(rules);
        HasLimitedPromotions = enabled.Any(p => p.Rule.HasLimits);
        TaxInside = rules.TaxInsideCurrencies.ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>The rules.</summary>
    public PricingRules Rules { get; }

    /// <summary>The version of the rules.</summary>
    public long Version => Rules.Version;

    /// <summary>True when the uses or the budget of a promotion are limited.</summary>
    public bool HasLimitedPromotions { get; }

    /// <summary>All promotions in the order in which they apply.</summary>
    internal CompiledPromotion[] Promotions { get; }

    /// <summary>Finds the automatic promotions.</summary>
    internal PromotionIndex Index { get; }

    /// <summary>The promotions with a code, by its normal form.</summary>
    internal FrozenDictionary<string, CompiledPromotion> ByCode { get; }

    /// <summary>The promotions with a batch of codes, by id.</summary>
    internal FrozenDictionary<string, CompiledPromotion> Batches { get; }

    /// <summary>The ids of the promotions with a batch of codes, by <see cref="GeneratedCode.Tag"/>.</summary>
    internal FrozenDictionary<int, ImmutableArray<string>> BatchesByTag { get; }

    /// <summary>The price lists.</summary>
    internal PriceTable Prices { get; }

    /// <summary>The taxes.</summary>
    internal TaxTable Taxes { get; }

    /// <summary>The shipping methods.</summary>
    internal ShippingTable Shipping { get; }

    /// <summary>The locations that hold stock.</summary>
    public LocationTable Locations { get; }

    /// <summary>The currencies whose prices include tax.</summary>
    internal FrozenSet<string> TaxInside { get; }

    /// <summary>Returns the promotion with an id that a quote of these rules names.</summary>
    public Promotion Find(string promotionId) => byId[promotionId];

    /// <summary>
    /// Returns the units by SKU that promotions may give away at a time, to one cart. A request names the products of those that are in
    /// stock.
    /// </summary>
    /// <param name="at">The time.</param>
    /// <param name="hasCodes">True when the buyer has entered codes.</param>
    public Dictionary<string, int> GiftsAt(DateTimeOffset at, bool hasCodes)
    {
        var units = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var promotion in gifts)
        {
            if (MayApply(promotion, at, hasCodes))
                units[promotion.Action.GiftSku!] = units.GetValueOrDefault(promotion.Action.GiftSku!) + promotion.Action.GetUnits;
        }
        return units;
    }

    /// <summary>True when a promotion that may apply at a time asks whether the buyer has ordered before.</summary>
    /// <param name="at">The time.</param>
    /// <param name="hasCodes">True when the buyer has entered codes.</param>
    public bool AskForFirstOrder(DateTimeOffset at, bool hasCodes)
    {
        foreach (var promotion in firstOrder)
        {
            if (MayApply(promotion, at, hasCodes))
                return true;
        }
        return false;
    }

    private static bool MayApply(Promotion promotion, DateTimeOffset at, bool hasCodes) =>
        !(promotion.From > at) && !(promotion.To <= at) && (hasCodes || promotion.Trigger == PromotionTrigger.Automatic);

    /// <summary>Prepares rules.</summary>
    /// <exception cref="ArgumentException">
    /// The rules have problems; see <see cref="PricingRulesValidator"/>. Go on with the version before.
    /// </exception>
    public static CompiledPricingRules Compile(PricingRules rules)
    {
        var problems = PricingRulesValidator.Check(rules);
        return problems.Count == 0 ? new CompiledPricingRules(rules) : throw new ArgumentException(
            $"Version {rules.Version} of the pricing rules has problems: "
            + string.Join("; ", problems.Take(10).Select(p => $"{p.Key} {p.Value[0].English}")), nameof(rules));
    }
}
