#pragma warning disable ASP0029 // Validation rules of types are available only as an experimental API.
using Microsoft.Extensions.Validation;
using SoonShop.ApiFrontend.Http;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>A promotion: conditions, one action, and limits.</summary>
[ValidatableType]
public sealed record PromotionRequest : IRuleRequest
{
    /// <summary>The id, a slug. Without it a new rule gets one. In a replacement it may be left out; another id is refused.</summary>
    [Slug] public string? Id { get; init; }

    /// <summary>The name for administrators, and for shoppers where <c>texts</c> has no language of theirs.</summary>
    [RequiredField, TextLength(PricingLimits.MaxNameLength), Line] public string? Name { get; init; }

    /// <summary>The texts for shoppers by language: <c>en</c>, <c>zh</c>.</summary>
    [ShopperTexts] public Dictionary<string, string>? Texts { get; init; }

    /// <summary>False switches it off. Left out: true.</summary>
    public bool? Enabled { get; init; }

    /// <summary>The first moment at which it applies; null for no limit.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The first moment at which it no longer applies; null for no limit.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>What makes it apply. Left out: <c>automatic</c>.</summary>
    public PromotionTrigger? Trigger { get; init; }

    /// <summary>
    /// The code that shoppers enter, for the trigger <c>code</c>: letters, digits, <c>-</c> and <c>_</c>. Case does not matter.
    /// </summary>
    [TextLength(PromotionCode.MaxLength), CodeCharacters] public string? Code { get; init; }

    /// <summary>Its place among the promotions of its stage; lower numbers come first. Left out: 0.</summary>
    public int? Priority { get; init; }

    /// <summary>
    /// The stages whose promotions it may stand together with. Both promotions must allow it. Of promotions that exclude each other, the
    /// best for the buyer applies. Left out: none.
    /// </summary>
    [MaxItems(3)] public PromotionStage[]? Combines { get; init; }

    /// <summary>When it applies. Left out: always.</summary>
    public PromotionConditionsRequest? Conditions { get; init; }

    /// <summary>What it does.</summary>
    [RequiredField] public PromotionActionRequest? Action { get; init; }

    /// <summary>The largest discount of one order, at most one amount per currency; empty for no limit.</summary>
    [MaxItems(PricingRuleLimits.MaxCurrencies), KnownCurrencies] public Money[]? MaxDiscount { get; init; }

    /// <summary>The most units of one order that it reduces; null for no limit. Only for promotions on units.</summary>
    public int? MaxUnits { get; init; }

    /// <summary>The most orders in all; null for no limit.</summary>
    public int? MaxUses { get; init; }

    /// <summary>The most orders of one customer; null for no limit.</summary>
    public int? MaxUsesPerCustomer { get; init; }

    /// <summary>The most money that it may cost in all, at most one amount per currency; empty for no limit.</summary>
    [MaxItems(PricingRuleLimits.MaxCurrencies), KnownCurrencies] public Money[]? Budget { get; init; }

    public PricingRule ToRule(string id) => PricingRule.Of(new Promotion
    {
        Id = id,
        Name = Name!,
        Texts = (Texts ?? []).ToImmutableSortedDictionary(StringComparer.Ordinal),
        Enabled = Enabled ?? true,
        From = From?.ToUniversalTime(),
        To = To?.ToUniversalTime(),
        Trigger = Trigger ?? PromotionTrigger.Automatic,
        Code = Code,
        Priority = Priority ?? 0,
        Combines = Stages.Of(Combines),
        Conditions = (Conditions ?? new()).ToConditions(),
        Action = Action!.ToAction(),
        MaxDiscount = [.. MaxDiscount ?? []],
        MaxUnits = MaxUnits,
        MaxUses = MaxUses,
        MaxUsesPerCustomer = MaxUsesPerCustomer,
        Budget = [.. Budget ?? []],
    });
}

/// <summary>When a promotion applies. All conditions must hold; one that is left out or empty always holds.</summary>
[ValidatableType]
public sealed record PromotionConditionsRequest
{
    /// <summary>The least value of the matching units, at most one amount per currency. In other currencies it does not apply.</summary>
    [MaxItems(PricingRuleLimits.MaxCurrencies), KnownCurrencies] public Money[]? MinSubtotal { get; init; }

    /// <summary>The least number of matching units. At least one must match in any case.</summary>
    public int? MinUnits { get; init; }

    /// <summary>The units that match. Left out: all.</summary>
    public ItemFilterRequest? Items { get; init; }

    /// <summary>True for buyers without an earlier order only.</summary>
    public bool? FirstOrderOnly { get; init; }

    /// <summary>The customer groups that it is for; empty for everybody.</summary>
    [MaxItems(PricingLimits.MaxEntries), Slugs] public string[]? CustomerGroups { get; init; }

    /// <summary>The countries of destination that it is for; empty for all.</summary>
    [MaxItems(300), CountryCodes] public string[]? Countries { get; init; }

    internal PromotionConditions ToConditions() => new()
    {
        MinSubtotal = [.. MinSubtotal ?? []],
        MinUnits = MinUnits ?? 0,
        Items = (Items ?? new()).ToFilter(),
        FirstOrderOnly = FirstOrderOnly ?? false,
        CustomerGroups = [.. CustomerGroups ?? []],
        Countries = [.. Countries ?? []],
    };
}

/// <summary>
/// Chooses products. A product matches if one of the first three lists has it, or all three are empty, and none of the last three lists has
/// it. A category includes its subcategories.
/// </summary>
[ValidatableType]
public sealed record ItemFilterRequest
{
    /// <summary>Stock keeping units that match.</summary>
    [MaxItems(PricingLimits.MaxEntries), Skus] public string[]? Skus { get; init; }

    /// <summary>Categories that match.</summary>
    [MaxItems(PricingLimits.MaxEntries), NoNulls] public string[]? Categories { get; init; }

    /// <summary>Attributes that match; one of them is enough.</summary>
    [MaxItems(PricingLimits.MaxEntries), NoNulls] public ItemAttributeRequest[]? Attributes { get; init; }

    /// <summary>Stock keeping units that do not match.</summary>
    [MaxItems(PricingLimits.MaxEntries), Skus] public string[]? ExcludedSkus { get; init; }

    /// <summary>Categories that do not match.</summary>
    [MaxItems(PricingLimits.MaxEntries), NoNulls] public string[]? ExcludedCategories { get; init; }

    /// <summary>Attributes that do not match.</summary>
    [MaxItems(PricingLimits.MaxEntries), NoNulls] public ItemAttributeRequest[]? ExcludedAttributes { get; init; }

    internal ItemFilter ToFilter() => new()
    {
        Skus = Normal(Skus),
        Categories = [.. Categories ?? []],
        Attributes = [.. (Attributes ?? []).Select(a => a.ToAttribute())],
        ExcludedSkus = Normal(ExcludedSkus),
        ExcludedCategories = [.. ExcludedCategories ?? []],
        ExcludedAttributes = [.. (ExcludedAttributes ?? []).Select(a => a.ToAttribute())],
    };

    private static ImmutableArray<string> Normal(string[]? skus) =>
        [.. (skus ?? []).Select(Sku.Normalize)];
}

/// <summary>An attribute of products, such as <c>colour: blue</c>.</summary>
[ValidatableType]
public sealed record ItemAttributeRequest
{
    /// <summary>The name of the attribute.</summary>
    [RequiredField, TextLength(50), Line] public string? Name { get; init; }

    /// <summary>Its value.</summary>
    [RequiredField, TextLength(500), Line] public string? Value { get; init; }

    internal ItemAttribute ToAttribute() => new(Name!, Value!);
}

/// <summary>What a promotion does. A discount is either <c>percentPpm</c> or <c>amounts</c>.</summary>
[ValidatableType]
public sealed record PromotionActionRequest
{
    /// <summary>What it does.</summary>
    [RequiredField] public PromotionActionKind? Kind { get; init; }

    /// <summary>The discount in parts per million, 1–1,000,000: 125,000 is 12.5 %.</summary>
    public int? PercentPpm { get; init; }

    /// <summary>The discount as amounts, one per currency. On units, off each of them. In other currencies it does not apply.</summary>
    [MaxItems(PricingRuleLimits.MaxCurrencies), KnownCurrencies] public Money[]? Amounts { get; init; }

    /// <summary>The units to buy at their price, for <c>buyXGetY</c>: 2 in "buy 3, pay 2".</summary>
    public int? BuyUnits { get; init; }

    /// <summary>The units that are then reduced, or the units of a gift.</summary>
    public int? GetUnits { get; init; }

    /// <summary>The product that is given away, for <c>gift</c>.</summary>
    [SkuText] public string? GiftSku { get; init; }

    /// <summary>The ids of the shipping methods that are reduced, for <c>shippingDiscount</c>; empty for all.</summary>
    [MaxItems(PricingLimits.MaxRules), Slugs] public string[]? ShippingMethods { get; init; }

    internal PromotionAction ToAction() => new()
    {
        Kind = Kind!.Value,
        PercentPpm = PercentPpm,
        Amounts = [.. Amounts ?? []],
        BuyUnits = BuyUnits ?? 0,
        GetUnits = GetUnits ?? 0,
        GiftSku = GiftSku is null ? null : Sku.Normalize(GiftSku),
        ShippingMethods = [.. ShippingMethods ?? []],
    };
}
