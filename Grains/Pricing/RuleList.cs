using System.Text.Json;
using SoonShop.Aggregates;
using SoonShop.Inventory;

namespace SoonShop.Pricing;

/// <summary>The rules of one kind within a snapshot. What all kinds have in common is written once, against this class.</summary>
internal abstract class RuleList(PricingRuleKind kind, string member, ErrorText noun)
{
    private static readonly JsonSerializerOptions Json = ToOptions();

    private static readonly ImmutableArray<RuleList> All =
    [
        new RuleList<Promotion>(
            PricingRuleKind.Promotion, "promotions", ErrorText.Of("rule-kind.promotion", "promotion"),
            p => p.Id, r => r.Promotions, (r, list) => r with { Promotions = list }, PricingLimits.MaxPromotions),
        new RuleList<Zone>(
            PricingRuleKind.TaxZone, "taxZones", ErrorText.Of("rule-kind.tax-zone", "tax zone"),
            z => z.Id, r => r.TaxZones, (r, list) => r with { TaxZones = list }, PricingLimits.MaxRules),
        new RuleList<TaxRate>(
            PricingRuleKind.TaxRate, "taxRates", ErrorText.Of("rule-kind.tax-rate", "tax rate"),
            t => t.Id, r => r.TaxRates, (r, list) => r with { TaxRates = list }, PricingLimits.MaxTaxRates),
        new TaxSettingsList(),
        new RuleList<Zone>(
            PricingRuleKind.ShippingZone, "shippingZones", ErrorText.Of("rule-kind.shipping-zone", "shipping zone"),
            z => z.Id, r => r.ShippingZones, (r, list) => r with { ShippingZones = list }, PricingLimits.MaxRules),
        new RuleList<ShippingMethod>(
            PricingRuleKind.ShippingMethod, "shippingMethods", ErrorText.Of("rule-kind.shipping-method", "shipping method"),
            m => m.Id, r => r.ShippingMethods, (r, list) => r with { ShippingMethods = list }, PricingLimits.MaxRules),
        new RuleList<PriceList>(
            PricingRuleKind.PriceList, "priceLists", ErrorText.Of("rule-kind.price-list", "price list"),
            l => l.Id, r => r.PriceLists, (r, list) => r with { PriceLists = list }, PricingLimits.MaxRules),
        new RuleList<CustomerGroup>(
            PricingRuleKind.CustomerGroup, "customerGroups", ErrorText.Of("rule-kind.customer-group", "customer group"),
            g => g.Id, r => r.CustomerGroups, (r, list) => r with { CustomerGroups = list }, PricingLimits.MaxRules),
        new RuleList<Location>(
            PricingRuleKind.Location, "locations", ErrorText.Of("rule-kind.location", "location"),
            l => l.Id, r => r.Locations, (r, list) => r with { Locations = list }, Location.MaxLocations),
    ];

    /// <summary>The kind.</summary>
    public PricingRuleKind Kind => kind;

    /// <summary>The name of the list in problems of a whole snapshot, such as <c>taxRates</c>.</summary>
    public string Member => member;

    /// <summary>What texts call such a rule.</summary>
    public ErrorText Noun => noun;

    /// <summary>The most rules in force.</summary>
    public virtual int Limit => 1;

    /// <summary>Returns the list of a kind.</summary>
    public static RuleList Of(PricingRuleKind kind) => All[(int)kind];

    /// <summary>Returns the rules in their order.</summary>
    public abstract IEnumerable<PricingRule> In(PricingRules rules);

    /// <summary>Returns the place of a rule; -1 when it is not there.</summary>
    public abstract int IndexOf(PricingRules rules, string id);

    /// <summary>Returns a rule; null when it is not there.</summary>
    public abstract PricingRule? Find(PricingRules rules, string id);

    /// <summary>Adds a rule, or replaces the one with its id.</summary>
    public abstract PricingRules Put(PricingRules rules, PricingRule rule);

    /// <summary>Removes a rule.</summary>
    public abstract PricingRules Remove(PricingRules rules, string id);

    /// <summary>True when two rules have the same content. Lists compare by reference, so JSON is compared.</summary>
    public static bool AreSame(PricingRule one, PricingRule other) =>
        one.Position == other.Position && ToJson(one.Content).GetRawText() == ToJson(other.Content).GetRawText();

    /// <summary>Returns a rule as the audit log and the API write it.</summary>
    public static JsonElement ToJson(object content) => JsonSerializer.SerializeToElement(content, content.GetType(), Json);

    private static JsonSerializerOptions ToOptions()
    {
        var options = new JsonSerializerOptions(StateJson.Options);
        options.Converters.Insert(0, new PromotionStagesConverter());
        return options;
    }
}

/// <summary>A list of rules of one type.</summary>
internal sealed class RuleList<T>(
    PricingRuleKind kind, string member, ErrorText noun, Func<T, string> idOf, Func<PricingRules, ImmutableArray<T>> read,
    Func<PricingRules, ImmutableArray<T>, PricingRules> with, int limit) : RuleList(kind, member, noun)
    where T : class
{
    public override int Limit => limit;

    public override IEnumerable<PricingRule> In(PricingRules rules) => read(rules).Select(ToRule);

    public override int IndexOf(PricingRules rules, string id)
    {
        var list = read(rules);
        for (var i = 0; i < list.Length; i++)
        {
            if (idOf(list[i]) == id)
                return i;
        }
        return -1;
    }

    public override PricingRule? Find(PricingRules rules, string id) =>
        IndexOf(rules, id) is >= 0 and var index ? ToRule(read(rules)[index], index) : null;

    public override PricingRules Put(PricingRules rules, PricingRule rule)
    {
        var (list, index) = (read(rules), IndexOf(rules, rule.Id));
        var others = index < 0 ? list : list.RemoveAt(index);
        var position = Math.Clamp(rule.Position ?? (index < 0 ? others.Length : index), 0, others.Length);
        return with(rules, others.Insert(position, (T)rule.Content));
    }

    public override PricingRules Remove(PricingRules rules, string id) => with(rules, read(rules).RemoveAt(IndexOf(rules, id)));

    private PricingRule ToRule(T content, int index) =>
        new(Kind, idOf(content), content) { Position = Kind == PricingRuleKind.ShippingMethod ? index : null };
}

/// <summary>The tax settings, as a list of one rule that is always there.</summary>
internal sealed class TaxSettingsList() : RuleList(
    PricingRuleKind.TaxSettings, "taxSettings", ErrorText.Of("rule-kind.tax-settings", "tax settings"))
{
    public override IEnumerable<PricingRule> In(PricingRules rules) =>
        [PricingRule.Of(new TaxSettings(rules.TaxRounding, rules.TaxInsideCurrencies))];

    public override int IndexOf(PricingRules rules, string id) => id == TaxSettings.Id ? 0 : -1;

    public override PricingRule? Find(PricingRules rules, string id) => id == TaxSettings.Id ? In(rules).Single() : null;

    public override PricingRules Put(PricingRules rules, PricingRule rule)
    {
        var settings = (TaxSettings)rule.Content;
        return rules with { TaxRounding = settings.Rounding, TaxInsideCurrencies = settings.TaxInsideCurrencies };
    }

    public override PricingRules Remove(PricingRules rules, string id) =>
        throw new NotSupportedException("The tax settings cannot be archived.");
}
