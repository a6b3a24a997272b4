using SoonShop.Pricing;
using SoonShop.Users;

namespace SoonShop.Orders;

/// <summary>A checkout of the buyer's cart.</summary>
/// <param name="Buyer">The customer, or the guest with a cart.</param>
/// <param name="ShippingAddress">The shipping address, or null with <paramref name="AddressId"/>.</param>
/// <param name="AddressId">One of the customer's saved addresses.</param>
/// <param name="PaymentMethod">The provider's payment method, such as <c>pm_card_visa</c>.</param>
/// <param name="Email">A guest's e-mail address; a customer's is known.</param>
/// <param name="Fingerprint">A digest of the request, to detect a reused key.</param>
[GenerateSerializer, Immutable, Alias("soonshop.place-order")]
public sealed record PlaceOrder(
    Caller Buyer, Address? ShippingAddress, Guid? AddressId, string PaymentMethod, string? Email, string Fingerprint)
{
    /// <summary>True to save the payment method for the customer; no effect for guests.</summary>
    [Id(0)] public bool SavePaymentMethod { get; init; }

    /// <summary>The total that the buyer was shown; a different total is an error. Null for any.</summary>
    [Id(1)] public Money? ExpectedTotal { get; init; }

    /// <summary>
    /// The version of the cart that the buyer was shown, <see cref="Carts.Cart.ContentTag"/>; a different one is an error. Null for any.
    /// </summary>
    [Id(2)] public string? ExpectedCart { get; init; }

    /// <summary>
    /// A digest of what the request says, whatever protocol it came by. A repetition has the same digest or the same
    /// <see cref="Fingerprint"/>. Null from a front end that serves one protocol.
    /// </summary>
    [Id(3)] public Guid? ContentId { get; init; }
}

/// <summary>The current price of an order.</summary>
/// <param name="Lines">The lines at current prices.</param>
/// <param name="Subtotal">The sum of the lines, without tax.</param>
/// <param name="Shipping">Shipping to the given address.</param>
/// <param name="Tax">Tax on goods and shipping.</param>
/// <param name="Total">The amount that would be charged.</param>
[GenerateSerializer, Immutable, Alias("soonshop.order-quote")]
public sealed record OrderQuote(ImmutableArray<OrderLine> Lines, Money Subtotal, Money Shipping, Money Tax, Money Total)
{
    /// <summary>The sums with what they are made of; null from a silo of an older version.</summary>
    [Id(0)] public PriceSummary? Prices { get; init; }
}

/// <summary>The response to a checkout.</summary>
/// <param name="Result">The order, or the error.</param>
/// <param name="Replayed">True when it is the response to an earlier request.</param>
[GenerateSerializer, Immutable, Alias("soonshop.placement")]
public sealed record Placement(Result<Order> Result, bool Replayed);
