using SoonShop.Users;

namespace SoonShop.Orders;

/// <summary>A correction of an order; what is null stays.</summary>
/// <param name="Email">The e-mail address, valid and trimmed.</param>
/// <param name="ShippingAddress">The shipping address, as it was entered.</param>
[GenerateSerializer, Immutable, Alias("soonshop.update-order")]
public sealed record UpdateOrder(string? Email, Address? ShippingAddress);
