using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Payments;
using SoonShop.Pricing;
using SoonShop.Privacy;
using SoonShop.Users;

namespace SoonShop.Orders;

/// <summary>
/// The rules of an order. Its transitions:
/// <code>
/// pending ─┬─ awaitingPayment ─┬─ expired
///          │        │          └─ cancelled
///          ├────────┴─ confirmed ─┬─ shipped ─ delivered     (each of these three: refunded, when everything is refunded;
///          │                      └─ cancelled                and back again, when the bank cannot deliver a refund)
///          ├─ expired, cancelled: when the payment provider was unreachable all the time
///          └─ rejected
/// </code>
/// </summary>
public sealed partial record OrderState
{
    /// <summary>The id.</summary>
    public required Guid Id { get; init; }
    /// <summary>The customer; null for a guest.</summary>
    public Guid? CustomerId { get; init; }
    /// <summary>
    /// The cart that it was placed from. An order from a draft has none: this is a random id that nobody knows and that stands for a guest.
    /// </summary>
    public required Guid CartId { get; init; }
    /// <summary>The buyer's e-mail address.</summary>
    public required string Email { get; init; }
    /// <summary>The currency (ISO 4217).</summary>
    public required string Currency { get; init; }
    /// <summary>The totals, in minor units.</summary>
    public required OrderTotals Totals { get; init; }
    /// <summary>The quote that it was placed at; null in orders of older versions. All later amounts are computed from it.</summary>
    public Quote? Quote { get; init; }
    /// <summary>The uses of limited promotions that it reserves; null for none.</summary>
    public ImmutableArray<PromotionUseTerms>? PromotionUses { get; init; }
    /// <summary>Why a promotion refused its use; null when none did.</summary>
    public ErrorText? PromotionRefusal { get; init; }
    /// <summary>The shipping address.</summary>
    public required Address ShippingAddress { get; init; }
    /// <summary>The method of the first attempt.</summary>
    public required string PaymentMethod { get; init; }
    /// <summary>True when this method is to be saved for the customer.</summary>
    public bool SavePaymentMethod { get; init; }
    /// <summary>The status.</summary>
    public OrderStatus Status { get; init; }
    /// <summary>Each status with its time, oldest first.</summary>
    public ImmutableArray<TimelineEntry> Timeline { get; init; } = [];
    /// <summary>The payment, as of its last update.</summary>
    public Payment? Payment { get; init; }
    /// <summary>Until when the order waits for its payment.</summary>
    public DateTimeOffset? PaymentDeadline { get; init; }
    /// <summary>The unavailable units of a rejected order.</summary>
    public ImmutableArray<Shortage>? Shortages { get; init; }
    /// <summary>The last parcel; older versions know only one.</summary>
    public Shipment? Shipment { get; init; }
    /// <summary>Why it was cancelled.</summary>
    public string? CancelReason { get; init; }
    /// <summary>The response to the checkout. A repeated checkout gets the same response.</summary>
    public CheckoutResult? Answer { get; init; }

    /// <summary>True when the buyer's account was erased.</summary>
    public bool BuyerErased { get; init; }
    /// <summary>The data of an erased buyer that an invoice must contain. No view shows it.</summary>
    public RetainedBuyer? Retained { get; init; }

    /// <summary>The newer order of the same cart, for which this one is to end unless it is paid.</summary>
    public Guid? SupersededBy { get; init; }
    /// <summary>The account that received a guest's order: with the guest's cart, or because it verified its e-mail address.</summary>
    public Guid? AccountId { get; init; }
    /// <summary>When the account received it; null in orders that an older version assigned.</summary>
    public DateTimeOffset? AssignedAt { get; init; }
    /// <summary>
    /// True when the account received it because it verified the order's e-mail address; false when it took over the guest's cart; null in
    /// orders that an older version assigned.
    /// </summary>
    public bool? IsAdoptedByEmail { get; init; }
    /// <summary>
    /// True when the order's lines moved to the account's cart, too. Then they are removed from that cart and not from the guest's.
    /// </summary>
    public bool CartMoved { get; init; }

    /// <summary>The account that owns it; null for a guest's order.</summary>
    public Guid? OwnerId => CustomerId ?? AccountId;

    /// <summary>The number shown to people.</summary>
    public string Number => OrderNumber.For(Id);

    /// <summary>The terms of the payment.</summary>
    public PaymentTerms Terms => new(CustomerId, CustomerId is null ? CartId : null, Amount(ToPay)) { Credit = Credit };

    /// <summary>When it was placed: the time at which its checkout was requested from the cart.</summary>
    public DateTimeOffset PlacedAt => Timeline[0].At;

    /// <summary>
    /// True when an order is newer than another of the same cart. Of two orders, exactly one is; ids decide between equal times.
    /// </summary>
    public static bool IsNewer(DateTimeOffset placedAt, Guid orderId, DateTimeOffset otherPlacedAt, Guid otherId) =>
        placedAt != otherPlacedAt ? placedAt > otherPlacedAt : string.CompareOrdinal(orderId.ToString("N"), otherId.ToString("N")) > 0;

    /// <summary>Creates a new order.</summary>
    public static Decision<OrderState> Place(
        Guid id, Caller buyer, Guid cartId, string email, Address address, string paymentMethod,
        OrderTotals totals, Quote quote, ImmutableArray<PromotionUseTerms> uses, DateTimeOffset now)
    {
        var order = new OrderState
        {
            Id = id,
            CustomerId = buyer.UserId,
            CartId = cartId,
            Email = email,
            Currency = quote.Currency,
            Totals = totals,
            Quote = quote,
            PromotionUses = uses.IsEmpty ? null : uses,
            ShippingAddress = address,
            PaymentMethod = paymentMethod,
        }.Enter(OrderStatus.Pending, now);
        return Decision<OrderState>.To(order, new OrderPlaced(order.Summary, totals.Lines));
    }

    /// <summary>The next step, derived from the state alone. Repeating a step has no further effect.</summary>
    public OrderStep PendingStep => Status switch
    {
        OrderStatus.Pending or OrderStatus.AwaitingPayment when SupersededBy is not null => OrderStep.EndUnpaid,
        OrderStatus.Pending => OrderStep.ReserveAndPay,
        OrderStatus.AwaitingPayment => OrderStep.AwaitPayment,
        OrderStatus.Rejected or OrderStatus.Expired or OrderStatus.Cancelled => OrderStep.Compensate,
        _ => OrderStep.Complete,
    };

    /// <summary>The input of <see cref="PendingStep"/>. While it stays the same, a completed step need not be repeated.</summary>
    public OrderProgress Progress => new(
        PendingStep, OpenRefund?.Id, BackInStock?.Sum(u => u.Quantity) ?? 0, Shipments?.Length ?? 0,
        Returns?.Count(r => r.Received is not null) ?? 0)
    {
        Allocations = Allocations?.Length ?? 0,
        OpenMove = OpenMove?.Number,
    };

    /// <summary>Rejects the order because of missing stock.</summary>
    public Decision<OrderState> Reject(ImmutableArray<Shortage> shortages, DateTimeOffset now) => Status != OrderStatus.Pending
        ? Decision<OrderState>.NoChange(this)
        : To((this with { Shortages = shortages }).Enter(OrderStatus.Rejected, now).WithResult(ErrorCode.OutOfStock),
            o => new OrderRejected(o.Summary, shortages) { IsFromDraft = !o.HasCart });

    /// <summary>Rejects the order because a promotion that its price depends on was used up meanwhile.</summary>
    public Decision<OrderState> Reject(ErrorText promotionRefusal, DateTimeOffset now) => Status != OrderStatus.Pending
        ? Decision<OrderState>.NoChange(this)
        : To((this with { PromotionRefusal = promotionRefusal }).Enter(OrderStatus.Rejected, now).WithResult(ErrorCode.Conflict),
            o => new OrderRejected(o.Summary, []) { IsFromDraft = !o.HasCart });

    /// <summary>Applies a payment update: confirms the order, waits for the customer, or only stores the payment.</summary>
    public Decision<OrderState> Apply(Payment payment, TimeSpan window, DateTimeOffset now) => (Status, payment.Status) switch
    {
        (OrderStatus.Pending, PaymentStatus.Captured or PaymentStatus.PartiallyRefunded or PaymentStatus.Authorized) =>
            To((this with { Payment = payment }).Enter(OrderStatus.Confirmed, now).WithResult(null), o => o.ToConfirmed()),
        // The watch over the placement has ended, so completion schedules a timeout of its own.
        (OrderStatus.AwaitingPayment, PaymentStatus.Captured or PaymentStatus.PartiallyRefunded or PaymentStatus.Authorized) =>
            To((this with { Payment = payment }).Enter(OrderStatus.Confirmed, now),
                o => o.ToConfirmed(), o => new CheckoutTimeout(o.Id, now + CompletionDelay)),
        (OrderStatus.Pending or OrderStatus.AwaitingPayment, PaymentStatus.Refunded) =>
            (this with { Payment = payment }).Cancel("The money was given back before the order had heard of it.", now),
        (OrderStatus.Pending, _) =>
            To((this with { Payment = payment, PaymentDeadline = now + window }).Enter(OrderStatus.AwaitingPayment, now)
                .WithResult(payment.Status is PaymentStatus.RequiresAction or PaymentStatus.Pending or PaymentStatus.Cancelled
                    ? null
                    : ErrorCode.PaymentDeclined),
                o => new OrderAwaitingPayment(o.Summary, now + window), o => new CheckoutTimeout(o.Id, now + window)),
        // Banks hold authorized money for a few days only.
        (OrderStatus.Confirmed, PaymentStatus.Cancelled) when Parcels.IsEmpty =>
            (this with { Payment = payment }).Cancel("The authorization of the payment ended before the money was taken.", now),
        // Nothing more will be shipped, so all units that are not shipped return to stock.
        (OrderStatus.Confirmed, PaymentStatus.Refunded) =>
            To((this with { Payment = payment, BackInStock = UnshippedUnits }).WithReleased(UnitsLeftToShip)
                .Enter(OrderStatus.Refunded, now),
                o => new OrderRefunded(o.Summary, payment.Refunded), o => new CheckoutTimeout(o.Id, now + CompletionDelay)),
        (OrderStatus.Shipped or OrderStatus.Delivered, PaymentStatus.Refunded) =>
            To((this with { Payment = payment }).Enter(OrderStatus.Refunded, now), o => new OrderRefunded(o.Summary, payment.Refunded)),
        (OrderStatus.Refunded, PaymentStatus.PartiallyRefunded or PaymentStatus.Captured) =>
            To((this with { Payment = payment }).Enter(StatusBeforeRefund, now), o => new OrderRefundFailed(o.Summary, payment.Refunded)),
        (_, PaymentStatus.PartiallyRefunded or PaymentStatus.Refunded) when payment.Refunded.Amount > (Payment?.Refunded.Amount ?? 0) =>
            To(this with { Payment = payment }, o => new OrderRefunded(o.Summary, payment.Refunded)),
        _ => payment == Payment ? Decision<OrderState>.NoChange(this) : To(this with { Payment = payment }),
    };

    /// <summary>
    /// True when the payment deadline has passed. It counts from the request for payment, or from when the provider became unreachable.
    /// </summary>
    public bool IsOverdue(DateTimeOffset now) => Status is OrderStatus.AwaitingPayment or OrderStatus.Pending && now >= PaymentDeadline;

    /// <summary>Sets a deadline for an order whose payment cannot be requested now, and schedules a timeout for it.</summary>
    public Decision<OrderState> LimitTrying(TimeSpan window, DateTimeOffset now) =>
        Status != OrderStatus.Pending || PaymentDeadline is not null
            ? Decision<OrderState>.NoChange(this)
            : To(this with { PaymentDeadline = now + window }, o => new CheckoutTimeout(o.Id, now + window));

    /// <summary>
    /// Marks the order as superseded by a newer checkout of its cart. The payment provider decides whether it was paid first.
    /// </summary>
    public Decision<OrderState> Supersede(Guid newerOrderId, DateTimeOffset now) =>
        Status is not (OrderStatus.Pending or OrderStatus.AwaitingPayment) || SupersededBy is not null
            ? Decision<OrderState>.NoChange(this)
            : To(this with { SupersededBy = newerOrderId }, o => new CheckoutTimeout(o.Id, now + CompletionDelay));

    /// <summary>Ends a superseded order: no money was taken, and none can be.</summary>
    public Decision<OrderState> EndSuperseded(Payment payment, DateTimeOffset now) =>
        (this with { Payment = payment }).Cancel(SupersededReason, now);

    /// <summary>Why a superseded order was cancelled.</summary>
    public const string SupersededReason = "A newer checkout of the same cart took its place.";

    /// <summary>
    /// Assigns a guest's order to an account that takes over the guest's cart. If it is already paid, its lines must still be removed from
    /// the account's cart.
    /// </summary>
    public Decision<OrderState> Assign(Guid accountId, bool cartMoved, DateTimeOffset now)
    {
        if (OwnerId is not null || BuyerErased)
            return Decision<OrderState>.NoChange(this);
        var assigned = this with { AccountId = accountId, AssignedAt = now, CartMoved = cartMoved, IsAdoptedByEmail = false };
        return cartMoved && PendingStep == OrderStep.Complete
            ? To(assigned, o => new CheckoutTimeout(o.Id, now + CompletionDelay))
            : To(assigned);
    }

    /// <summary>Assigns a guest's order to an account that has verified the order's e-mail address. No cart moves.</summary>
    public Decision<OrderState> Adopt(Guid accountId, DateTimeOffset now) => OwnerId is not null || BuyerErased
        ? Decision<OrderState>.NoChange(this)
        : To(this with { AccountId = accountId, AssignedAt = now, CartMoved = false, IsAdoptedByEmail = true });

    /// <summary>True when the caller is the buyer: the account, or the guest with the cart that it was placed from.</summary>
    public bool IsBoughtBy(Caller caller) => caller.Owns(OwnerId, null) || (CustomerId is null && caller.Owns(null, CartId));

    /// <summary>Ends an order whose payment did not arrive in time and cannot arrive any more.</summary>
    public Decision<OrderState> Expire(Payment payment, DateTimeOffset now) =>
        Status is not (OrderStatus.AwaitingPayment or OrderStatus.Pending)
            ? Decision<OrderState>.NoChange(this)
            : To(WithResultIfNone((this with { Payment = payment }).Enter(OrderStatus.Expired, now)),
                o => new OrderExpired(o.Summary), o => new CheckoutTimeout(o.Id, now + CompletionDelay));

    /// <summary>True while shipping, payment, refunds or a dispute are pending.</summary>
    public bool IsOpen =>
        Status is OrderStatus.Pending or OrderStatus.AwaitingPayment or OrderStatus.Shipped
        || (Status == OrderStatus.Confirmed && !IsAllGivenBack)
        || Payment is { Dispute.Status: DisputeStatus.Open }
        || HasPendingExchange
        || (Status == OrderStatus.Cancelled && Payment is { } paid && paid.Refunded.Amount < paid.Captured.Amount);

    /// <summary>Erases the buyer. For a paid order, the data that an invoice must contain stays for the retention period.</summary>
    public Decision<OrderState> EraseBuyer(PrivacyOptions privacy, DateTimeOffset now)
    {
        if (BuyerErased)
            return Retained?.Until <= now
                ? Decision<OrderState>.To(this with { Retained = null, Quote = WithoutReason(Quote) })
                : Decision<OrderState>.NoChange(this);
        if (IsOpen)
            return WrongState(ErrorText.Untranslated("parted from its buyer"));
        var until = Status is OrderStatus.Delivered or OrderStatus.Refunded || Payment is { Captured.Amount: > 0 }
            ? privacy.RetainUntil(PlacedAt)
            : null;
        return Decision<OrderState>.To(this with
        {
            BuyerErased = true,
            // An invoice says why no tax was charged.
            Quote = until > now ? Quote : WithoutReason(Quote),
            Retained = until > now ? new RetainedBuyer(ShippingAddress.Name, ShippingAddress with { Phone = null }, until.Value) : null,
            Email = PersonalData.Erased,
            ShippingAddress = PersonalData.ErasedAddress(ShippingAddress),
            CancelReason = CancelReason is null ? null : PersonalData.Erased,
            DraftMessage = null,
            Refunds = Refunds is { } refunds ? [.. refunds.Select(r => r with { Reason = PersonalData.Erased })] : null,
            Shipment = Shipment is { } shipped ? Erased(shipped) : null,
            Shipments = Shipments is { } parcels ? [.. parcels.Select(Erased)] : null,
            Returns = Returns is { } returns
                ? [.. returns.Select(r => r with { Comment = Erased(r.Comment), Note = Erased(r.Note) })]
                : null,
            Payment = Payment is { } paid ? paid with { ClientSecret = null } : null,
            Answer = Answer is { } given ? given with { ClientSecret = null } : null,
        });
    }

    private static Shipment Erased(Shipment parcel) => parcel with { TrackingNumber = PersonalData.Erased, TrackingUrl = null };

    private static string? Erased(string? text) => text is null ? null : PersonalData.Erased;

    private static Quote? WithoutReason(Quote? quote) =>
        quote is { TaxExemptionReason: not null } ? quote with { TaxExemptionReason = PersonalData.Erased } : quote;

    /// <summary>Checks whether the payment can be attempted again.</summary>
    public Error? CheckCanPay(DateTimeOffset now) =>
        Status != OrderStatus.AwaitingPayment ? WrongState(ErrorText.Of("order-action.paid", "paid"))
        : SupersededBy is not null ? Error.Of(
            ErrorCode.InvalidOrderState, "error.superseded-order",
            "A newer checkout of the same cart replaces this order.").WithOrder(Id)
        : IsOverdue(now) ? Error.Of(
            ErrorCode.InvalidOrderState, "error.payment-late", "The time to pay for this order is over.").WithOrder(Id)
        : null;

    /// <summary>Cancels the order. The next step undoes reservations, sales and charges.</summary>
    public Decision<OrderState> Cancel(string? reason, DateTimeOffset now) => Status switch
    {
        OrderStatus.Cancelled => Decision<OrderState>.NoChange(this),
        OrderStatus.Confirmed when !Parcels.IsEmpty => Error.Of(
            ErrorCode.InvalidOrderState, "error.partly-shipped",
            "A part of the order is shipped. Cancel the units that are left to ship, by lines.").WithOrder(Id),
        OrderStatus.Confirmed when HeldUnitsError() is { } held => held,
        OrderStatus.Pending or OrderStatus.AwaitingPayment or OrderStatus.Confirmed =>
            To(WithResultIfNone((this with { CancelReason = reason }).Enter(OrderStatus.Cancelled, now)),
                o => new OrderCancelled(o.Summary, reason)
                {
                    Paid = o.IsCharged,
                    Superseded = SupersededBy is not null && Status != OrderStatus.Confirmed && !o.IsCharged,
                },
                o => new CheckoutTimeout(o.Id, now + CompletionDelay)),
        _ => WrongState(ErrorText.Of("order-action.cancelled", "cancelled")),
    };

    /// <summary>Checks whether money can be refunded. For a cancelled order it can, if the bank rejected the first refund.</summary>
    public Error? CheckCanRefund() =>
        Status is OrderStatus.Confirmed or OrderStatus.Shipped or OrderStatus.Delivered or OrderStatus.Refunded
            || (Status == OrderStatus.Cancelled && Payment is { Captured.Amount: > 0 } paid && paid.Refunded.Amount < paid.Captured.Amount)
            ? null : WrongState(ErrorText.Of("order-action.refunded", "refunded"));

    /// <summary>Checks whether an authorized payment can be captured.</summary>
    public Error? CheckCanCapture() => Status is OrderStatus.Confirmed or OrderStatus.Shipped ? null : WrongState(ErrorText.Of(
        "order-action.captured", "captured"));

    /// <summary>Returns the view of the order.</summary>
    public Order ToView() => new(
        Id, Number, Status, OwnerId, Email, Totals.Lines, Amount(Totals.Subtotal), Amount(Totals.Shipping), Amount(Totals.Tax),
        Amount(Totals.Discount), Amount(Totals.Total), ShippingAddress,
        new OrderPayment(
            Id, Payment?.Status ?? PaymentStatus.Pending, Amount(Totals.Total), Payment?.Refunded ?? Amount(0),
            Payment?.Method ?? PaymentMethod, Status == OrderStatus.AwaitingPayment ? Payment?.ClientSecret : null)
        {
            Captured = Payment?.Captured ?? Amount(0),
            Credit = Credit is { Amount: > 0 } paidBefore ? Amount(paidBefore.Amount) : null,
            Dispute = Payment?.Dispute,
        },
        Timeline, PlacedAt, Status == OrderStatus.AwaitingPayment ? PaymentDeadline : null,
        // The shop's locations are its own business.
        Shipment is { } last ? last with { Location = null } : null, CancelReason)
    {
        RefundedUnits = RefundedUnits,
        Prices = (BuyerErased ? WithoutReason(Quote) : Quote) is { } quote ? PriceSummary.Of(quote) : null,
        Shipments = Allocations is null ? Parcels : [.. Parcels.Select(p => p with { Location = null })],
        UnitsToShip = Status == OrderStatus.Confirmed && UnitsLeftToShip is { IsEmpty: false } left ? left : null,
        CancelledUnits = BackInStock,
        Returns = [.. (Returns ?? []).Select(WithoutLocation)],
        Exchanges = [.. (Exchanges ?? []).Select(ToView)],
        ExchangeFor = Credit is { } credit ? new OrderCredit(credit.FromOrderId, ExchangeId!.Value, Amount(credit.Amount)) : null,
    };

    /// <summary>
    /// Returns the order as the caller may see it. Only the buyer gets the secret with which a device completes the payment.
    /// </summary>
    public Order ToView(Caller caller) => IsBoughtBy(caller) ? ToView()
        : ToView().WithoutClientSecret() with
        {
            Shipment = Shipment,
            Shipments = Parcels,
            Returns = Returns ?? [],
            Allocations = AllocatedUnits,
            DraftId = DraftId,
        };

    /// <summary>Returns the checkout's response: the order as it was then, or the error.</summary>
    public Result<Order> ToResult(CheckoutResult answer, IPaymentProviderInfo? provider = null)
    {
        if (answer.RefusalCode == ErrorCode.OutOfStock)
            return OutOfStock with { OrderId = Id, Lines = Shortages };
        if (answer.RefusalCode == ErrorCode.Conflict)
            return Error.Of(
                ErrorCode.Conflict, "error.promotion-gone", $"{PromotionRefusal!} Nothing was charged. Read the cart again.").WithOrder(Id);
        if (answer.RefusalCode is not null)
            return Declined(answer.DeclineCode, provider);
        return answer.ApplyTo(ToView(), PaymentDeadline);
    }

    private static Error OutOfStock { get; } = Error.Of(
        ErrorCode.OutOfStock, "error.out-of-stock", "Stock cannot fill the order; see lines. Nothing was charged.");

    /// <summary>Creates the error for a declined card.</summary>
    public Error Declined(string? declineCode, IPaymentProviderInfo? provider = null)
    {
        var own = declineCode is null ? null : provider?.TextOf(declineCode);
        var reason = own?.English is { } words ? ErrorText.Untranslated(words) : DeclineMessage.For(own?.SameAs ?? declineCode);
        return Error.Of(
            ErrorCode.PaymentDeclined, "declined.with-deadline",
            $"{reason} The order waits for another payment until {PaymentDeadline:u}.") with
        {
            OrderId = Id,
            DeclineCode = declineCode,
            Translations = own?.Translations ?? [],
        };
    }

    /// <summary>How long after a decision the order's timeout is due.</summary>
    private static readonly TimeSpan CompletionDelay = TimeSpan.FromSeconds(5);

    private OrderConfirmed ToConfirmed() => new(Summary)
    {
        Lines = Totals.Lines,
        Subtotal = Amount(Totals.Subtotal),
        Shipping = Amount(Totals.Shipping),
        Tax = Amount(Totals.Tax),
        Discount = Totals.Discount > 0 ? Amount(Totals.Discount) : null,
        TaxIncluded = Quote is { TaxInside: true },
        TaxDeducted = Quote is { TaxDeducted: > 0 and var deducted } ? Amount(deducted) : null,
        Rounding = Quote is { Rounding: not 0 and var rounding } ? Amount(rounding) : null,
        TaxExemptionReason = Quote?.TaxExemptionReason,
        Credited = Credit is { Amount: > 0 } credit ? Amount(credit.Amount) : null,
    };

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

    /// <summary>Sets the checkout's response for an order that ended before it could respond.</summary>
    private static OrderState WithResultIfNone(OrderState order) => order.Answer is null ? order.WithResult(null) : order;

    private Error WrongState(ErrorText action) =>
        Error.Of(
            ErrorCode.InvalidOrderState, "error.order-state",
            $"An order that is {NameOf(Status)} cannot be {action}.").WithOrder(Id);

    private static ErrorText NameOf(OrderStatus status) => status switch
    {
        OrderStatus.Pending => ErrorText.Of("order-status.pending", "pending"),
        OrderStatus.AwaitingPayment => ErrorText.Of("order-status.awaiting-payment", "awaiting payment"),
        OrderStatus.Confirmed => ErrorText.Of("order-status.confirmed", "confirmed"),
        OrderStatus.Rejected => ErrorText.Of("order-status.rejected", "rejected"),
        OrderStatus.Expired => ErrorText.Of("order-status.expired", "expired"),
        OrderStatus.Cancelled => ErrorText.Of("order-status.cancelled", "cancelled"),
        OrderStatus.Shipped => ErrorText.Of("order-status.shipped", "shipped"),
        OrderStatus.Delivered => ErrorText.Of("order-status.delivered", "delivered"),
        OrderStatus.Refunded => ErrorText.Of("order-status.refunded", "refunded"),
        _ => ErrorText.Untranslated(status.ToString().ToLowerInvariant()),
    };

    private static Decision<OrderState> To(OrderState next, params IReadOnlyList<Func<OrderState, IShopEvent>> events) =>
        Decision<OrderState>.To(next, [.. events.Select(e => e(next))]);
}

/// <summary>The next step of an order.</summary>
public enum OrderStep
{
    /// <summary>Reserve all lines, then charge.</summary>
    ReserveAndPay,
    /// <summary>Check whether the payment arrived; at the deadline, cancel it.</summary>
    AwaitPayment,
    /// <summary>Turn reservations into sales, clear the cart, execute decided refunds, and return units to stock.</summary>
    Complete,
    /// <summary>Return stock and money.</summary>
    Compensate,
    /// <summary>Void the payment. If it is already paid, the order stands.</summary>
    EndUnpaid,
}

/// <summary>
/// The order's progress: the next step, the refund to request, the cancelled units, and the parcels and returns that move stock.
/// </summary>
public readonly record struct OrderProgress(OrderStep Step, string? OpenRefund, int UnitsBack, int Shipments, int Received)
{
    /// <summary>The number of allocations: each move of units adds one.</summary>
    public int Allocations { get; init; }

    /// <summary>The number of the allocation of a move that is not complete; null for none.</summary>
    public int? OpenMove { get; init; }
}

/// <summary>The response to a checkout, as far as the order's later state does not contain it.</summary>
public sealed record CheckoutResult(
    string? RefusalCode, string? DeclineCode, OrderStatus Status, PaymentStatus PaymentStatus, string Method, string? ClientSecret,
    int TimelineLength)
{
    /// <summary>Creates the response to a checkout that found this paid order.</summary>
    public static CheckoutResult Of(Order paid) =>
        new(null, null, paid.Status, paid.Payment.Status == PaymentStatus.PartiallyRefunded ? PaymentStatus.Captured : paid.Payment.Status,
            paid.Payment.Method, null, paid.Timeline.Length);

    /// <summary>Returns the order as it was at the time of the response.</summary>
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
        Shipments = [],
        UnitsToShip = Status == OrderStatus.Confirmed ? [.. LineUnits.Of(order.Lines)] : null,
        CancelledUnits = null,
        Returns = [],
        Exchanges = [],
        CancelReason = null,
    };
}

/// <summary>An earlier, paid order of the cart that is the response to a checkout.</summary>
/// <param name="OrderId">The earlier order.</param>
/// <param name="Answer">Its state at that time.</param>
public sealed record EarlierOrder(Guid OrderId, CheckoutResult Answer);

/// <summary>
/// The state of an order grain: the order, or the response to a checkout without an order, with the request's fingerprint.
/// </summary>
public sealed record CheckoutState(string Fingerprint, OrderState? Order, Error? Refused)
{
    /// <summary>The earlier order that is the response, because it was already paid.</summary>
    public EarlierOrder? Earlier { get; init; }

    /// <summary>The state of a checkout that was superseded before its first write. It matches any request.</summary>
    public static CheckoutState NeverPlaced { get; } = new("", null, Error.Of(
        ErrorCode.Conflict, "error.superseded", "Another checkout of this cart replaced this one. Use a new key."));

    /// <summary>The digest of what the request says; null when it came from a front end that serves one protocol.</summary>
    public Guid? ContentId { get; init; }

    /// <summary>Returns the state after a request.</summary>
    public static CheckoutState Of(PlaceOrder command, OrderState? order, Error? refused) =>
        new(command.Fingerprint, order, refused) { ContentId = command.ContentId };

    /// <summary>Returns the state of an order from a draft or an exchange. No checkout has its id.</summary>
    public static CheckoutState OfDraft(OrderState order) =>
        new(order.DraftId is { } draft ? $"draft/{draft:N}" : Exchange.CreditIdOf(order.ExchangeId!.Value), order, null);

    /// <summary>Returns the state with the order changed. The digest of an erased buyer's data goes with the data.</summary>
    public CheckoutState With(OrderState order) => this with { Order = order, ContentId = order.BuyerErased ? null : ContentId };

    /// <summary>True when another request created this state. The same request may have come by another protocol.</summary>
    public bool IsOfAnother(PlaceOrder command) =>
        Fingerprint.Length > 0 && Fingerprint != command.Fingerprint && (ContentId is null || ContentId != command.ContentId);
}

/// <summary>The fields by which SQL finds orders.</summary>
public sealed record OrderIndex(Guid? CustomerId, Guid CartId, string Number, OrderStatus Status, string PlacedAt)
{
    /// <summary>Returns the index of an order.</summary>
    public static OrderIndex Of(OrderState order) =>
        new(order.OwnerId, order.CartId, order.Number, order.Status, SortableTime.Of(order.PlacedAt))
        {
            Open = order.IsOpen ? true : null,
            BuyerErased = order.BuyerErased ? true : null,
            RetainUntil = order.Retained is { } kept ? SortableTime.Of(kept.Until) : null,
            Moved = order.CartMoved ? true : null,
            Draft = order.HasCart ? null : true,
            // Set from the first write on, so that the confirmation need not change these index fields.
            Email = order.BuyerErased ? null : EmailAddress.Normalize(order.Email),
            Skus = [.. order.OrderedUnits.Select(u => u.Sku)],
            Returns = order.Returns is { } returns ? [.. returns.Select(r => r.Status).Distinct().Order()] : null,
        };

    /// <summary>The normalized e-mail address; null once the buyer is erased.</summary>
    public string? Email { get; init; }

    /// <summary>The SKUs of the lines; null in rows that an older version wrote.</summary>
    public string[]? Skus { get; init; }

    /// <summary>The statuses of its returns; null for none.</summary>
    public ReturnStatus[]? Returns { get; init; }

    /// <summary>True while <see cref="OrderState.IsOpen"/>, and null otherwise.</summary>
    public bool? Open { get; init; }

    /// <summary>True when the buyer was erased, and null otherwise.</summary>
    public bool? BuyerErased { get; init; }

    /// <summary>Until when the erased buyer's retained data stays.</summary>
    public string? RetainUntil { get; init; }

    /// <summary>True for a guest's order whose lines moved to an account's cart, and null otherwise.</summary>
    public bool? Moved { get; init; }

    /// <summary>True for an order from a draft, which has no cart, and null otherwise.</summary>
    public bool? Draft { get; init; }
}
