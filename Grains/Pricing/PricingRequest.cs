namespace SoonShop.Pricing;

/// <summary>What is to be priced, for whom, and when. A quote depends on nothing but this and the rules.</summary>
public sealed record PricingRequest
{
    /// <summary>
    /// The lines, at most <see cref="PricingLimits.MaxLines"/>. Lines of the same SKU must have the same product. They are priced together,
    /// and each line gets the shares of its units.
    /// </summary>
    public required ImmutableArray<PricingLine> Lines { get; init; }

    /// <summary>The currency of the cart (ISO 4217).</summary>
    public required string Currency { get; init; }

    /// <summary>The time at which rules must be in force.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who buys.</summary>
    public Buyer Buyer { get; init; } = Buyer.Unknown;

    /// <summary>Where it is sent; null while that is not known. Then neither shipping nor tax is in the quote.</summary>
    public Destination? Destination { get; init; }

    /// <summary>The id of the shipping method that the buyer has chosen; null for none.</summary>
    public string? ShippingMethodId { get; init; }

    /// <summary>
    /// The price of shipping that staff has agreed on, in minor units; null for the method's price. With it, the conditions and prices of
    /// the method do not count.
    /// </summary>
    public long? ShippingPrice { get; init; }

    /// <summary>The codes that the buyer has entered, at most <see cref="PricingLimits.MaxCodes"/>.</summary>
    public ImmutableArray<EnteredCode> Codes { get; init; } = [];

    /// <summary>
    /// What is left of promotions whose use is limited, by promotion id. For a promotion without an entry nothing has been used yet.
    /// </summary>
    public IReadOnlyDictionary<string, PromotionAvailability> Availability { get; init; } =
        ImmutableDictionary<string, PromotionAvailability>.Empty;

    /// <summary>
    /// The products of <see cref="CompiledPricingRules.GiftsAt"/> that can be given away now. A gift that is not here does not apply.
    /// </summary>
    public ImmutableArray<PricedProduct> GiftProducts { get; init; } = [];

    /// <summary>
    /// The taxes that a provider computed; null to use the shop's own rates. They count only if they are for what the quote taxes.
    /// </summary>
    public ProvidedTaxes? ProvidedTaxes { get; init; }

    /// <summary>True to fill <see cref="Quote.Outcomes"/>.</summary>
    public bool ExplainsRules { get; init; }
}

/// <summary>A line of a cart.</summary>
/// <param name="Product">The product.</param>
/// <param name="Quantity">Units, 1–<see cref="PricingLimits.MaxQuantity"/>.</param>
public readonly record struct PricingLine(PricedProduct Product, int Quantity);

/// <summary>Who buys.</summary>
public sealed record Buyer
{
    /// <summary>A buyer of whom nothing is known.</summary>
    public static Buyer Unknown { get; } = new();

    /// <summary>
    /// The customer's id, or a hash of the normalised e-mail address; null while neither is known. Promotions that limit the uses per
    /// customer are shown to unknown buyers as if they had not used them.
    /// </summary>
    public string? CustomerKey { get; init; }

    /// <summary>The e-mail address whose uses of promotions count, beside those of the account; null while it is not known.</summary>
    public string? Email { get; init; }

    /// <summary>The customer groups that the buyer is in.</summary>
    public ImmutableArray<string> Groups { get; init; } = [];

    /// <summary>True when the buyer is known to have no earlier order.</summary>
    public bool IsFirstOrder { get; init; }

    /// <summary>Why the buyer pays no tax, such as a VAT number; null for buyers who pay it.</summary>
    public string? TaxExemptionReason { get; init; }
}

/// <summary>A code that the buyer has entered.</summary>
/// <param name="Text">The code as entered.</param>
/// <param name="BatchPromotionId">
/// The promotion of a generated code, which the caller has looked up; null for a code that promotions name themselves.
/// </param>
/// <param name="IsUsed">True for a generated code that another order has used.</param>
public sealed record EnteredCode(string Text, string? BatchPromotionId = null, bool IsUsed = false);

/// <summary>What is left of a promotion; null where it has no limit, or where nothing has been used.</summary>
/// <param name="Uses">The orders that may still use it.</param>
/// <param name="UsesOfCustomer">The orders of this buyer that may still use it.</param>
/// <param name="BudgetMinor">What is left of its budget, in minor units of the request's currency.</param>
public sealed record PromotionAvailability(int? Uses = null, int? UsesOfCustomer = null, long? BudgetMinor = null);
