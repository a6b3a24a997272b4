using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Payments;

namespace SoonShop.Orders;

/// <summary>
/// The rules of refunds: what of an order can be refunded, and which units return to stock. A refund is stored here before the payment is
/// called.
/// Units that are not shipped return to stock: those that a refund names, once the payment provider has accepted it, and all of them once
/// the whole captured amount is refunded. A refund by amount alone returns no units. Returned units stay in stock even if the bank later
/// returns the refunded money, because the shop may have sold them. That money is then refunded again, by amount or in full.
/// </summary>
public sealed partial record OrderState
{
    /// <summary>Refunds that were decided, oldest first; null for none.</summary>
    public ImmutableArray<OrderRefund>? Refunds { get; init; }

    /// <summary>Units that are, or are about to be, returned to stock, by line; null for none.</summary>
    public ImmutableArray<LineUnits>? BackInStock { get; init; }

    /// <summary>The oldest refund that the payment may not have received yet.</summary>
    public OrderRefund? OpenRefund => Refunds?.FirstOrDefault(r => !r.Done);

    /// <summary>Stores a refund before the payment is called. Changes nothing when the refund is known.</summary>
    public Decision<OrderState> BeginRefund(RefundOrder command, DateTimeOffset now)
    {
        if (Refunds?.Any(r => r.Id == command.RefundId) == true)
            return Decision<OrderState>.NoChange(this);
        if (CheckCanRefund() is { } error)
            return error;
        if (command.Lines is { } lines && CheckUnitsToRefund(lines) is { } wrong)
            return wrong;
        // All units would have to return to stock, also those whose value an exchange holds.
        if (command is { Amount: null, Lines: null } && Status == OrderStatus.Confirmed && HeldValueError() is { } held)
            return held;
        var amount = command.Lines is { } named ? named.Sum(ShareOf) : command.Amount;
        if (amount == 0 && Payment is not { Captured.Amount: > 0 })
            return Error.Of(ErrorCode.Conflict, "error.nothing-captured", "There is no captured amount to refund.");
        var refund = new OrderRefund(command.RefundId, amount, command.Lines, command.Reason);
        return Decision<OrderState>.To(this with { Refunds = [.. Refunds ?? [], refund] }, new CheckoutTimeout(Id, now + CompletionDelay));
    }

    /// <summary>Completes a refund with the payment's new state; the payment is null when the units cost nothing.</summary>
    public Decision<OrderState> EndRefund(string refundId, Payment? payment, TimeSpan window, DateTimeOffset now)
    {
        var refund = Refunds!.Value.First(r => r.Id == refundId);
        var heard = payment is null ? Decision<OrderState>.NoChange(this) : Apply(payment, window, now);
        var next = heard.State with { Refunds = Refunds.Value.Replace(refund, refund with { Done = true }) };
        IShopEvent[] events = [.. heard.Events.Select(e => WithCredit(e, refund.Credited, refund.CreditedOrderId))];
        if (refund.ReturnId is not null)
            return next.EndReturn(refund, events, now);
        return refund.Lines is null || next.Status != OrderStatus.Confirmed
            ? Decision<OrderState>.To(next, events)
            : next.GiveBack(refund, events, now);
    }

    /// <summary>Removes a refund that the payment has refused.</summary>
    /// <param name="refundId">The refund.</param>
    /// <param name="reason">Why it was refused.</param>
    public Decision<OrderState> DropRefund(string refundId, string? reason = null)
    {
        // An exchange stands. Staff is told of what the provider did not refund, and can refund it by amount.
        if (Refunds!.Value.FirstOrDefault(r => r.Id == refundId) is { CreditedOrderId: { } newOrder, Amount: { } amount } rest)
        {
            List<IShopEvent> events = [new PaymentRefundFailed(Id, OwnerId, rest.Id, Amount(amount), reason)];
            if (rest.Credited > 0 && Payment is { } payment)
                events.Add(WithCredit(new OrderRefunded(Summary, payment.Refunded), rest.Credited, newOrder));
            return Decision<OrderState>.To(this with { Refunds = Refunds.Value.Replace(rest, rest with { Amount = 0 }) }, events);
        }
        return Decision<OrderState>.To(
            this with { Refunds = Refunds.Value.RemoveAll(r => r.Id == refundId) is { Length: > 0 } left ? left : null });
    }

    /// <summary>The units that stood in the cart, without gifts.</summary>
    public IEnumerable<LineUnits> UnitsOfCart => Totals.Lines.Where(l => !l.IsGift).Select(l => new LineUnits(l.Sku, l.Quantity));

    /// <summary>The ordered units by SKU.</summary>
    public IEnumerable<LineUnits> OrderedUnits => LineUnits.Of(Totals.Lines);

    /// <summary>
    /// True when all units returned to stock unshipped and their value is refunded. The shop may still hold the shipping costs. The order
    /// then stays confirmed and can be cancelled, which refunds them, too.
    /// </summary>
    private bool IsAllGivenBack =>
        OpenRefund is null && OrderedUnits.All(u => UnitsToShip(u) == 0)
        && (Payment is not { } paid
            || paid.Refunded.Amount >= Math.Min(paid.Captured.Amount, OrderedUnits.Sum(u => ValueOf(u.Sku, u.Quantity))));

    /// <summary>Units of a line that can still be refunded by line.</summary>
    private int UnitsLeft(LineUnits ordered) => ordered.Quantity - UnitsGone(ordered.Sku) - PendingUnits(ordered.Sku);

    /// <summary>Units that refunds have named, or that returned to stock when everything was refunded.</summary>
    private int UnitsGone(string sku) => Math.Max(
        Refunds?.Where(r => r.Lines is not null).Sum(r => UnitsOf(r.Lines, sku)) ?? 0, UnitsOf(BackInStock, sku));

    private ImmutableArray<LineUnits> UnshippedUnits =>
        [.. OrderedUnits.Select(u => u with { Quantity = u.Quantity - ShippedUnits(u.Sku) }).Where(IsAny)];

    /// <summary>The status that an order had before it was refunded, as far as its parcels say.</summary>
    private OrderStatus StatusBeforeRefund =>
        Timeline[^2].Status == OrderStatus.Confirmed && Shipments is not null && !HasUnitsToShip
            ? OrderStatus.Shipped
            : Timeline[^2].Status;

    private ImmutableArray<LineUnits>? RefundedUnits =>
        (Refunds is null && BackInStock is null) || OrderedUnits.All(u => UnitsGone(u.Sku) == 0) ? null
        : [.. OrderedUnits.Select(u => new LineUnits(u.Sku, UnitsGone(u.Sku))).Where(u => u.Quantity > 0)];

    private ImmutableArray<LineUnits> WithUnits(ImmutableArray<LineUnits> more) =>
    [
        .. OrderedUnits.Select(u => new LineUnits(u.Sku, UnitsOf(BackInStock, u.Sku) + UnitsOf(more, u.Sku))).Where(u => u.Quantity > 0),
    ];

    /// <summary>Checks that lines name SKUs of the order, each once, and no more units than are left.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="unitsLeft">Returns the units that are left of a line.</param>
    /// <param name="tooMany">Returns the error from the units that are left, the line, and the units that were named.</param>
    private Error? CheckUnits(
        ImmutableArray<LineUnits> lines, Func<LineUnits, int> unitsLeft, Func<int, LineUnits, int, Error> tooMany)
    {
        if (CheckLines([.. lines.Select(l => l.Sku)]) is { } error)
            return error;
        foreach (var line in OrderedUnits)
        {
            var (left, units) = (unitsLeft(line), UnitsOf(lines, line.Sku));
            if (units > left)
                return tooMany(left, line, units).WithOrder(Id);
        }
        return null;
    }

    private Error? CheckUnitsToRefund(ImmutableArray<LineUnits> lines) => CheckUnits(lines, UnitsLeft, (left, line, units) => Error.Of(
        ErrorCode.Conflict, "error.refund-units", $"{left} of {line.Quantity} units of {line.Sku} can be refunded, not {units}."));

    /// <summary>
    /// Returns the value of the next refunded units of a line. It is the difference of two sums, so that the values of all units add up to
    /// the whole line.
    /// </summary>
    private long ShareOf(LineUnits units)
    {
        var gone = UnitsGone(units.Sku) + PendingUnits(units.Sku);
        return ValueOf(units.Sku, gone + units.Quantity) - ValueOf(units.Sku, gone);
    }

    /// <summary>Returns what the buyer paid for the first units of a SKU, from the order's quote. Bought units come before gifts.</summary>
    private long ValueOf(string sku, int units)
    {
        var value = 0L;
        for (var i = 0; i < Totals.Lines.Length && units > 0; i++)
        {
            var line = Totals.Lines[i];
            if (line.Sku != sku)
                continue;
            var share = Math.Min(units, line.Quantity);
            value += Quote is { } quote ? quote.SharesOf(i, 0, share).Total : ValueOf(line, share);
            units -= share;
        }
        return value;
    }

    /// <summary>
    /// Returns the value of a line's first units in an order of an older version, which has no quote. It is divided by the
    /// largest-remainder method, in steps that the currency supports.
    /// </summary>
    private static long ValueOf(OrderLine line, int units)
    {
        var step = Currencies.ChargeStep(line.LineTotal.Currency);
        return LargestRemainder.OfFirst((line.LineTotal.Amount + line.Tax.Amount) / step, line.Quantity, units) * step;
    }

    private static int UnitsOf(ImmutableArray<LineUnits>? lines, string sku) => lines?.Where(l => l.Sku == sku).Sum(l => l.Quantity) ?? 0;
}

/// <summary>A refund that was decided.</summary>
/// <param name="Id">The id of the operation and of the payment's refund.</param>
/// <param name="Amount">Minor units; null for the whole rest.</param>
/// <param name="Lines">The refunded units; null when the refund names none.</param>
/// <param name="Reason">The reason.</param>
public sealed record OrderRefund(string Id, long? Amount, ImmutableArray<LineUnits>? Lines, string Reason)
{
    /// <summary>True once the payment has executed it.</summary>
    public bool Done { get; init; }

    /// <summary>True when the units are cancelled, not only refunded.</summary>
    public bool IsCancellation { get; init; }

    /// <summary>The return whose units are refunded; null for units and money that no return is about.</summary>
    public Guid? ReturnId { get; init; }

    /// <summary>The shipping costs within the amount, in minor units.</summary>
    public long Shipping { get; init; }

    /// <summary>What pays for the new order of an exchange, beside the amount, in minor units.</summary>
    public long Credited { get; init; }

    /// <summary>The new order of the exchange; null for none.</summary>
    public Guid? CreditedOrderId { get; init; }
}
