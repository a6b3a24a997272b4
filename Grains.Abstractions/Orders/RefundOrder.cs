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
public sealed record LineUnits(string Sku, int Quantity)
{
    /// <summary>Adds up lines by SKU. Units that a promotion added are counted together with bought ones of the same SKU.</summary>
    public static IEnumerable<LineUnits> Of(ImmutableArray<OrderLine> lines)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            var (sku, units, isFirst) = (lines[i].Sku, 0, true);
            for (var j = 0; j < lines.Length; j++)
            {
                if (lines[j].Sku != sku)
                    continue;
                isFirst &= j >= i;
                units += lines[j].Quantity;
            }
            if (isFirst)
                yield return new LineUnits(sku, units);
        }
    }
}
