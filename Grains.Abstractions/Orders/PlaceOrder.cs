using SoonShop.Users;

namespace SoonShop.Orders;

/// <summary>A checkout of the buyer's cart.</summary>
/// <param name="Buyer">The customer, or the guest with a cart.</param>
/// <param name="ShippingAddress">Where to, or null with <paramref name="AddressId"/>.</param>
/// <param name="AddressId">An address of the customer's book.</param>
/// <param name="PaymentMethod">The provider's payment method, such as <c>pm_card_visa</c>.</param>
/// <param name="Email">A guest's address for mail; a customer's is known.</param>
/// <param name="Fingerprint">Digest of the request, by which a reused key is known.</param>
[GenerateSerializer, Immutable, Alias("soonshop.place-order")]
public sealed record PlaceOrder(
    Caller Buyer, Address? ShippingAddress, Guid? AddressId, string PaymentMethod, string? Email, string Fingerprint)
{
    /// <summary>True to have the payment method kept for the customer's next time; without effect for guests.</summary>
    [Id(0)] public bool SavePaymentMethod { get; init; }

    /// <summary>The total that the buyer was shown; another one is refused. Null for any.</summary>
    [Id(1)] public Money? ExpectedTotal { get; init; }

    /// <summary>The version of the cart that the buyer was shown, <see cref="Carts.Cart.ContentTag"/>; another one is refused. Null for any.</summary>
    [Id(2)] public string? ExpectedCart { get; init; }
}

/// <summary>What an order would cost now.</summary>
/// <param name="Lines">At today's prices.</param>
/// <param name="Subtotal">Of the lines, without tax.</param>
/// <param name="Shipping">To the address that was named.</param>
/// <param name="Tax">On goods and shipping.</param>
/// <param name="Total">What would be charged.</param>
[GenerateSerializer, Immutable, Alias("soonshop.order-quote")]
public sealed record OrderQuote(ImmutableArray<OrderLine> Lines, Money Subtotal, Money Shipping, Money Tax, Money Total);

/// <summary>The answer to a checkout.</summary>
/// <param name="Result">The order, or why not.</param>
/// <param name="Replayed">True when it is the answer that was given before.</param>
[GenerateSerializer, Immutable, Alias("soonshop.placement")]
public sealed record Placement(Result<Order> Result, bool Replayed);
