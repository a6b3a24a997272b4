namespace SoonShop.Pricing;

/// <summary>A promotion that may apply to a cart: all of its conditions hold that do not depend on other promotions.</summary>
internal readonly record struct PromotionCandidate
{
    /// <summary>The promotion.</summary>
    public required CompiledPromotion Promotion { get; init; }

    /// <summary>The items that match.</summary>
    public required UInt128 Items { get; init; }

    /// <summary>The items that its filter excludes by name.</summary>
    public required UInt128 Excluded { get; init; }

    /// <summary>The largest discount: the cap of one order, or what is left of the budget.</summary>
    public required long Cap { get; init; }

    /// <summary>The least value of the matching items; 0 for none.</summary>
    public required long MinSubtotal { get; init; }

    /// <summary>The discount in minor units; for a gift its value; 0 for a percentage.</summary>
    public required long Amount { get; init; }

    /// <summary>The code that the shopper entered; null for an automatic promotion.</summary>
    public required EnteredCode? Code { get; init; }
}

/// <summary>What the conditions of promotions depend on: the cart, its shipping, and the prices of gifts.</summary>
/// <param name="Basket">The cart.</param>
/// <param name="Shipping">The shipping method that is chosen.</param>
/// <param name="Prices">The prices.</param>
internal sealed record PromotionContext(Basket Basket, ChosenShipping Shipping, PriceTable Prices);

/// <summary>Why a promotion does not apply.</summary>
internal enum PromotionRefusal : byte
{
    /// <summary>It applies.</summary>
    None,
    /// <summary>There is no promotion with the code, or it is switched off.</summary>
    UnknownCode,
    /// <summary>The same promotion applies with another code already.</summary>
    CodeRepeated,
    /// <summary>The code has not been entered.</summary>
    NeedsCode,
    /// <summary>It begins later.</summary>
    NotYet,
    /// <summary>It has ended.</summary>
    Expired,
    /// <summary>Another order has used the generated code.</summary>
    CodeUsed,
    /// <summary>All uses are used.</summary>
    UsedUp,
    /// <summary>This customer has used it.</summary>
    UsedByCustomer,
    /// <summary>Its budget is spent.</summary>
    BudgetSpent,
    /// <summary>It has no amounts in the cart's currency.</summary>
    Currency,
    /// <summary>It is for other customer groups.</summary>
    CustomerGroup,
    /// <summary>It is for a first order.</summary>
    FirstOrder,
    /// <summary>It is for some countries, and the destination is not known.</summary>
    NeedsDestination,
    /// <summary>It is for other countries.</summary>
    Country,
    /// <summary>No product in the cart matches.</summary>
    NoMatch,
    /// <summary>Too few units match.</summary>
    MinUnits,
    /// <summary>The matching units cost too little.</summary>
    MinSubtotal,
    /// <summary>The gift is not available.</summary>
    GiftUnavailable,
    /// <summary>The gift has no price in the cart's currency.</summary>
    GiftWithoutPrice,
    /// <summary>The gift needs shipping, and the cart does not.</summary>
    GiftNeedsShipping,
    /// <summary>It reduces shipping, which is not in the quote.</summary>
    NeedsShipping,
    /// <summary>It is for other shipping methods.</summary>
    ShippingMethod,
    /// <summary>Nothing is left that it could reduce.</summary>
    NothingLeft,
    /// <summary>Another promotion excludes it.</summary>
    NotCombined,
    /// <summary>The cart costs less without it.</summary>
    BetterWithout,
}
