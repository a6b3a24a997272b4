using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Payments;

namespace SoonShop.Orders;

/// <summary>
/// The rules of exchanges. The value of what arrived of a return, or of units that are not shipped, is held at this order's payment and
/// pays for a new order. While the new order waits for the difference, the return can neither be refunded nor exchanged again, and the
/// units can be neither shipped nor cancelled. Then the return is refunded, or the units are cancelled: partly as credit of the new order,
/// and the rest as money. The new order keeps the credit in its payment's terms.
/// </summary>
public sealed partial record OrderState
{
    /// <summary>The most exchanges of one order.</summary>
    public const int MaxExchanges = PaymentState.MaxCredits;

    /// <summary>The exchanges of its returns, oldest first; null for none.</summary>
    public ImmutableArray<Exchange>? Exchanges { get; init; }

    /// <summary>What an earlier order pays of this one; null for none.</summary>
    public PaymentCredit? Credit { get; init; }

    /// <summary>The exchange of the earlier order that this one was placed for; null for any other order.</summary>
    public Guid? ExchangeId { get; init; }

    /// <summary>True while the new order of an exchange is being placed, or waits for its payment.</summary>
    public bool HasPendingExchange => PendingExchanges.Any();

    private IEnumerable<Exchange> PendingExchanges => (Exchanges ?? []).Where(e => e.Status == ExchangeStatus.Pending);

    /// <summary>Minor units that its buyer pays.</summary>
    public long ToPay => Totals.Total - (Credit?.Amount ?? 0);

    /// <summary>Checks an exchange, and returns what it is worth.</summary>
    public Result<ExchangeValue> CheckExchange(ExchangeUnits command)
    {
        var goods = command.ReturnId is { } returnId ? ValueOfReturn(returnId) : ValueOfUnits(command.Units);
        if (goods.IsError)
            return goods.Error;
        if (BuyerErased)
            return Error.Of(ErrorCode.Conflict, "error.exchange-erased", "The buyer's data is erased.").WithOrder(Id);
        if (Exchanges?.Length >= MaxExchanges)
            return Error.Of(ErrorCode.Conflict, "error.exchanges", $"An order has at most {MaxExchanges} exchanges.").WithOrder(Id);
        if (CheckFee(command.Fee, goods.Value) is { } error)
            return error;
        var held = Math.Min(goods.Value - command.Fee, LeftToHold(Payment));
        // Units may have been free. Of a return, there would be nothing to exchange.
        return held > 0 || command.ReturnId is null
            ? new ExchangeValue(goods.Value, Math.Max(0, held))
            : Error.Of(
                ErrorCode.Conflict, "error.exchange-nothing",
                "Nothing of what arrived of the return can be credited. Send a draft order instead.").WithOrder(Id);
    }

    private Result<long> ValueOfReturn(Guid returnId)
    {
        if (Return(returnId) is not { } known)
            return NoReturn;
        if (PendingExchangeOf(known.Id) is { } pending)
            return pending;
        return known is { Status: ReturnStatus.Received, Received: { } received } && Refunds?.Any(r => r.ReturnId == known.Id) != true
            ? RefundableUnits(known, received).Sum(ShareOf)
            : WrongState(known);
    }

    private Result<long> ValueOfUnits(ImmutableArray<LineUnits> units)
    {
        if (Status != OrderStatus.Confirmed)
            return WrongState(ErrorText.Of("order-action.edited", "edited"));
        if (CheckUnitsToShip(units) is { } error)
            return error;
        // What is only authorized can pay for nothing else.
        return units.IsEmpty || IsCharged || Payment is { Amount.Amount: 0 }
            ? units.Sum(ShareOf)
            : Error.Of(
                ErrorCode.Conflict, "error.exchange-uncaptured",
                "The payment is authorized, and not captured. Capture it first, or cancel the units.").WithOrder(Id);
    }

    private static long LeftOf(Payment? payment) => (payment?.Captured.Amount ?? 0) - (payment?.Refunded.Amount ?? 0);

    private long LeftToHold(Payment? payment) =>
        LeftOf(payment) - PendingExchanges.Sum(e => e.Held);

    /// <summary>Units of a SKU that are not shipped and wait for the payment of their exchange.</summary>
    private int HeldUnits(string sku) =>
        PendingExchanges.Where(e => e.ReturnId is null).Sum(e => UnitsOf(e.Units, sku));

    /// <summary>Units of a SKU, also returned ones, whose value a pending exchange holds.</summary>
    private int PendingUnits(string sku) => PendingExchanges.Sum(e => UnitsOf(e.Units, sku));

    private Error? HeldUnitsError() => PendingError(e => e is { ReturnId: null, Units.Length: > 0 });

    private Error? HeldValueError() => PendingError(e => e.Held > 0);

    private Error? PendingError(Func<Exchange, bool> isMeant) =>
        PendingExchanges.FirstOrDefault(isMeant) is { } pending
            ? Error.Of(
                ErrorCode.Conflict, "error.units-exchanged",
                $"Units are being exchanged for order {OrderNumber.For(pending.OrderId)}, which waits for its payment. "
                    + $"Cancel that order first.")
                .WithOrder(pending.OrderId)
            : null;

    /// <summary>Stores an exchange before its new order is placed. Changes nothing when the exchange is known.</summary>
    /// <param name="command">The exchange.</param>
    /// <param name="validUntil">Until when the difference can be paid.</param>
    /// <param name="now">The time.</param>
    public Decision<OrderState> BeginExchange(ExchangeUnits command, DateTimeOffset validUntil, DateTimeOffset now)
    {
        if (Exchanges?.Any(e => e.Id == command.ExchangeId) == true)
            return Decision<OrderState>.NoChange(this);
        var value = CheckExchange(command);
        if (value.IsError)
            return value.Error;
        var exchange = new Exchange(command.ExchangeId, command.ReturnId, now)
        {
            Value = value.Value.Goods,
            Fee = command.Fee,
            Held = value.Value.Held,
            Units = command.ReturnId is { } returnId && Return(returnId) is { Received: { } received } known
                ? RefundableUnits(known, received)
                : command.Units,
            Request = command,
            ValidUntil = validUntil,
        };
        return Decision<OrderState>.To(
            this with { Exchanges = [.. Exchanges ?? [], exchange] }, new CheckoutTimeout(Id, now + CompletionDelay));
    }

    /// <summary>Returns the content of the new order of an exchange: for the same buyer, address and currency.</summary>
    public DraftOrderContent ContentOf(ExchangeUnits request) => new()
    {
        CustomerId = OwnerId,
        Email = OwnerId is null ? Email : null,
        Currency = Currency,
        Lines = request.Lines,
        ShippingAddress = ShippingAddress,
        ShippingMethod = request.ShippingMethod,
        ShippingPrice = request.ShippingPrice ?? Amount(0),
        Message = request.Message,
    };

    /// <summary>Records that the new order is placed.</summary>
    public Decision<OrderState> PlaceExchange(Exchange exchange, long credit) =>
        Decision<OrderState>.To(With(exchange, exchange with { Credit = credit, Request = null }));

    /// <summary>Removes an exchange whose new order could not be placed, or cancels it when a rejected order exists.</summary>
    public Decision<OrderState> AbandonExchange(Exchange exchange, bool wasRejected) => Decision<OrderState>.To(wasRejected
        ? With(exchange, exchange with { Status = ExchangeStatus.Cancelled, Request = null })
        : this with { Exchanges = Exchanges!.Value.Remove(exchange) is { Length: > 0 } left ? left : null });

    /// <summary>Cancels an exchange whose new order ended unpaid.</summary>
    public Decision<OrderState> CancelExchange(Exchange exchange) =>
        Decision<OrderState>.To(With(exchange, exchange with { Status = ExchangeStatus.Cancelled }));

    /// <summary>
    /// Completes an exchange whose new order is paid: the return is refunded, or the units are cancelled, with the next step. What the
    /// credit does not pay is refunded as money.
    /// </summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="payment">This order's payment, with the credit; null when nothing was credited.</param>
    /// <param name="window">The time to pay for an order.</param>
    /// <param name="now">The time.</param>
    public Decision<OrderState> EndExchange(Exchange exchange, Payment? payment, TimeSpan window, DateTimeOffset now)
    {
        var credited = exchange.Credit ?? 0;
        var heard = payment is null ? Decision<OrderState>.NoChange(this) : Apply(payment, window, now);
        var next = heard.State.With(exchange, exchange with { Status = ExchangeStatus.Completed });
        List<IShopEvent> events = [.. heard.Events.Select(e => WithCredit(e, credited, exchange.OrderId))];
        var known = exchange.ReturnId is { } returnId ? Return(returnId) : null;
        if (exchange.Units.IsEmpty)
            return Decision<OrderState>.To(next, events);
        var refund = new OrderRefund(
            exchange.CreditId, Math.Min(exchange.Held - credited, Math.Max(0, next.LeftToHold(next.Payment))), exchange.Units,
            known is null ? "" : "exchange")
        {
            ReturnId = known?.Id,
            IsCancellation = known is null,
            Credited = credited,
            CreditedOrderId = exchange.OrderId,
        };
        // Its mail follows the refund of the rest.
        if (refund.Amount > 0)
            events.RemoveAll(e => e is OrderRefunded);
        if (known is not null)
            next = next.With(known, known with { Fee = exchange.Fee > 0 ? Amount(exchange.Fee) : null });
        return Decision<OrderState>.To(
            next with { Refunds = [.. Refunds ?? [], refund] }, [.. events, new CheckoutTimeout(Id, now + CompletionDelay)]);
    }

    /// <summary>Returns the event with what of a refund pays for another order.</summary>
    private IShopEvent WithCredit(IShopEvent e, long credited, Guid? orderId) => e is OrderRefunded refunded && credited > 0
        ? refunded with { Credited = Amount(credited), ExchangeOrderNumber = OrderNumber.For(orderId!.Value) }
        : e;

    /// <summary>
    /// Returns the event that wakes the earlier order whose money pays for this one: when this order is paid, or ends unpaid. Null when
    /// there is nothing to tell.
    /// </summary>
    /// <param name="before">The order before the change; null for a new one.</param>
    public IShopEvent? EventForEarlierOrder(OrderState? before) =>
        Credit is { } credit && (IsPaid, HasEndedUnpaid) != (before?.IsPaid ?? false, before?.HasEndedUnpaid ?? false)
            ? new CheckoutTimeout(credit.FromOrderId, Timeline[^1].At)
            : null;

    private bool IsPaid => IsPaidBy(Payment?.Status);

    /// <summary>True when it can no longer be paid. A cancelled order may be paid until its payment is cancelled, too.</summary>
    private bool HasEndedUnpaid => HasEnded(Status, Payment?.Status);

    /// <summary>True for the payment of an order that is paid, also one that costs nothing.</summary>
    public static bool IsPaidBy(PaymentStatus? payment) =>
        payment is PaymentStatus.Captured or PaymentStatus.PartiallyRefunded or PaymentStatus.Refunded;

    /// <summary>True when an order with this payment has ended unpaid, and no money can arrive any more.</summary>
    public static bool HasEnded(OrderStatus order, PaymentStatus? payment) =>
        order is OrderStatus.Expired or OrderStatus.Rejected || (order == OrderStatus.Cancelled && payment == PaymentStatus.Cancelled);

    private Error? PendingExchangeOf(Guid returnId) =>
        PendingExchanges.FirstOrDefault(e => e.ReturnId == returnId) is { } pending
            ? Error.Of(
                ErrorCode.Conflict, "error.exchange-pending",
                $"The return is being exchanged for order {OrderNumber.For(pending.OrderId)}, which waits for its payment. "
                    + $"Cancel that order first.")
                .WithOrder(pending.OrderId)
            : null;

    private OrderState With(Exchange exchange, Exchange next) => this with { Exchanges = Exchanges!.Value.Replace(exchange, next) };

    private OrderExchange ToView(Exchange exchange) => new(
        exchange.Id, exchange.Status, exchange.ReturnId, exchange.OrderId, Amount(exchange.Value), exchange.At)
    {
        Units = exchange.ReturnId is null ? exchange.Units : null,
        Fee = exchange.Fee > 0 ? Amount(exchange.Fee) : null,
        Credit = exchange.Credit is { } credit ? Amount(credit) : null,
    };
}

/// <summary>What an exchange is worth.</summary>
/// <param name="Goods">The value of the return or the units, in minor units.</param>
/// <param name="Held">What can be credited and refunded, in minor units: the value less the fee, if so much is left of the payment.</param>
public readonly record struct ExchangeValue(long Goods, long Held);

/// <summary>An exchange as stored.</summary>
/// <param name="Id">The operation.</param>
/// <param name="ReturnId">The return; null for units that are not shipped.</param>
/// <param name="At">When it was begun.</param>
public sealed record Exchange(Guid Id, Guid? ReturnId, DateTimeOffset At)
{
    /// <summary>What it is worth: what arrived of the return, or the units that are cancelled once the new order is paid.</summary>
    public ImmutableArray<LineUnits> Units { get; init; } = [];

    /// <summary>The status.</summary>
    public ExchangeStatus Status { get; init; }

    /// <summary>The value of what arrived, in minor units.</summary>
    public long Value { get; init; }

    /// <summary>What the shop keeps of it, in minor units.</summary>
    public long Fee { get; init; }

    /// <summary>What the payment holds while the exchange is pending, in minor units; 0 when there is nothing to credit.</summary>
    public long Held { get; init; }

    /// <summary>What pays for the new order, in minor units; null until it is placed.</summary>
    public long? Credit { get; init; }

    /// <summary>The request; null once the new order is placed.</summary>
    public ExchangeUnits? Request { get; init; }

    /// <summary>Until when the difference can be paid.</summary>
    public DateTimeOffset ValidUntil { get; init; }

    /// <summary>The new order.</summary>
    public Guid OrderId => Orders.OrderId.ForExchange(Id);

    /// <summary>The id of the credit at the payment.</summary>
    public string CreditId => CreditIdOf(Id);

    /// <summary>Returns the id of the credit of an exchange.</summary>
    public static string CreditIdOf(Guid exchangeId) => $"exchange/{exchangeId:N}";
}
