namespace SoonShop.Orders;

/// <summary>
/// A refund: of an amount, of units of lines, or of all that is left. Exactly one of <paramref name="Amount"/>, <paramref name="Lines"/> and
/// <paramref name="Full"/> is given.
/// </summary>
/// <param name="RefundId">The operation; under it the refund happens once.</param>
/// <param name="Amount">Minor units.</param>
/// <param name="Lines">Units, each at its share of the line and of the line's tax. Shipping is refunded by <paramref name="Full"/> only.</param>
/// <param name="Full">All that was captured and not refunded yet, shipping included.</param>
/// <param name="Reason">Why.</param>
[GenerateSerializer, Immutable, Alias("soonshop.refund-order")]
public sealed record RefundOrder(string RefundId, long? Amount, ImmutableArray<LineUnits>? Lines, bool Full, string Reason);

/// <summary>Some units of a line of an order.</summary>
/// <param name="Sku">The line's stock keeping unit.</param>
/// <param name="Quantity">Units.</param>
[GenerateSerializer, Immutable, Alias("soonshop.line-units")]
public sealed record LineUnits(string Sku, int Quantity);
