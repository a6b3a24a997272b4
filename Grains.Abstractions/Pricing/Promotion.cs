using System.Text.Json.Serialization;

namespace SoonShop.Pricing;

/// <summary>
/// A promotion: conditions, one action, and caps. Promotions apply by stage (lines, order, shipping), within a stage by priority, then by
/// id. Each one reduces what the ones before it have left.
/// </summary>
[GenerateSerializer, Immutable, Alias("soonshop.promotion")]
public sealed record Promotion
{
    private const string GrainKeyPrefix = "promotion/";

    /// <summary>
    /// Returns the key of the grains that count a promotion's uses and keep its generated codes. The prefix keeps an id from being read as
    /// a number, which storage writes in another form.
    /// </summary>
    public static string GrainKey(string id) => GrainKeyPrefix + id;

    /// <summary>True when its uses or its budget are limited, so that a counter keeps them.</summary>
    [JsonIgnore] public bool HasLimits => MaxUses is not null || MaxUsesPerCustomer is not null || !Budget.IsEmpty;

    /// <summary>Returns the id in a grain key made by <see cref="GrainKey"/>.</summary>
    public static string OfGrainKey(string key) => key[GrainKeyPrefix.Length..];

    /// <summary>The id, a slug.</summary>
    [Id(0)] public string Id { get; init; } = "";

    /// <summary>The name for administrators, and for shoppers where <see cref="Texts"/> has no language of theirs.</summary>
    [Id(1)] public string Name { get; init; } = "";

    /// <summary>The texts for shoppers by language: <c>en</c>, <c>zh</c>.</summary>
    [Id(2)] public IReadOnlyDictionary<string, string> Texts { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>False switches it off, as if it did not exist.</summary>
    [Id(3)] public bool Enabled { get; init; } = true;

    /// <summary>The first instant at which it applies; null for no limit.</summary>
    [Id(4)] public DateTimeOffset? From { get; init; }

    /// <summary>The first instant at which it no longer applies; null for no limit.</summary>
    [Id(5)] public DateTimeOffset? To { get; init; }

    /// <summary>Whether a shopper has to enter a code.</summary>
    [Id(6)] public PromotionTrigger Trigger { get; init; }

    /// <summary>The code, for <see cref="PromotionTrigger.Code"/>. See <see cref="PromotionCode.Normalize"/>.</summary>
    [Id(7)] public string? Code { get; init; }

    /// <summary>Its place within its stage; lower numbers come first.</summary>
    [Id(8)] public int Priority { get; init; }

    /// <summary>
    /// The stages whose promotions it may stand together with. Two promotions stand together only if each allows the stage of the other. Of
    /// those that exclude each other, the best for the buyer wins.
    /// </summary>
    [Id(9)] public PromotionStages Combines { get; init; }

    /// <summary>When it applies.</summary>
    [Id(10)] public PromotionConditions Conditions { get; init; } = new();

    /// <summary>What it does.</summary>
    [Id(11)] public PromotionAction Action { get; init; } = new();

    /// <summary>The largest discount of one order, at most one per currency; empty for no limit.</summary>
    [Id(12)] public ImmutableArray<Money> MaxDiscount { get; init; } = [];

    /// <summary>The most units of one order that it reduces; null for no limit. Only for promotions on units.</summary>
    [Id(13)] public int? MaxUnits { get; init; }

    /// <summary>The most orders in all; null for no limit. The counter is kept elsewhere.</summary>
    [Id(14)] public int? MaxUses { get; init; }

    /// <summary>The most orders of one customer; null for no limit. The counter is kept elsewhere.</summary>
    [Id(15)] public int? MaxUsesPerCustomer { get; init; }

    /// <summary>The most money that it may cost in all, one per currency; empty for no limit. The counter is kept elsewhere.</summary>
    [Id(16)] public ImmutableArray<Money> Budget { get; init; } = [];

    /// <summary>The stage of its action.</summary>
    [JsonIgnore] public PromotionStages Stage => Action.Stage;

    /// <summary>What shoppers call it.</summary>
    [JsonIgnore] public ErrorText NameForShoppers => ErrorText.InLanguages(Name, Texts);
}

/// <summary>What makes a promotion apply.</summary>
[Alias("soonshop.promotion-trigger")]
public enum PromotionTrigger
{
    /// <summary>It applies by itself.</summary>
    Automatic,
    /// <summary>The shopper enters the promotion's code.</summary>
    Code,
    /// <summary>The shopper enters one of a batch of generated codes, each for one order. The codes are kept elsewhere.</summary>
    CodeBatch,
}

/// <summary>The stages at which promotions apply, in this order. A set of flags.</summary>
[Flags, Alias("soonshop.promotion-stages")]
public enum PromotionStages
{
    /// <summary>None.</summary>
    None = 0,
    /// <summary>Single lines.</summary>
    Line = 1,
    /// <summary>The whole order.</summary>
    Order = 2,
    /// <summary>The shipping costs.</summary>
    Shipping = 4,
    /// <summary>All stages.</summary>
    All = Line | Order | Shipping,
}

/// <summary>When a promotion applies. All conditions must hold; an empty one always holds.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.promotion-conditions")]
public sealed record PromotionConditions
{
    /// <summary>
    /// The least value of the matching units, at most one per currency. A promotion on lines counts the prices before all discounts, one on
    /// the order counts what is left after the discounts on lines, and one on shipping what is left after all discounts on goods. A
    /// promotion with amounts, but none in the cart's currency, does not apply.
    /// </summary>
    [Id(0)] public ImmutableArray<Money> MinSubtotal { get; init; } = [];

    /// <summary>The least number of matching units. At least one unit must match in any case.</summary>
    [Id(1)] public int MinUnits { get; init; }

    /// <summary>The units that match.</summary>
    [Id(2)] public ItemFilter Items { get; init; } = new();

    /// <summary>True for buyers without an earlier order only.</summary>
    [Id(3)] public bool FirstOrderOnly { get; init; }

    /// <summary>The customer groups that it is for; empty for everybody.</summary>
    [Id(4)] public ImmutableArray<string> CustomerGroups { get; init; } = [];

    /// <summary>The countries (ISO 3166-1 alpha-2) of destination that it is for; empty for all.</summary>
    [Id(5)] public ImmutableArray<string> Countries { get; init; } = [];
}

/// <summary>
/// Chooses products. A product matches if one of the first three lists has it, or all three are empty, and none of the last three lists has
/// it. A category includes its subcategories: <c>kitchen</c> has <c>kitchen/drinkware</c>. Gifts never match.
/// </summary>
[GenerateSerializer, Immutable, Alias("soonshop.item-filter")]
public sealed record ItemFilter
{
    /// <summary>SKUs that match.</summary>
    [Id(0)] public ImmutableArray<string> Skus { get; init; } = [];

    /// <summary>Categories that match.</summary>
    [Id(1)] public ImmutableArray<string> Categories { get; init; } = [];

    /// <summary>Attributes that match; one of them is enough. Names and values are compared as they are written.</summary>
    [Id(2)] public ImmutableArray<ItemAttribute> Attributes { get; init; } = [];

    /// <summary>SKUs that do not match.</summary>
    [Id(3)] public ImmutableArray<string> ExcludedSkus { get; init; } = [];

    /// <summary>Categories that do not match.</summary>
    [Id(4)] public ImmutableArray<string> ExcludedCategories { get; init; } = [];

    /// <summary>Attributes that do not match.</summary>
    [Id(5)] public ImmutableArray<ItemAttribute> ExcludedAttributes { get; init; } = [];
}

/// <summary>An attribute of products, such as <c>colour: blue</c>.</summary>
/// <param name="Name">The attribute's name.</param>
/// <param name="Value">Its value.</param>
[GenerateSerializer, Immutable, Alias("soonshop.item-attribute")]
public readonly record struct ItemAttribute(string Name, string Value);
