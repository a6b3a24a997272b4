using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Carts;
using SoonShop.Inventory;
using SoonShop.Payments;
using SoonShop.Privacy;
using SoonShop.Users;

namespace SoonShop.Orders;

[CollectionAgeLimit(Minutes = 2), EndsWhenEmpty]
internal sealed partial class OrderGrain(
    [PersistentState("order")] IPersistentState<Document<CheckoutState>> storage, TimeProvider time,
    IOptions<CheckoutOptions> options, IOptions<PrivacyOptions> privacy, IPaymentMethods methods, ILogger<OrderGrain> log)
    : AggregateGrain<CheckoutState>(storage, time), IOrderGrain
{
    /// <summary>The longest that a watcher waits for one answer.</summary>
    private static readonly TimeSpan MaxWatch = TimeSpan.FromSeconds(20);

    /// <summary>The most who watch one order at a time.</summary>
    private const int MaxWatchers = 64;

    /// <summary>The status whose consequences this activation has seen to. Another activation does it again, which is harmless.</summary>
    private OrderStatus? seenTo;

    /// <summary>True for an order that this activation placed itself: its reservations cannot have been asked for before.</summary>
    private bool placedHere;

    private TaskCompletionSource changed = NewSignal();
    private int watchers;

    protected override string Aggregate => "order";

    protected override string StreamKeyOf(CheckoutState state) => (state.Order?.CustomerId ?? state.Order?.CartId ?? Id).ToString("N");

    protected override object? IndexOf(CheckoutState state) => state.Order is { } order
        ? new OrderIndex(order.CustomerId, order.CartId, order.Number, order.Status, SortableTime.Of(order.PlacedAt))
        {
            Open = order.IsOpen ? true : null,
            BuyerErased = order.BuyerErased ? true : null,
            RetainUntil = order.Retained is { } kept ? SortableTime.Of(kept.Until) : null,
        }
        : null;

    private Guid Id => this.GetPrimaryKey();

    private OrderState? Order => State?.Order;

    private TimeSpan PaymentWindow => TimeSpan.FromMinutes(options.Value.PaymentWindowMinutes);

    private IPaymentGrain PaymentOfOrder => GrainFactory.GetGrain<IPaymentGrain>(Id);

    // ---- commands

    async Task<Placement> IOrderGrain.PlaceAsync(PlaceOrder command)
    {
        if (State is { } known && known.Fingerprint != command.Fingerprint)
            return new Placement(new Refusal(RefusalCode.IdempotencyKeyReused, "The Idempotency-Key came with another request before. Use a new key."), false);
        if (State?.Refused is { } refused)
            return new Placement(refused, true);
        if (Order?.Answer is { } given)
            return new Placement(Order.ToAnswer(given), true);
        if (Order is null && await PlaceAsync(command) is { } refusal)
            return new Placement(refusal, false);
        await DriveAsync();
        CrashPoint.Pass("order.before-answer");
        return new Placement(Order!.ToAnswer(Order.Answer!), false);
    }

    async Task<Outcome<Order>> IOrderGrain.PayAsync(Caller caller, string attemptId, string paymentMethod, bool savePaymentMethod)
    {
        if (Of(caller) is null)
            return NoOrder;
        if (Order!.Status == OrderStatus.Pending || Order.IsOverdue(PaymentWindow, Now))
            await DriveAsync();
        // The attempt that paid, asked for again.
        if (Order.Status != OrderStatus.AwaitingPayment && Order.Payment?.AttemptId == attemptId)
            return Order.ToView();
        if (Order.WhyNotPay() is { } refusal)
            return refusal;
        var payment = await ChargeAsync(attemptId, paymentMethod, savePaymentMethod, followUp: true);
        await DecideAsync(Order.HearOf(payment, PaymentWindow, Now));
        if (Order.Status != OrderStatus.AwaitingPayment)
            await DriveAsync();
        return Order.Status == OrderStatus.AwaitingPayment && payment.Status == PaymentStatus.Declined
            ? Order.Declined(payment.DeclineCode)
            : Order.ToView();
    }

    async Task<Outcome<Order>> IOrderGrain.CancelAsync(Caller caller, string? reason)
    {
        if (Of(caller) is null)
            return NoOrder;
        if (Order!.Status == OrderStatus.Pending)
        {
            try
            {
                await DriveAsync();
            }
            catch (UnavailableException)
            {
                // Whatever keeps the checkout from its end does not keep the customer from calling it off.
            }
        }
        // The buyer's own is in the order's timeline.
        return await DecideAndDriveAsync(Order.Cancel(reason, Now), caller.Owns(Order.CustomerId, Order.CustomerId is null ? Order.CartId : null) ? null : "orders.cancel", null);
    }

    async Task<Outcome<Order>> IOrderGrain.ShipAsync(string carrier, string trackingNumber)
    {
        if (Order is null)
            return NoOrder;
        if (Order.Ship(carrier, trackingNumber, Now) is { Refusal: null, Changed: true }
            && Order.Payment?.Status == PaymentStatus.Authorized && await CaptureAsync("shipment", null) is { } refusal)
            return refusal;
        return await DecideAndDriveAsync(Order.Ship(carrier, trackingNumber, Now), "orders.ship", new { carrier });
    }

    async Task<Outcome<Order>> IOrderGrain.DeliverAsync() =>
        Order is null ? NoOrder : await DecideAndDriveAsync(Order.Deliver(Now), "orders.deliver");

    async Task<Outcome<Order>> IOrderGrain.CaptureAsync(string captureId, long? amount)
    {
        if (Order is null)
            return NoOrder;
        return await CaptureAsync(captureId, amount) is { } refusal ? refusal : Order.ToView();
    }

    async Task<Outcome<Order>> IOrderGrain.RefundAsync(string refundId, long? amount, string reason)
    {
        if (Order is null)
            return NoOrder;
        if (Order.WhyNotRefund() is { } refusal)
            return refusal;
        var result = await PaymentOfOrder.RefundAsync(new RefundPayment(refundId, amount, reason));
        if (result.IsRefused)
            return result.Refusal;
        await DecideAsync(Order.HearOf(result.Value, PaymentWindow, Now));
        return Order.ToView();
    }

    Task<Outcome<Order>> IOrderGrain.GetAsync(Caller caller) =>
        Task.FromResult<Outcome<Order>>(Of(caller) is { } order ? order.ToView() : NoOrder);

    async Task<Outcome<Order>> IOrderGrain.WatchAsync(Caller caller, int seen, TimeSpan wait, CancellationToken cancellation)
    {
        if (Of(caller) is not { } order)
            return NoOrder;
        if (order.Timeline.Length > seen)
            return order.ToView();
        if (watchers >= MaxWatchers)
            return new Refusal(RefusalCode.RateLimited, "Too many watch this order.") { RetryAfter = TimeSpan.FromSeconds(5) };
        watchers++;
        try
        {
            await changed.Task.WaitAsync(wait < MaxWatch ? wait : MaxWatch, Time, cancellation);
        }
        catch (TimeoutException)
        {
            // Nothing new: the same answer again.
        }
        finally
        {
            watchers--;
        }
        return Order!.ToView();
    }

    async Task IOrderGrain.ResumeAsync(DateTimeOffset? due)
    {
        await DriveAsync(due);
        // A refund may have been confirmed without the order hearing of it.
        if (Order is { NextTask: OrderTask.HandOver or OrderTask.Undo } && await PaymentOfOrder.SettleAsync() is { } payment)
        {
            await DecideAsync(Order.HearOf(payment, PaymentWindow, Now));
            await DriveAsync();
        }
    }

    async Task IOrderGrain.EraseBuyerAsync()
    {
        if (Order is null)
            return;
        await DriveAsync();
        var decision = Order.EraseBuyer(privacy.Value, Now);
        if (decision.Refusal is not null)
            throw new UnavailableException($"Order {Order.Number} is not at its end: its buyer cannot be erased yet.");
        await PaymentOfOrder.EraseAsync();
        await DecideAsync(decision);
    }

    // ---- the checkout

    private async Task<Refusal?> PlaceAsync(PlaceOrder command)
    {
        var (buyer, cartId) = (command.Buyer, command.Buyer.UserId ?? command.Buyer.CartId!.Value);
        var (email, address) = (command.Email, command.ShippingAddress);
        if (buyer.UserId is { } userId)
        {
            var user = GrainFactory.GetGrain<IUserGrain>(userId);
            var profile = await user.GetAsync();
            if (profile.IsRefused)
                return profile.Refusal;
            email ??= profile.Value.Email;
            if (command.AddressId is { } addressId)
                address = (await user.GetAddressesAsync()).FirstOrDefault(a => a.Id == addressId)?.Address;
        }
        if (email is null)
            return Refusal.Invalid("email", "is required for guests");
        if (address is null)
            return command.AddressId is null
                ? Refusal.Invalid("shippingAddress", "is required, or addressId")
                : Refusal.NotFound($"The address {command.AddressId}");

        var cart = await GrainFactory.GetGrain<ICartGrain>(cartId).BeginCheckoutAsync(buyer, Id);
        if (cart.IsRefused)
        {
            // What the cart's content refuses is this key's answer; what passes by itself may be asked again under it.
            if (cart.Refusal is { Code: RefusalCode.CartEmpty or RefusalCode.Conflict, RetryAfter: null })
                await CommitAsync(new CheckoutState(command.Fingerprint, null, cart.Refusal), []);
            return cart.Refusal;
        }
        var decision = OrderState.Place(Id, buyer, cartId, email, address, command.PaymentMethod, cart.Value, options.Value, Now);
        CrashPoint.Pass("order.place.before-write");
        var order = command.SavePaymentMethod ? decision.State with { SavePaymentMethod = true } : decision.State;
        await CommitAsync(new CheckoutState(command.Fingerprint, order, null), decision.Events);
        CrashPoint.Pass("order.placed");
        placedHere = true;
        return null;
    }

    /// <summary>
    /// Does what is left to do, until nothing is. Each step may have been done before, by an activation that did not live to
    /// write it down. Throws when a step cannot be done now; a scheduled event comes back to it.
    /// </summary>
    private async Task DriveAsync(DateTimeOffset? due = null)
    {
        while (Order is { } order && seenTo != order.Status)
        {
            switch (order.NextTask)
            {
                case OrderTask.ReserveAndPay when IsOverdue(order, due):
                    await EndOverdueAsync(order);
                    break;
                case OrderTask.ReserveAndPay:
                    await ReserveAndPayAsync(order);
                    if (Order.Status == OrderStatus.AwaitingPayment)
                    {
                        await Cart(order).EndCheckoutAsync(Id, order.PlacedAt, null);
                        return;
                    }
                    break;
                case OrderTask.AwaitPayment:
                    if (!await AwaitPaymentAsync(order, due))
                        return;
                    break;
                case OrderTask.HandOver:
                    await HandOverAsync(order);
                    seenTo = order.Status;
                    break;
                case OrderTask.Undo:
                    await UndoAsync(order);
                    seenTo = order.Status;
                    break;
            }
        }
    }

    private async Task ReserveAndPayAsync(OrderState order)
    {
        // Whatever comes of it, the next time is a repetition: an answer may be lost on its way.
        var repeated = !placedHere;
        placedHere = false;
        var answers = await Task.WhenAll(order.Totals.Lines.Select(l => Stock(l.Sku).ReserveAsync(Id, l.Quantity, repeated)));
        CrashPoint.Pass("order.reserved");
        var refusals = answers.Where(a => a.IsRefused).Select(a => a.Refusal!).ToArray();
        if (refusals.Length > 0)
        {
            await DecideAsync(order.Reject([.. refusals.SelectMany(r => r.Lines ?? [])], Now));
            return;
        }
        var payment = await ChargeAsync("checkout", order.PaymentMethod, order.SavePaymentMethod, followUp: false);
        CrashPoint.Pass("order.paid");
        await DecideAsync(order.HearOf(payment, PaymentWindow, Now));
        CrashPoint.Pass("order.confirmed");
    }

    /// <summary>The time is over: nothing is taken any more. If the customer was quicker, it is confirmed.</summary>
    private async Task EndOverdueAsync(OrderState order)
    {
        var payment = await PaymentOfOrder.CancelAsync(order.Terms, refundCaptured: false, "payment deadline");
        await DecideAsync(payment.Status == PaymentStatus.Cancelled ? order.Expire(payment, Now) : order.HearOf(payment, PaymentWindow, Now));
    }

    /// <summary>By this silo's clock, or by the database's, whose scheduled event has come. The database keeps microseconds, the order ticks.</summary>
    private bool IsOverdue(OrderState order, DateTimeOffset? due) =>
        order.IsOverdue(PaymentWindow, Now) || (due is { } time && order.IsOverdue(PaymentWindow, time.AddMilliseconds(1)));

    /// <summary>Takes what was authorized. Null when it is taken.</summary>
    private async Task<Refusal?> CaptureAsync(string captureId, long? amount)
    {
        if (Order!.WhyNotCapture() is { } refusal)
            return refusal;
        var result = await PaymentOfOrder.CaptureAsync(new CapturePayment(captureId, amount));
        if (result.IsRefused)
            return result.Refusal;
        await DecideAsync(Order.HearOf(result.Value, PaymentWindow, Now));
        return null;
    }

    /// <summary>False while there is nothing to do but wait.</summary>
    private async Task<bool> AwaitPaymentAsync(OrderState order, DateTimeOffset? due)
    {
        if (IsOverdue(order, due))
        {
            await EndOverdueAsync(order);
        }
        else
        {
            if (await PaymentOfOrder.SettleAsync() is not { } payment)
                return false;
            await DecideAsync(order.HearOf(payment, PaymentWindow, Now));
        }
        return Order!.Status != OrderStatus.AwaitingPayment;
    }

    private Task HandOverAsync(OrderState order) => Task.WhenAll(SellAsync(order), ClearCartAsync(order));

    private async Task SellAsync(OrderState order)
    {
        var sales = await Task.WhenAll(order.Totals.Lines.Select(l => Stock(l.Sku).CommitAsync(Id)));
        CrashPoint.Pass("order.stock-committed");
        if (sales.Any(s => s.IsRefused))
            LogLostReservation(log, Id);
    }

    private async Task ClearCartAsync(OrderState order)
    {
        await Cart(order).EndCheckoutAsync(Id, order.PlacedAt, [.. order.Totals.Lines.Select(l => new CartLine(l.Sku, l.Name, l.Quantity, l.UnitPrice))]);
        CrashPoint.Pass("order.cart-cleared");
    }

    private async Task UndoAsync(OrderState order)
    {
        // A line that was refused holds nothing.
        var refused = order.Shortages?.Select(s => s.Sku).ToHashSet() ?? [];
        await Task.WhenAll(order.Totals.Lines.Where(l => !refused.Contains(l.Sku)).Select(l => Stock(l.Sku).ReleaseAsync(Id)));
        await Cart(order).EndCheckoutAsync(Id, order.PlacedAt, null);
        if (order.Status == OrderStatus.Cancelled)
        {
            var payment = await PaymentOfOrder.CancelAsync(order.Terms, refundCaptured: true, order.CancelReason ?? "order cancelled");
            await DecideAsync(Order!.HearOf(payment, PaymentWindow, Now));
        }
    }

    // ---- pieces

    private async Task<Outcome<Order>> DecideAndDriveAsync(Decision<OrderState> decision, string? audited, object? details = null)
    {
        if (decision.Refusal is { } refusal)
            return refusal;
        await DecideAsync(decision, audited is null ? null : Audit(new Act(audited, Id.ToString())
        {
            Before = new { Order!.Status },
            After = new { decision.State.Status },
            Details = details,
        }));
        await DriveAsync();
        return Order!.ToView();
    }

    private async Task DecideAsync(Decision<OrderState> decision, Audited? act = null)
    {
        if (!decision.Changed)
            return;
        try
        {
            await CommitAsync(State! with { Order = decision.State }, act is null ? decision.Events : [.. decision.Events, act]);
        }
        finally
        {
            // Watchers go when a commit fails, too: this activation ends only without them.
            var signal = changed;
            changed = NewSignal();
            signal.TrySetResult();
        }
    }

    private OrderState? Of(Caller caller) =>
        Order is { } order && caller.MaySee(order.CustomerId, order.CustomerId is null ? order.CartId : null) ? order : null;

    private async Task<Payment> ChargeAsync(string attemptId, string method, bool keep, bool followUp)
    {
        var charge = await ChargeForAsync(attemptId, method, keep);
        var payment = await PaymentOfOrder.ChargeAsync(charge with { FollowUp = followUp });
        if (payment.DeclineCode == PaymentCustomer.UnknownCode && charge.Customer is { } unknown)
            await GrainFactory.GetGrain<IPaymentCustomerGrain>(Order!.CustomerId!.Value).ForgetAsync(unknown);
        return payment;
    }

    /// <summary>A charge; with the provider's customer, where the method may be one that is kept, or is to be.</summary>
    private async Task<Charge> ChargeForAsync(string attemptId, string method, bool keep)
    {
        var charge = new Charge(attemptId, Order!.Terms, method);
        if (!methods.AreKept || Order.CustomerId is not { } customerId)
            return charge;
        var customer = GrainFactory.GetGrain<IPaymentCustomerGrain>(customerId);
        var reference = keep ? await customer.OpenAsync(Order.Email) : await customer.GetReferenceAsync();
        return charge with { Customer = reference, KeepMethod = keep && reference is not null };
    }

    private IInventoryItemGrain Stock(string sku) => GrainFactory.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku));

    private ICartGrain Cart(OrderState order) => GrainFactory.GetGrain<ICartGrain>(order.CartId);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static Refusal NoOrder { get; } = Refusal.NotFound("The order");

    [LoggerMessage(Level = LogLevel.Critical, Message = "Order {OrderId} is confirmed, but a reservation of it was released. Compare the stock ledger with the order.")]
    private static partial void LogLostReservation(ILogger log, Guid orderId);
}
