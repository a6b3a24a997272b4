using SoonShop.Aggregates;
using SoonShop.Carts;
using SoonShop.Events;
using SoonShop.Payments;
using SoonShop.Privacy;
using SoonShop.Users;

namespace SoonShop.Orders;

/// <summary>
/// The rules of an order. What may happen to one:
/// <code>
/// pending ─┬─ awaitingPayment ─┬─ expired
///          │        │          └─ cancelled
///          ├────────┴─ confirmed ─┬─ shipped ─ delivered     (each of these three: refunded, when all is given back;
///          │                      └─ cancelled                and back again, when the bank could not give it back)
///          ├─ expired, cancelled: when the payment provider was out of reach all the time
///          └─ rejected
/// </code>
/// </summary>
public sealed partial record OrderState
{
    /// <summary>The id.</summary>
    public required Guid Id { get; init; }
    /// <summary>The customer; null for a guest.</summary>
    public Guid? CustomerId { get; init; }
    /// <summary>The cart it came from.</summary>
    public required Guid CartId { get; init; }
    /// <summary>Where mail goes.</summary>
    public required string Email { get; init; }
    /// <summary>ISO 4217.</summary>
    public required string Currency { get; init; }
    /// <summary>The sums, minor units.</summary>
    public required OrderTotals Totals { get; init; }
    /// <summary>Where to.</summary>
    public required Address ShippingAddress { get; init; }
    /// <summary>The method of the first attempt.</summary>
    public required string PaymentMethod { get; init; }
    /// <summary>True when that is to be kept for the customer's next time.</summary>
    public bool SavePaymentMethod { get; init; }
    /// <summary>How far it is.</summary>
    public OrderStatus Status { get; init; }
    /// <summary>Each status with its time, oldest first.</summary>
    public ImmutableArray<TimelineEntry> Timeline { get; init; } = [];
    /// <summary>The payment, as the order last heard of it.</summary>
    public Payment? Payment { get; init; }
    /// <summary>Until when it waits for payment.</summary>
    public DateTimeOffset? PaymentDeadline { get; init; }
    /// <summary>What could not be had, when rejected.</summary>
    public ImmutableArray<Shortage>? Shortages { get; init; }
    /// <summary>The hand-over to the carrier.</summary>
    public Shipment? Shipment { get; init; }
    /// <summary>Why it was called off.</summary>
    public string? CancelReason { get; init; }
    /// <summary>What the checkout was answered; a repeated one is answered the same.</summary>
    public CheckoutResult? Answer { get; init; }

    /// <summary>True when the buyer's account was erased.</summary>
    public bool BuyerErased { get; init; }
    /// <summary>What an invoice must name of a buyer who was erased. No view shows it.</summary>
    public RetainedBuyer? Retained { get; init; }

    /// <summary>The newer order of the same cart for which this one is to end unpaid, unless it is paid already.</summary>
    public Guid? SupersededBy { get; init; }
    /// <summary>The account to which a guest's order went along with its cart.</summary>
    public Guid? AccountId { get; init; }
    /// <summary>When it went along; null in orders that an older version assigned.</summary>
    public DateTimeOffset? AssignedAt { get; init; }
    /// <summary>True when the lines that it buys went along, too: they leave the account's cart, and not the guest's.</summary>
    public bool CartMoved { get; init; }

    /// <summary>The account that it belongs to; null for a guest's.</summary>
    public Guid? OwnerId => CustomerId ?? AccountId;

    /// <summary>The number that people read.</summary>
    public string Number => OrderNumber.For(Id);

    /// <summary>What the payment is for.</summary>
    public PaymentTerms Terms => new(CustomerId, CustomerId is null ? CartId : null, Amount(Totals.Total));

    /// <summary>When it was placed: when its cart was asked to let the checkout begin.</summary>
    public DateTimeOffset PlacedAt => Timeline[0].At;

    /// <summary>Whether one order is newer than another of the same cart. Of two orders, exactly one is: ids decide between equal times.</summary>
    public static bool IsNewer(DateTimeOffset placedAt, Guid orderId, DateTimeOffset otherPlacedAt, Guid otherId) =>
        placedAt != otherPlacedAt ? placedAt > otherPlacedAt : string.CompareOrdinal(orderId.ToString("N"), otherId.ToString("N")) > 0;

    /// <summary>A new order.</summary>
    public static Decision<OrderState> Place(
        Guid id, Caller buyer, Guid cartId, string email, Address address, string paymentMethod,
        ImmutableArray<CartLine> cart, CheckoutOptions options, DateTimeOffset now)
    {
        var totals = OrderTotals.Compute(cart, address.Country, options);
        var order = new OrderState
        {
            Id = id,
            CustomerId = buyer.UserId,
            CartId = cartId,
            Email = email,
            Currency = options.Currency,
            Totals = totals,
            ShippingAddress = address,
            PaymentMethod = paymentMethod,
        }.Enter(OrderStatus.Pending, now);
        return Decision<OrderState>.To(order, new OrderPlaced(order.Summary, totals.Lines));
    }

    /// <summary>What is left to do for the order, seen from its state alone. Each task may be done again without harm.</summary>
    public OrderStep PendingStep => Status switch
    {
        OrderStatus.Pending or OrderStatus.AwaitingPayment when SupersededBy is not null => OrderStep.EndUnpaid,
        OrderStatus.Pending => OrderStep.ReserveAndPay,
        OrderStatus.AwaitingPayment => OrderStep.AwaitPayment,
        OrderStatus.Rejected or OrderStatus.Expired or OrderStatus.Cancelled => OrderStep.Compensate,
        _ => OrderStep.Complete,
    };

    /// <summary>What <see cref="PendingStep"/> depends on: as long as it stays, what was done for it need not be done again.</summary>
    public OrderProgress Progress => new(PendingStep, OpenRefund?.Id, BackInStock?.Sum(u => u.Quantity) ?? 0);

    /// <summary>Stock cannot fill it.</summary>
    public Decision<OrderState> Reject(ImmutableArray<Shortage> shortages, DateTimeOffset now) => Status != OrderStatus.Pending
        ? Decision<OrderState>.NoChange(this)
        : To((this with { Shortages = shortages }).Enter(OrderStatus.Rejected, now).WithResult(ErrorCode.OutOfStock),
            o => new OrderRejected(o.Summary, shortages));

    /// <summary>Takes news of the payment: confirms, waits for the customer, or only notes it.</summary>
    public Decision<OrderState> Apply(Payment payment, TimeSpan window, DateTimeOffset now) => (Status, payment.Status) switch
    {
        (OrderStatus.Pending, PaymentStatus.Captured or PaymentStatus.PartiallyRefunded or PaymentStatus.Authorized) =>
            To((this with { Payment = payment }).Enter(OrderStatus.Confirmed, now).WithResult(null), o => new OrderConfirmed(o.Summary)),
        // The watch over the placing is over: the hand-over gets a schedule of its own.
        (OrderStatus.AwaitingPayment, PaymentStatus.Captured or PaymentStatus.PartiallyRefunded or PaymentStatus.Authorized) =>
            To((this with { Payment = payment }).Enter(OrderStatus.Confirmed, now),
                o => new OrderConfirmed(o.Summary), o => new CheckoutTimeout(o.Id, now + CompletionDelay)),
        (OrderStatus.Pending or OrderStatus.AwaitingPayment, PaymentStatus.Refunded) =>
            (this with { Payment = payment }).Cancel("The money was given back before the order had heard of it.", now),
        (OrderStatus.Pending, _) =>
            To((this with { Payment = payment, PaymentDeadline = now + window }).Enter(OrderStatus.AwaitingPayment, now)
                .WithResult(payment.Status is PaymentStatus.RequiresAction or PaymentStatus.Pending or PaymentStatus.Cancelled ? null : ErrorCode.PaymentDeclined),
                o => new OrderAwaitingPayment(o.Summary, now + window), o => new CheckoutTimeout(o.Id, now + window)),
        // Banks hold money for some days only.
        (OrderStatus.Confirmed, PaymentStatus.Cancelled) =>
            (this with { Payment = payment }).Cancel("The authorization of the payment ended before the money was taken.", now),
        // Nothing of it was shipped, and nothing will be: all units go back.
        (OrderStatus.Confirmed, PaymentStatus.Refunded) =>
            To((this with { Payment = payment, BackInStock = AllUnits }).Enter(OrderStatus.Refunded, now),
                o => new OrderRefunded(o.Summary, payment.Refunded), o => new CheckoutTimeout(o.Id, now + CompletionDelay)),
        (OrderStatus.Shipped or OrderStatus.Delivered, PaymentStatus.Refunded) =>
            To((this with { Payment = payment }).Enter(OrderStatus.Refunded, now), o => new OrderRefunded(o.Summary, payment.Refunded)),
        (OrderStatus.Refunded, PaymentStatus.PartiallyRefunded or PaymentStatus.Captured) =>
            To((this with { Payment = payment }).Enter(Timeline[^2].Status, now), o => new OrderRefundFailed(o.Summary, payment.Refunded)),
        (_, PaymentStatus.PartiallyRefunded or PaymentStatus.Refunded) when payment.Refunded.Amount > (Payment?.Refunded.Amount ?? 0) =>
            To(this with { Payment = payment }, o => new OrderRefunded(o.Summary, payment.Refunded)),
        _ => payment == Payment ? Decision<OrderState>.NoChange(this) : To(this with { Payment = payment }),
    };

    /// <summary>True when the payment did not come in time: within the window since it was asked for, or since it was known that nobody can be asked.</summary>
    public bool IsOverdue(DateTimeOffset now) => Status is OrderStatus.AwaitingPayment or OrderStatus.Pending && now >= PaymentDeadline;

    /// <summary>Its payment cannot be asked for now. It goes on trying until a deadline, at which it looks at itself.</summary>
    public Decision<OrderState> LimitTrying(TimeSpan window, DateTimeOffset now) => Status != OrderStatus.Pending || PaymentDeadline is not null
        ? Decision<OrderState>.NoChange(this)
        : To(this with { PaymentDeadline = now + window }, o => new CheckoutTimeout(o.Id, now + window));

    /// <summary>A newer checkout of its cart takes its place. Whether it was paid meanwhile, the payment provider decides.</summary>
    public Decision<OrderState> Supersede(Guid newerOrderId, DateTimeOffset now) =>
        Status is not (OrderStatus.Pending or OrderStatus.AwaitingPayment) || SupersededBy is not null
            ? Decision<OrderState>.NoChange(this)
            : To(this with { SupersededBy = newerOrderId }, o => new CheckoutTimeout(o.Id, now + CompletionDelay));

    /// <summary>Superseded, and nothing was taken or ever will be.</summary>
    public Decision<OrderState> EndSuperseded(Payment payment, DateTimeOffset now) => (this with { Payment = payment }).Cancel(SupersededReason, now);

    /// <summary>Why a superseded order was cancelled.</summary>
    public const string SupersededReason = "A newer checkout of the same cart took its place.";

    /// <summary>A guest's order goes along to an account. Of one that is paid by then, the lines are still to leave the account's cart.</summary>
    public Decision<OrderState> Assign(Guid accountId, bool cartMoved, DateTimeOffset now)
    {
        if (OwnerId is not null || BuyerErased)
            return Decision<OrderState>.NoChange(this);
        var assigned = this with { AccountId = accountId, AssignedAt = now, CartMoved = cartMoved };
        return cartMoved && PendingStep == OrderStep.Complete ? To(assigned, o => new CheckoutTimeout(o.Id, now + CompletionDelay)) : To(assigned);
    }

    /// <summary>Whether the caller is the buyer: the account, or the guest with the cart that it came from.</summary>
    public bool IsBoughtBy(Caller caller) => caller.Owns(OwnerId, null) || (CustomerId is null && caller.Owns(null, CartId));

    /// <summary>Payment did not come in time, and cannot come any more.</summary>
    public Decision<OrderState> Expire(Payment payment, DateTimeOffset now) => Status is not (OrderStatus.AwaitingPayment or OrderStatus.Pending)
        ? Decision<OrderState>.NoChange(this)
        : To(WithResultIfNone((this with { Payment = payment }).Enter(OrderStatus.Expired, now)),
            o => new OrderExpired(o.Summary), o => new CheckoutTimeout(o.Id, now + CompletionDelay));

    /// <summary>Whether somebody is still to send, pay, give back or argue.</summary>
    public bool IsOpen =>
        Status is OrderStatus.Pending or OrderStatus.AwaitingPayment or OrderStatus.Shipped
        || (Status == OrderStatus.Confirmed && !IsAllGivenBack)
        || Payment is { Dispute.Status: DisputeStatus.Open }
        || (Status == OrderStatus.Cancelled && Payment is { } paid && paid.Refunded.Amount < paid.Captured.Amount);

    /// <summary>Erases the buyer; of an order that was paid, what an invoice must name stays until its time is over.</summary>
    public Decision<OrderState> EraseBuyer(PrivacyOptions privacy, DateTimeOffset now)
    {
        if (BuyerErased)
            return Retained?.Until <= now ? Decision<OrderState>.To(this with { Retained = null }) : Decision<OrderState>.NoChange(this);
        if (IsOpen)
            return WrongState("parted from its buyer");
        var until = Status is OrderStatus.Delivered or OrderStatus.Refunded || Payment is { Captured.Amount: > 0 } ? privacy.RetainUntil(PlacedAt) : null;
        return Decision<OrderState>.To(this with
        {
            BuyerErased = true,
            Retained = until > now ? new RetainedBuyer(ShippingAddress.Name, ShippingAddress with { Phone = null }, until.Value) : null,
            Email = PersonalData.Erased,
            ShippingAddress = PersonalData.ErasedAddress(ShippingAddress),
            CancelReason = CancelReason is null ? null : PersonalData.Erased,
            Refunds = Refunds is { } refunds ? [.. refunds.Select(r => r with { Reason = PersonalData.Erased })] : null,
            Shipment = Shipment is { } shipped ? shipped with { TrackingNumber = PersonalData.Erased } : null,
            Payment = Payment is { } paid ? paid with { ClientSecret = null } : null,
            Answer = Answer is { } given ? given with { ClientSecret = null } : null,
        });
    }

    /// <summary>Whether the method of payment can be tried again.</summary>
    public Error? CheckCanPay(DateTimeOffset now) =>
        Status != OrderStatus.AwaitingPayment ? WrongState("paid")
        : SupersededBy is not null ? new Error(ErrorCode.InvalidOrderState, "A newer checkout of the same cart takes this order's place.") { OrderId = Id }
        : IsOverdue(now) ? new Error(ErrorCode.InvalidOrderState, "The time to pay for this order is over.") { OrderId = Id }
        : null;

    /// <summary>Calls it off. What was reserved, sold or charged is undone afterwards.</summary>
    public Decision<OrderState> Cancel(string? reason, DateTimeOffset now) => Status switch
    {
        OrderStatus.Cancelled => Decision<OrderState>.NoChange(this),
        OrderStatus.Pending or OrderStatus.AwaitingPayment or OrderStatus.Confirmed =>
            To(WithResultIfNone((this with { CancelReason = reason }).Enter(OrderStatus.Cancelled, now)),
                o => new OrderCancelled(o.Summary, reason)
                {
                    Paid = o.IsCharged,
                    Superseded = SupersededBy is not null && Status != OrderStatus.Confirmed && !o.IsCharged,
                },
                o => new CheckoutTimeout(o.Id, now + CompletionDelay)),
        _ => WrongState("cancelled"),
    };

    /// <summary>Hands the units that are not back in stock to a carrier.</summary>
    public Decision<OrderState> Ship(string carrier, string trackingNumber, DateTimeOffset now) => Status switch
    {
        OrderStatus.Shipped when Shipment is { } s && s.Carrier == carrier && s.TrackingNumber == trackingNumber => Decision<OrderState>.NoChange(this),
        OrderStatus.Confirmed when Totals.Lines.All(l => UnitsToShip(l) == 0) =>
            new Error(ErrorCode.InvalidOrderState, "All units of the order were refunded and are back in stock; nothing is left to ship.") { OrderId = Id },
        OrderStatus.Confirmed => To((this with { Shipment = new Shipment(carrier, trackingNumber, now) }).Enter(OrderStatus.Shipped, now),
            o => new OrderShipped(o.Summary, carrier, trackingNumber)),
        _ => WrongState("shipped"),
    };

    /// <summary>It arrived.</summary>
    public Decision<OrderState> Deliver(DateTimeOffset now) => Status switch
    {
        OrderStatus.Delivered => Decision<OrderState>.NoChange(this),
        OrderStatus.Shipped => To(Enter(OrderStatus.Delivered, now), o => new OrderDelivered(o.Summary)),
        _ => WrongState("delivered"),
    };

    /// <summary>It was shipped so long ago that it counts as delivered, although nobody noted that.</summary>
    public Decision<OrderState> CloseDelivery(TimeSpan after, DateTimeOffset now) => Status == OrderStatus.Shipped && Shipment?.ShippedAt + after <= now
        ? To(Enter(OrderStatus.Delivered, now), o => new OrderDelivered(o.Summary) { Automatic = true })
        : Decision<OrderState>.NoChange(this);

    /// <summary>Whether money can be given back. That of a cancelled order can, when the bank refused it the first time.</summary>
    public Error? CheckCanRefund() =>
        Status is OrderStatus.Confirmed or OrderStatus.Shipped or OrderStatus.Delivered or OrderStatus.Refunded
            || (Status == OrderStatus.Cancelled && Payment is { Captured.Amount: > 0 } paid && paid.Refunded.Amount < paid.Captured.Amount)
            ? null : WrongState("refunded");

    /// <summary>Whether what was authorized can be taken.</summary>
    public Error? CheckCanCapture() => Status is OrderStatus.Confirmed or OrderStatus.Shipped ? null : WrongState("captured");

    /// <summary>The order as it is.</summary>
    public Order ToView() => new(
        Id, Number, Status, OwnerId, Email, Totals.Lines, Amount(Totals.Subtotal), Amount(Totals.Shipping), Amount(Totals.Tax),
        Amount(Totals.Discount), Amount(Totals.Total), ShippingAddress,
        new OrderPayment(
            Id, Payment?.Status ?? PaymentStatus.Pending, Amount(Totals.Total), Payment?.Refunded ?? Amount(0), Payment?.Method ?? PaymentMethod,
            Status == OrderStatus.AwaitingPayment ? Payment?.ClientSecret : null)
        {
            Captured = Payment?.Captured ?? Amount(0),
            Dispute = Payment?.Dispute,
        },
        Timeline, PlacedAt, Status == OrderStatus.AwaitingPayment ? PaymentDeadline : null, Shipment, CancelReason)
    {
        RefundedUnits = RefundedUnits,
    };

    /// <summary>The order as the caller may see it: what the customer's device needs to pay is the buyer's alone.</summary>
    public Order ToView(Caller caller) => IsBoughtBy(caller) ? ToView() : ToView().WithoutClientSecret();

    /// <summary>What the checkout was answered: the order as it was then, or the refusal.</summary>
    public Result<Order> ToResult(CheckoutResult answer)
    {
        if (answer.RefusalCode == ErrorCode.OutOfStock)
            return new Error(ErrorCode.OutOfStock, "Not all of it can be had; see lines. Nothing was charged.") { OrderId = Id, Lines = Shortages };
        if (answer.RefusalCode is not null)
            return Declined(answer.DeclineCode);
        return answer.ApplyTo(ToView(), PaymentDeadline);
    }

    /// <summary>The refusal for a declined card.</summary>
    public Error Declined(string? declineCode) => new(ErrorCode.PaymentDeclined,
        $"{DeclineMessage.For(declineCode)} The order waits for another payment until {PaymentDeadline:u}.")
    { OrderId = Id, DeclineCode = declineCode };

    /// <summary>How long after a decision its consequences are looked at again.</summary>
    private static readonly TimeSpan CompletionDelay = TimeSpan.FromSeconds(5);

    private OrderSummary Summary => new(Id, Number, OwnerId, Email, Amount(Totals.Total));

    private Money Amount(long minor) => new(minor, Currency);

    private bool IsCharged => Payment is { Captured.Amount: > 0 };

    private OrderState Enter(OrderStatus status, DateTimeOffset now) =>
        this with { Status = status, Timeline = [.. Timeline, new TimelineEntry(now, status)] };

    private OrderState WithResult(string? refusalCode) => this with
    {
        Answer = new CheckoutResult(
            refusalCode, Payment?.DeclineCode, Status, Payment?.Status ?? PaymentStatus.Pending, Payment?.Method ?? PaymentMethod,
            Payment?.ClientSecret, Timeline.Length),
    };

    /// <summary>An order that ended before its checkout could be answered: the answer is how it ended.</summary>
    private static OrderState WithResultIfNone(OrderState order) => order.Answer is null ? order.WithResult(null) : order;

    private Error WrongState(string wish) => new(ErrorCode.InvalidOrderState, $"An order that is {Word(Status)} cannot be {wish}.") { OrderId = Id };

    private static string Word(OrderStatus status) => status == OrderStatus.AwaitingPayment ? "awaiting payment" : status.ToString().ToLowerInvariant();

    private static Decision<OrderState> To(OrderState next, params IReadOnlyList<Func<OrderState, IShopEvent>> events) =>
        Decision<OrderState>.To(next, [.. events.Select(e => e(next))]);
}

/// <summary>What is left to do for an order.</summary>
public enum OrderStep
{
    /// <summary>Reserve every line, then charge.</summary>
    ReserveAndPay,
    /// <summary>Ask whether the payment came; at the deadline, give it up.</summary>
    AwaitPayment,
    /// <summary>Turn reservations into sales, clear the cart, make the refunds that were decided, and put units back in stock.</summary>
    Complete,
    /// <summary>Give stock and money back.</summary>
    Compensate,
    /// <summary>Void the payment; should it be paid already, the order stands.</summary>
    EndUnpaid,
}

/// <summary>How far an order is, as far as its consequences go: what is left to do, a refund to be asked for, and units to go back to stock.</summary>
public readonly record struct OrderProgress(OrderStep Step, string? OpenRefund, int UnitsBack);

/// <summary>What a checkout was answered, as far as the order itself does not tell any more.</summary>
public sealed record CheckoutResult(
    string? RefusalCode, string? DeclineCode, OrderStatus Status, PaymentStatus PaymentStatus, string Method, string? ClientSecret, int TimelineLength)
{
    /// <summary>An order as a checkout is answered with it that found it paid.</summary>
    public static CheckoutResult Of(Order paid) =>
        new(null, null, paid.Status, paid.Payment.Status == PaymentStatus.PartiallyRefunded ? PaymentStatus.Captured : paid.Payment.Status,
            paid.Payment.Method, null, paid.Timeline.Length);

    /// <summary>The order as it was when it was the answer.</summary>
    public Order ApplyTo(Order order, DateTimeOffset? paymentDeadline) => order with
    {
        Status = Status,
        Payment = order.Payment with
        {
            Status = PaymentStatus,
            Method = Method,
            ClientSecret = ClientSecret,
            Refunded = order.Total with { Amount = 0 },
            Captured = PaymentStatus == PaymentStatus.Captured ? order.Total : order.Total with { Amount = 0 },
            Dispute = null,
        },
        Timeline = [.. order.Timeline.Take(TimelineLength)],
        PaymentDeadline = Status == OrderStatus.AwaitingPayment ? paymentDeadline : null,
        RefundedUnits = null,
        Shipment = null,
        CancelReason = null,
    };
}

/// <summary>The earlier order of its cart that a checkout was answered with, because it was paid already.</summary>
/// <param name="OrderId">The earlier order.</param>
/// <param name="Answer">How it stood then.</param>
public sealed record EarlierOrder(Guid OrderId, CheckoutResult Answer);

/// <summary>What an order grain keeps: the order, or the answer to a checkout that made none, and by which request it came.</summary>
public sealed record CheckoutState(string Fingerprint, OrderState? Order, Error? Refused)
{
    /// <summary>Set when an earlier order of the cart was paid already, and is the answer.</summary>
    public EarlierOrder? Earlier { get; init; }

    /// <summary>What a checkout comes to whose first write was not there when another took its place. It answers to no request in particular.</summary>
    public static CheckoutState NeverPlaced { get; } = new("", null, new Error(ErrorCode.Conflict, "Another checkout of this cart took this one's place. Use a new key."));

    /// <summary>Whether it came by another request.</summary>
    public bool IsOfAnother(string fingerprint) => Fingerprint.Length > 0 && Fingerprint != fingerprint;
}

/// <summary>What SQL may ask of orders.</summary>
public sealed record OrderIndex(Guid? CustomerId, Guid CartId, string Number, OrderStatus Status, string PlacedAt)
{
    /// <summary>The index of an order.</summary>
    public static OrderIndex Of(OrderState order) => new(order.OwnerId, order.CartId, order.Number, order.Status, SortableTime.Of(order.PlacedAt))
    {
        Open = order.IsOpen ? true : null,
        BuyerErased = order.BuyerErased ? true : null,
        RetainUntil = order.Retained is { } kept ? SortableTime.Of(kept.Until) : null,
        Moved = order.CartMoved ? true : null,
        // From the first write on: what does not change when the order is confirmed costs nothing then.
        Email = order.BuyerErased ? null : EmailAddress.Normalize(order.Email),
        Skus = [.. order.Totals.Lines.Select(l => l.Sku)],
    };

    /// <summary>The address for mail in its normal form; null once the buyer is erased.</summary>
    public string? Email { get; init; }

    /// <summary>The lines' stock keeping units; null in rows that an older version wrote.</summary>
    public string[]? Skus { get; init; }

    /// <summary>True while <see cref="OrderState.IsOpen"/>, and null otherwise.</summary>
    public bool? Open { get; init; }

    /// <summary>True when the buyer was erased, and null otherwise.</summary>
    public bool? BuyerErased { get; init; }

    /// <summary>Until when something of that buyer stays.</summary>
    public string? RetainUntil { get; init; }

    /// <summary>True for a guest's order whose lines went along to an account's cart, and null otherwise.</summary>
    public bool? Moved { get; init; }
}
