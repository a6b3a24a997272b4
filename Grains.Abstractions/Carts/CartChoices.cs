using SoonShop.Pricing;

namespace SoonShop.Carts;

/// <summary>What the holder of a cart has chosen beside its lines.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.cart-choices")]
public sealed record CartChoices
{
    /// <summary>A cart without choices.</summary>
    public static CartChoices None { get; } = new();

    /// <summary>Where it is to be sent; null while that is not known.</summary>
    [Id(0)] public Destination? Destination { get; init; }

    /// <summary>The id of the shipping method; null for the cheapest one that delivers.</summary>
    [Id(1)] public string? ShippingMethod { get; init; }

    /// <summary>The promotion codes as they were entered, oldest first.</summary>
    [Id(2)] public ImmutableArray<string> Codes { get; init; } = [];

    /// <summary>The currency (ISO 4217); null for the shop's.</summary>
    [Id(3)] public string? Currency { get; init; }

    /// <inheritdoc/>
    public bool Equals(CartChoices? other) =>
        other is not null && Destination == other.Destination && ShippingMethod == other.ShippingMethod && Currency == other.Currency
        && Codes.SequenceEqual(other.Codes);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Destination, ShippingMethod, Currency, Codes.Length);
}

/// <summary>A cart whose checkout has begun: what the order buys, and the buyer's choices.</summary>
/// <param name="Lines">The lines, at prices that the holder has seen.</param>
/// <param name="Products">The products of the lines, in the same order.</param>
/// <param name="Choices">The choices.</param>
[GenerateSerializer, Immutable, Alias("soonshop.cart-checkout")]
public sealed record CartCheckout(ImmutableArray<CartLine> Lines, ImmutableArray<PricedProduct> Products, CartChoices Choices);

/// <summary>Choices to price a cart with. What is null is as the cart has it.</summary>
/// <param name="Destination">Where it is to be sent.</param>
/// <param name="ShippingMethod">The id of the shipping method.</param>
/// <param name="Codes">The promotion codes, instead of the cart's.</param>
/// <param name="Currency">The currency (ISO 4217).</param>
[GenerateSerializer, Immutable, Alias("soonshop.cart-quote-request")]
public sealed record CartQuoteRequest(
    Destination? Destination = null, string? ShippingMethod = null, ImmutableArray<string>? Codes = null, string? Currency = null)
{
    /// <summary>Returns a cart's choices with these ones.</summary>
    public CartChoices ApplyTo(CartChoices choices) => new()
    {
        Destination = Destination ?? choices.Destination,
        ShippingMethod = ShippingMethod ?? choices.ShippingMethod,
        Codes = Codes ?? choices.Codes,
        Currency = Currency ?? choices.Currency,
    };
}

/// <summary>The shipping methods for a cart.</summary>
/// <param name="Currency">The currency of all amounts (ISO 4217).</param>
/// <param name="Options">The methods; empty for a cart that needs no shipping.</param>
[GenerateSerializer, Immutable, Alias("soonshop.cart-shipping-options")]
public sealed record CartShippingOptions(string Currency, ImmutableArray<ShippingOption> Options);
