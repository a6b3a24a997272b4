using System.Text.Json.Serialization;

namespace SoonShop.Pricing;

/// <summary>
/// The action of a promotion. Which fields it uses depends on <see cref="Kind"/>; all others stay at their defaults. A discount is either
/// <see cref="PercentPpm"/> or <see cref="Amounts"/>.
/// </summary>
[GenerateSerializer, Immutable, Alias("soonshop.promotion-action")]
public sealed record PromotionAction
{
    /// <summary>What it does.</summary>
    [Id(0)] public PromotionActionKind Kind { get; init; }

    /// <summary>The discount in parts per million, 1–1,000,000: 125,000 is 12.5 %. Null for an amount.</summary>
    [Id(1)] public int? PercentPpm { get; init; }

    /// <summary>
    /// The discount in minor units, one per currency; empty for a percentage. On units it is off each of them. In any other currency the
    /// promotion does not apply.
    /// </summary>
    [Id(2)] public ImmutableArray<Money> Amounts { get; init; } = [];

    /// <summary>The units to buy at their price, for <see cref="PromotionActionKind.BuyXGetY"/>: 2 in <i>buy 3, pay 2</i>.</summary>
    [Id(3)] public int BuyUnits { get; init; }

    /// <summary>The units that are then reduced: 1 in <i>buy 3, pay 2</i>; or the units of a gift.</summary>
    [Id(4)] public int GetUnits { get; init; }

    /// <summary>The product that is given away, for <see cref="PromotionActionKind.Gift"/>.</summary>
    [Id(5)] public string? GiftSku { get; init; }

    /// <summary>
    /// The ids of the shipping methods that are reduced, for <see cref="PromotionActionKind.ShippingDiscount"/>; empty for all.
    /// </summary>
    [Id(6)] public ImmutableArray<string> ShippingMethods { get; init; } = [];

    /// <summary>The stage at which it applies.</summary>
    [JsonIgnore]
    public PromotionStages Stage => Kind switch
    {
        PromotionActionKind.OrderDiscount => PromotionStages.Order,
        PromotionActionKind.ShippingDiscount => PromotionStages.Shipping,
        _ => PromotionStages.Line,
    };

    /// <summary>A percentage off the matching units.</summary>
    public static PromotionAction UnitPercent(int ppm) => new() { Kind = PromotionActionKind.UnitDiscount, PercentPpm = ppm };

    /// <summary>An amount off each matching unit.</summary>
    public static PromotionAction UnitAmount(params ImmutableArray<Money> amounts) =>
        new() { Kind = PromotionActionKind.UnitDiscount, Amounts = amounts };

    /// <summary>A percentage off the order.</summary>
    public static PromotionAction OrderPercent(int ppm) => new() { Kind = PromotionActionKind.OrderDiscount, PercentPpm = ppm };

    /// <summary>An amount off the order.</summary>
    public static PromotionAction OrderAmount(params ImmutableArray<Money> amounts) =>
        new() { Kind = PromotionActionKind.OrderDiscount, Amounts = amounts };

    /// <summary>A percentage off the shipping costs, of some methods or all.</summary>
    public static PromotionAction ShippingPercent(int ppm, params ImmutableArray<string> methods) =>
        new() { Kind = PromotionActionKind.ShippingDiscount, PercentPpm = ppm, ShippingMethods = methods };

    /// <summary>Free shipping, by some methods or all.</summary>
    public static PromotionAction FreeShipping(params ImmutableArray<string> methods) => ShippingPercent(PricingLimits.WholePpm, methods);

    /// <summary>An amount off the shipping costs.</summary>
    public static PromotionAction ShippingAmount(params ImmutableArray<Money> amounts) =>
        new() { Kind = PromotionActionKind.ShippingDiscount, Amounts = amounts };

    /// <summary>Of each <paramref name="buy"/> + <paramref name="get"/> matching units, the cheapest ones are free or reduced.</summary>
    public static PromotionAction BuyXGetY(int buy, int get, int ppm = PricingLimits.WholePpm) =>
        new() { Kind = PromotionActionKind.BuyXGetY, BuyUnits = buy, GetUnits = get, PercentPpm = ppm };

    /// <summary>A gift: units of a product on a line of their own, at a discount of their whole price.</summary>
    public static PromotionAction Gift(string sku, int units = 1) =>
        new() { Kind = PromotionActionKind.Gift, GiftSku = sku, GetUnits = units };
}

/// <summary>What a promotion does.</summary>
[Alias("soonshop.promotion-action-kind")]
public enum PromotionActionKind
{
    /// <summary>
    /// Reduces matching units, by a percentage or each by an amount. With a cap on units, the most expensive ones are reduced.
    /// </summary>
    UnitDiscount,
    /// <summary>
    /// Reduces the order once. The discount is divided over all lines except those that the promotion's filter excludes by name.
    /// </summary>
    OrderDiscount,
    /// <summary>Reduces the shipping costs.</summary>
    ShippingDiscount,
    /// <summary>Of every so many matching units, the cheapest ones are free or reduced.</summary>
    BuyXGetY,
    /// <summary>Adds units of a product that cost nothing.</summary>
    Gift,
}
