using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>A promotion.</summary>
internal sealed record PromotionResponse : RuleResponse
{
    private readonly Promotion promotion;

    public PromotionResponse(StoredRule stored) : base(stored) => promotion = (Promotion)stored.Rule.Content;

    /// <summary>The name for administrators, and for shoppers where <c>texts</c> has no language of theirs.</summary>
    public string Name => promotion.Name;

    /// <summary>The texts for shoppers by language.</summary>
    public IReadOnlyDictionary<string, string> Texts => promotion.Texts;

    /// <summary>False when it is switched off.</summary>
    public bool Enabled => promotion.Enabled;

    /// <summary>The first moment at which it applies; null for no limit.</summary>
    public DateTimeOffset? From => promotion.From;

    /// <summary>The first moment at which it no longer applies; null for no limit.</summary>
    public DateTimeOffset? To => promotion.To;

    /// <summary>What makes it apply.</summary>
    public PromotionTrigger Trigger => promotion.Trigger;

    /// <summary>The code that shoppers enter; null for none.</summary>
    public string? Code => promotion.Code;

    /// <summary>Its place among the promotions of its stage; lower numbers come first.</summary>
    public int Priority => promotion.Priority;

    /// <summary>The stage at which it applies.</summary>
    public PromotionStage Stage => Stages.OneOf(promotion.Stage);

    /// <summary>The stages whose promotions it may stand together with.</summary>
    public ImmutableArray<PromotionStage> Combines => Stages.Of(promotion.Combines);

    /// <summary>When it applies.</summary>
    public PromotionConditions Conditions => promotion.Conditions;

    /// <summary>What it does.</summary>
    public PromotionActionResponse Action => new(promotion.Action);

    /// <summary>The largest discount of one order by currency; empty for no limit.</summary>
    public ImmutableArray<Money> MaxDiscount => promotion.MaxDiscount;

    /// <summary>The most units of one order that it reduces; null for no limit.</summary>
    public int? MaxUnits => promotion.MaxUnits;

    /// <summary>The most orders in all; null for no limit.</summary>
    public int? MaxUses => promotion.MaxUses;

    /// <summary>The most orders of one customer; null for no limit.</summary>
    public int? MaxUsesPerCustomer => promotion.MaxUsesPerCustomer;

    /// <summary>The most money that it may cost in all, by currency; empty for no limit.</summary>
    public ImmutableArray<Money> Budget => promotion.Budget;
}

/// <summary>What a promotion does. A discount is either <c>percentPpm</c> or <c>amounts</c>.</summary>
internal sealed record PromotionActionResponse
{
    private readonly PromotionAction action;

    public PromotionActionResponse(PromotionAction action) => this.action = action;

    /// <summary>What it does.</summary>
    public PromotionActionKind Kind => action.Kind;

    /// <summary>The discount in parts per million: 125,000 is 12.5 %. Null for an amount.</summary>
    public int? PercentPpm => action.PercentPpm;

    /// <summary>The discount as amounts, one per currency; empty for a percentage. On units it is off each of them.</summary>
    public ImmutableArray<Money> Amounts => action.Amounts;

    /// <summary>The units to buy at their price, for <c>buyXGetY</c>: 2 in "buy 3, pay 2".</summary>
    public int BuyUnits => action.BuyUnits;

    /// <summary>The units that are then reduced: 1 in "buy 3, pay 2". Or the units of a gift.</summary>
    public int GetUnits => action.GetUnits;

    /// <summary>The product that is given away, for <c>gift</c>; otherwise null.</summary>
    public string? GiftSku => action.GiftSku;

    /// <summary>The ids of the shipping methods that are reduced, for <c>shippingDiscount</c>; empty for all.</summary>
    public ImmutableArray<string> ShippingMethods => action.ShippingMethods;
}
