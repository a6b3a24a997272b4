using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Inventory;

namespace SoonShop.Orders;

/// <summary>
/// The rules of returns. Never more units return than were shipped. A refund is the share of the units that arrived of the order's frozen
/// quote, less a fee.
/// </summary>
public sealed partial record OrderState
{
    /// <summary>The most returns of one order.</summary>
    public const int MaxReturns = 50;

    /// <summary>The returns, oldest first; null for none.</summary>
    public ImmutableArray<OrderReturn>? Returns { get; init; }

    /// <summary>Units of a line that can be returned: shipped, and in no other return.</summary>
    public int UnitsToReturn(string sku) => ShippedUnits(sku) - (Returns ?? []).Sum(r => ReturnedUnits(r, sku));

    /// <summary>Units that returns have brought back to the stock that the order's reservation was in.</summary>
    private int RestockedUnits(string sku) =>
        (Returns ?? []).Sum(r => ReceivedOf(r, sku) is { Location: null } got ? got.Restocked : 0);

    /// <summary>Units that returns have brought back to the stock of a named location, with the movement of each.</summary>
    public IEnumerable<(StockKey Stock, RestockUnits Command)> Restocks =>
        from known in Returns ?? []
        from got in known.Received ?? []
        where got is { Location: not null, Restocked: > 0 }
        select (new StockKey(got.Sku, got.Location!), new RestockUnits(known.Id, Id, got.Restocked));

    /// <summary>Requests a return. Changes nothing when the return is known.</summary>
    /// <param name="command">The request.</param>
    /// <param name="options">The shop's rules.</param>
    /// <param name="byShop">True for staff, who are not bound to the time for returns.</param>
    /// <param name="now">The time.</param>
    public Decision<OrderState> RequestReturn(RequestReturn command, ReturnsOptions options, bool byShop, DateTimeOffset now)
    {
        if (Return(command.ReturnId) is not null)
            return Decision<OrderState>.NoChange(this);
        if (CheckLines([.. command.Lines.Select(l => l.Sku)]) is { } wrong)
            return wrong;
        if (CheckReasons(command.Lines, options) is { } unknown)
            return unknown;
        if (Returns?.Length >= MaxReturns)
            return Error.Of(ErrorCode.Conflict, "error.returns", $"An order has at most {MaxReturns} returns.").WithOrder(Id);
        foreach (var line in command.Lines)
        {
            if (line.Quantity > UnitsToReturn(line.Sku))
                return Error.Of(
                    ErrorCode.Conflict, "error.return-units",
                    $"{UnitsToReturn(line.Sku)} units of {line.Sku} can be returned, not {line.Quantity}.").WithOrder(Id);
            if (!byShop && ReturnableUntil(line.Sku, options) is { } end && end < now)
                return Error.Of(
                    ErrorCode.Conflict, "error.return-late",
                    $"{line.Sku} could be returned until {end:u}. Ask the shop.").WithOrder(Id);
        }
        var requested = new OrderReturn(
            command.ReturnId, ReturnStatus.Requested, command.Lines, BuyerErased ? null : command.Comment,
            [new ReturnTimelineEntry(now, ReturnStatus.Requested)]);
        return To(this with { Returns = [.. Returns ?? [], requested] }, o => new ReturnRequested(o.Summary, requested));
    }

    /// <summary>Cancels a return that has not arrived.</summary>
    public Decision<OrderState> CancelReturn(Guid returnId, DateTimeOffset now) => Return(returnId) switch
    {
        null => NoReturn,
        { Status: ReturnStatus.Cancelled } => Decision<OrderState>.NoChange(this),
        { Status: ReturnStatus.Requested or ReturnStatus.Approved } known =>
            Enter(known, ReturnStatus.Cancelled, now, (o, r) => new ReturnCancelled(o, r)),
        { } other => WrongState(other),
    };

    /// <summary>Approves or refuses a return.</summary>
    public Decision<OrderState> DecideReturn(Guid returnId, bool approved, string? note, DateTimeOffset now)
    {
        var status = approved ? ReturnStatus.Approved : ReturnStatus.Refused;
        return Return(returnId) switch
        {
            null => NoReturn,
            { } same when same.Status == status => Decision<OrderState>.NoChange(this),
            { Status: ReturnStatus.Requested } known => Enter(
                known with { Note = BuyerErased ? null : note }, status, now,
                (o, r) => approved ? new ReturnApproved(o, r) : new ReturnRefused(o, r)),
            // Goods may be refused after a first approval, as long as they have not arrived.
            { Status: ReturnStatus.Approved } known when !approved => Enter(
                known with { Note = BuyerErased ? null : note }, status, now, (o, r) => new ReturnRefused(o, r)),
            { } other => WrongState(other),
        };
    }

    /// <summary>Records what arrived. Restocked units return to stock with the next step.</summary>
    public Decision<OrderState> ReceiveReturn(Guid returnId, ImmutableArray<ReceivedUnits> received, DateTimeOffset now)
    {
        if (Return(returnId) is not { } known)
            return NoReturn;
        if (known.Received is { } earlier && AreSame(earlier, received))
            return Decision<OrderState>.NoChange(this);
        if (known.Status != ReturnStatus.Approved)
            return WrongState(known);
        if (CheckReceived(known, received) is { } error)
            return error;
        var decision = Enter(
            known with { Received = [.. received.Select(r => r with { Location = RestockLocation(r) })] }, ReturnStatus.Received, now,
            (o, r) => new ReturnReceived(o, WithoutLocation(r)));
        return Decision<OrderState>.To(decision.State, [.. decision.Events, new CheckoutTimeout(Id, now + CompletionDelay)]);
    }

    /// <summary>True when the same arrived. A location that is not named again is the same.</summary>
    private static bool AreSame(ImmutableArray<ReceivedUnits> earlier, ImmutableArray<ReceivedUnits> received) =>
        earlier.Length == received.Length && earlier.All(e => received.Any(r => r with { Location = r.Location ?? e.Location } == e));

    private static OrderReturn WithoutLocation(OrderReturn known) => known.Received is { } received
        ? known with { Received = [.. received.Select(r => r with { Location = null })] }
        : known;

    /// <summary>
    /// Returns the location that units go back to; null for the stock that they were reserved in, of an order without allocations.
    /// </summary>
    private string? RestockLocation(ReceivedUnits received) => Allocations is null
        ? received.Location == Location.DefaultId ? null : received.Location
        : received.Location ?? ShippedFrom(received.Sku) ?? Location.DefaultId;

    /// <summary>
    /// Decides the refund of what arrived, before the payment is called. Changes nothing when the return is refunded, or is being refunded.
    /// </summary>
    /// <param name="command">The refund.</param>
    /// <param name="refundId">The id of the refund.</param>
    /// <param name="options">The shop's rules.</param>
    /// <param name="now">The time.</param>
    public Decision<OrderState> RefundReturn(RefundReturn command, string refundId, ReturnsOptions options, DateTimeOffset now)
    {
        if (Return(command.ReturnId) is not { } known)
            return NoReturn;
        if (known.Status == ReturnStatus.Refunded || Refunds?.Any(r => r.ReturnId == known.Id) == true)
            return Decision<OrderState>.NoChange(this);
        if (PendingExchangeOf(known.Id) is { } pending)
            return pending;
        if (known is not { Status: ReturnStatus.Received, Received: { } received })
            return WrongState(known);
        var units = RefundableUnits(known, received);
        var value = units.Sum(ShareOf);
        if (CheckFee(command.Fee, value) is { } error)
            return error;
        var shipping = command.IncludeShipping ?? (options.RefundShipping && HasAllComeBack) ? ShippingLeft : 0;
        var amount = Math.Min(value - command.Fee + shipping, Math.Max(0, LeftToHold(Payment)));
        // Held money may be free again, so the return must not be closed for less because of it.
        if (amount < value - command.Fee && amount < LeftOf(Payment) && HeldValueError() is { } held)
            return held;
        var refund = new OrderRefund(refundId, amount, units, "return") { ReturnId = known.Id, Shipping = Math.Min(shipping, amount) };
        var next = With(known, known with
        {
            Fee = command.Fee > 0 ? Amount(command.Fee) : null,
        });
        return Decision<OrderState>.To(
            next with { Refunds = [.. Refunds ?? [], refund] }, new CheckoutTimeout(Id, now + CompletionDelay));
    }

    /// <summary>What arrived of a return and is not refunded.</summary>
    private ImmutableArray<LineUnits> RefundableUnits(OrderReturn known, ImmutableArray<ReceivedUnits> received) =>
    [
        .. received
            .Select(r => new LineUnits(r.Sku, Math.Min(ArrivedUnits(known, r.Sku), UnitsLeft(OrderedUnits.First(u => u.Sku == r.Sku)))))
            .Where(IsAny),
    ];

    private Error? CheckFee(long fee, long value) =>
        fee > value ? Error.Invalid(
            "fee", "field.return-fee", $"must be at most {value}, the value of the units that arrived and are not refunded")
        : fee % Currencies.ChargeStep(Currency) != 0 ? Error.Invalid(
            "fee", "field.price-steps", $"must be 0–{value} minor units, in steps of {Currencies.ChargeStep(Currency)}")
        : null;

    /// <summary>Completes the return of a refund that the payment has executed.</summary>
    private Decision<OrderState> EndReturn(OrderRefund refund, IEnumerable<IShopEvent> events, DateTimeOffset now)
    {
        if (Return(refund.ReturnId!.Value) is not { Status: ReturnStatus.Received } known)
            return Decision<OrderState>.To(this, [.. events]);
        var decision = Enter(
            known with
            {
                Refund = Amount((refund.Amount ?? 0) + refund.Credited),
                Shipping = refund.Shipping > 0 ? Amount(refund.Shipping) : null,
                Credited = refund.Credited > 0 ? Amount(refund.Credited) : null,
                ExchangeOrderId = refund.CreditedOrderId,
            },
            ReturnStatus.Refunded, now, (o, r) => new ReturnRefunded(o, WithoutLocation(r)));
        return Decision<OrderState>.To(decision.State, [.. events, .. decision.Events]);
    }

    /// <summary>True when every unit that was not cancelled has arrived in returns.</summary>
    private bool HasAllComeBack =>
        OrderedUnits.All(u => (Returns ?? []).Sum(r => ArrivedUnits(r, u.Sku)) >= u.Quantity - UnitsOf(BackInStock, u.Sku));

    /// <summary>The shipping costs, with their tax, that no return has refunded.</summary>
    private long ShippingLeft =>
        Math.Max(0, Totals.Total - OrderedUnits.Sum(u => ValueOf(u.Sku, u.Quantity)) - (Refunds ?? []).Sum(r => r.Shipping));

    /// <summary>
    /// Until when a SKU can be returned: from its last delivery on. Null while it is not delivered.
    /// </summary>
    private DateTimeOffset? ReturnableUntil(string sku, ReturnsOptions options)
    {
        DateTimeOffset? last = null;
        foreach (var parcel in Parcels)
        {
            if (UnitsOf(parcel.Lines, sku) == 0)
                continue;
            // Older versions recorded the delivery only in the timeline.
            if ((parcel.DeliveredAt ?? Timeline.LastOrDefault(t => t.Status == OrderStatus.Delivered)?.At) is not { } delivered)
                return null;
            last = last > delivered ? last : delivered;
        }
        return last + TimeSpan.FromDays(options.WindowDays);
    }

    private static int ReturnedUnits(OrderReturn known, string sku) => known.Status switch
    {
        ReturnStatus.Refused or ReturnStatus.Cancelled => 0,
        ReturnStatus.Received or ReturnStatus.Refunded => ArrivedUnits(known, sku),
        _ => known.Lines.Where(l => l.Sku == sku).Sum(l => l.Quantity),
    };

    private static int ArrivedUnits(OrderReturn known, string sku) => ReceivedOf(known, sku) is { } got ? got.Good + got.Damaged : 0;

    private static ReceivedUnits? ReceivedOf(OrderReturn known, string sku) => known.Received?.FirstOrDefault(r => r.Sku == sku);

    private static Error? CheckReasons(ImmutableArray<ReturnLine> lines, ReturnsOptions options)
    {
        var (reasons, errors) = (options.Reasons, new Dictionary<string, ErrorText[]>());
        for (var i = 0; i < lines.Length; i++)
        {
            if (!reasons.Contains(lines[i].Reason))
                errors[$"lines[{i}].reason"] = [ErrorText.Of("field.return-reason", $"must be one of: {string.Join(", ", reasons)}")];
        }
        return errors.Count > 0 ? Error.Invalid(errors) : null;
    }

    private static Error? CheckReceived(OrderReturn known, ImmutableArray<ReceivedUnits> received)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        for (var i = 0; i < received.Length; i++)
        {
            var got = received[i];
            if (known.Lines.FirstOrDefault(l => l.Sku == got.Sku) is not { } line)
                errors[$"lines[{i}].sku"] = [ErrorText.Of("field.not-in-return", "is not in this return")];
            else if (received.Take(i).Any(r => r.Sku == got.Sku))
                errors[$"lines[{i}].sku"] = [ErrorText.Of("field.named-twice", "is named more than once")];
            else if (got.Good + got.Damaged + got.Missing != line.Quantity)
                errors[$"lines[{i}]"] =
                    [ErrorText.Of("field.received-sum", $"good, damaged and missing must add up to {line.Quantity} units of {line.Sku}")];
            else if (got.Restocked > got.Good)
                errors[$"lines[{i}].restock"] = [ErrorText.Of("field.restock-most", $"must be at most {got.Good}, the good units")];
        }
        foreach (var line in known.Lines.Where(l => received.All(r => r.Sku != l.Sku)))
            errors["lines"] = [ErrorText.Of("field.received-lines", $"must say what arrived of {line.Sku}")];
        return errors.Count > 0 ? Error.Invalid(errors) : null;
    }

    private OrderReturn? Return(Guid id) => Returns?.FirstOrDefault(r => r.Id == id);

    private Decision<OrderState> Enter(
        OrderReturn known, ReturnStatus status, DateTimeOffset now, Func<OrderSummary, OrderReturn, IShopEvent> told)
    {
        var next = known with { Status = status, Timeline = [.. known.Timeline, new ReturnTimelineEntry(now, status)] };
        return To(With(Return(known.Id)!, next), o => told(o.Summary, next));
    }

    private OrderState With(OrderReturn known, OrderReturn next) => this with { Returns = Returns!.Value.Replace(known, next) };

    private Error NoReturn => Error.NotFound("not-found.return", "The return was not found.").WithOrder(Id);

    private Error WrongState(OrderReturn known) => Error.Of(
        ErrorCode.Conflict, "error.return-state", $"The return is {NameOf(known.Status)}, so this is not possible.").WithOrder(Id);

    private static ErrorText NameOf(ReturnStatus status) => status switch
    {
        ReturnStatus.Requested => ErrorText.Of("return-status.requested", "requested"),
        ReturnStatus.Approved => ErrorText.Of("return-status.approved", "approved"),
        ReturnStatus.Refused => ErrorText.Of("return-status.refused", "refused"),
        ReturnStatus.Received => ErrorText.Of("return-status.received", "received"),
        ReturnStatus.Refunded => ErrorText.Of("return-status.refunded", "refunded"),
        _ => ErrorText.Of("return-status.cancelled", "cancelled"),
    };
}
