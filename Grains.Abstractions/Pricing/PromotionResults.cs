namespace SoonShop.Pricing;

/// <summary>
/// A promotion that applies. Placing an order consumes one use of it, and <see cref="Discount"/> of its budget.
/// </summary>
[GenerateSerializer, Immutable, Alias("soonshop.applied-promotion")]
public sealed record AppliedPromotion
{
    /// <summary>The promotion.</summary>
    [Id(0)] public string Id { get; init; } = "";

    /// <summary>Its name.</summary>
    [Id(1)] public string Name { get; init; } = "";

    /// <summary>Its stage.</summary>
    [Id(2)] public PromotionStages Stage { get; init; }

    /// <summary>The code that the shopper entered, as it was entered; null for none.</summary>
    [Id(3)] public string? Code { get; init; }

    /// <summary>The discount in minor units of the quote's currency, more than 0. For a gift, the price of its units.</summary>
    [Id(4)] public long Discount { get; init; }

    /// <summary>True when its uses in all are limited: reserve one.</summary>
    [Id(5)] public bool LimitsUses { get; init; }

    /// <summary>True when its uses per customer are limited: reserve one for the customer.</summary>
    [Id(6)] public bool LimitsUsesPerCustomer { get; init; }

    /// <summary>True when it has a budget: reserve <see cref="Discount"/> of it.</summary>
    [Id(7)] public bool HasBudget { get; init; }

    /// <summary>True when the code is one of a batch and can be used once: reserve the code.</summary>
    [Id(8)] public bool IsSingleUseCode { get; init; }

    /// <summary>
    /// Its texts for shoppers by language; null when it has none, and in quotes of an earlier version. An order keeps them, so that it
    /// names the promotion as the cart did.
    /// </summary>
    [Id(9)] public IReadOnlyDictionary<string, string>? Texts { get; init; }
}

/// <summary>A code that does not apply.</summary>
/// <param name="Code">The code as the shopper entered it.</param>
/// <param name="PromotionId">Its promotion; null when there is none.</param>
/// <param name="Reason">The reason for the shopper. Its key identifies it.</param>
[GenerateSerializer, Immutable, Alias("soonshop.refused-code")]
public sealed record RefusedCode(string Code, string? PromotionId, ErrorText Reason);

/// <summary>What became of a rule in one quote, for previews.</summary>
/// <param name="Kind">The kind of the rule.</param>
/// <param name="Id">Its id.</param>
/// <param name="Applies">True when it has an effect on the quote.</param>
/// <param name="Amount">
/// Its effect in minor units: a promotion's discount, a rate's tax, a method's price, the value of the lines that a price list prices.
/// </param>
/// <param name="Reason">Why it does not apply; null when it applies.</param>
[GenerateSerializer, Immutable, Alias("soonshop.rule-outcome")]
public sealed record RuleOutcome(RuleKind Kind, string Id, bool Applies, long Amount, ErrorText? Reason);

/// <summary>Kinds of rules.</summary>
[Alias("soonshop.rule-kind")]
public enum RuleKind
{
    /// <summary>A price list.</summary>
    PriceList,
    /// <summary>A promotion.</summary>
    Promotion,
    /// <summary>A shipping method.</summary>
    ShippingMethod,
    /// <summary>A tax rate.</summary>
    TaxRate,
}

/// <summary>A shipping method as a shopper can choose it.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.shipping-option")]
public sealed record ShippingOption
{
    /// <summary>The method.</summary>
    [Id(0)] public string MethodId { get; init; } = "";

    /// <summary>Its name.</summary>
    [Id(1)] public string Name { get; init; } = "";

    /// <summary>Delivery or pickup.</summary>
    [Id(2)] public ShippingKind Kind { get; init; }

    /// <summary>The carrier; null for none.</summary>
    [Id(3)] public string? Carrier { get; init; }

    /// <summary>The fewest days until delivery.</summary>
    [Id(4)] public int MinDays { get; init; }

    /// <summary>The most days until delivery.</summary>
    [Id(5)] public int MaxDays { get; init; }

    /// <summary>Its price after discounts, in minor units of the cart's currency; null when it cannot be chosen.</summary>
    [Id(6)] public long? Price { get; init; }

    /// <summary>The tax on it, in minor units: inside the price where prices include tax.</summary>
    [Id(7)] public long? Tax { get; init; }

    /// <summary>The total of the cart with this method, in minor units.</summary>
    [Id(8)] public long? Total { get; init; }

    /// <summary>Why it cannot be chosen; null when it can.</summary>
    [Id(9)] public ErrorText? Reason { get; init; }
}
