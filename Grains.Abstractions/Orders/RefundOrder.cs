namespace SoonShop.Orders;

/// <summary>
/// A refund: of an amount, of units of lines, or of the whole rest. Set exactly one of <paramref name="Amount"/>, <paramref name="Lines"/>
/// and <paramref name="Full"/>.
/// </summary>
/// <param name="RefundId">The operation id, by which the refund happens once.</param>
/// <param name="Amount">Minor units.</param>
/// <param name="Lines">Units, each with its share of the line and of the line's tax. Shipping is refunded only by
/// <paramref name="Full"/>.</param>
/// <param name="Full">The whole captured amount that is not refunded yet, including shipping.</param>
/// <param name="Reason">The reason.</param>
[GenerateSerializer, Immutable, Alias("soonshop.refund-order")]
public sealed record RefundOrder(string RefundId, long? Amount, ImmutableArray<LineUnits>? Lines, bool Full, string Reason);

/// <summary>Some units of a line of an order.</summary>
/// <param name="Sku">The line's stock keeping unit.</param>
/// <param name="Quantity">Units.</param>
[GenerateSerializer, Immutable, Alias("soonshop.line-units")]
public sealed record LineUnits(string Sku, int Quantity);
