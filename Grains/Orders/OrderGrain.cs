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

[DeactivateWhenEmpty]
internal sealed partial class OrderGrain(
    [LazyState("order")] IPersistentState<StateEnvelope<CheckoutState>> storage, TimeProvider time,
    IOptions<CheckoutOptions> options, IOptions<PrivacyOptions> privacy, IPaymentMethods methods, ICheckoutWatch watch, ILogger<OrderGrain> log)
    : AggregateGrain<CheckoutState>(storage, time), IOrderGrain
{
    /// <summary>The longest that a watcher waits for one answer.</summary>
    private static readonly TimeSpan MaxWatch = TimeSpan.FromSeconds(20);

    /// <summary>The most who watch one order at a time.</summary>
    private const int MaxWatchers = 64;

    /// <summary>The most earlier orders of its cart that a checkout ends.</summary>
    private const int MaxSuperseded = 2 * IOrderQueries.MaxUnfinished;

    /// <summary>
    /// How long the first write may take, from when the cart was asked, until the cart is asked again whether this is still its order: by then,
    /// another activation of the cart may have let another checkout begin.
    /// </summary>
    private static readonly TimeSpan ClaimPatience = TimeSpan.FromSeconds(1);

    /// <summary>The same for the whole of the placing: a silo that stood still before it asked may have asked a cart that lives elsewhere by then.</summary>
    private static readonly TimeSpan PlacingPatience = TimeSpan.FromSeconds(3);

    /// <summary>How long a checkout that failed waits for its cart to hear of it.</summary>
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(2);

    /// <summary>How far the order was when this activation last handed it over or undid it. Another activation does it again, which is harmless.</summary>
    private OrderProgress? done;

    /// <summary>Whether this activation has sold the order's units and told the cart. Refunds and units that go back do not change that.</summary>
    private bool isSold;

    /// <summary>Whether this activation has released the order's units and told the cart that it ended.</summary>
    private bool isReleased;

    /// <summary>The units that this activation has put back in stock.</summary>
    private ImmutableArray<LineUnits> returned = [];

    /// <summary>True for an order that this activation placed itself: its reservations cannot have been asked for before.</summary>
    private bool placedHere;

    /// <summary>
    /// True when no other order of the cart can be bought beside this one: its first write was there so soon that every other checkout of the
    /// cart finds it, or the cart was asked since. An activation that finds the order in the database does not know when it came there.
    /// </summary>
    private bool claimed;

    private TaskCompletionSource changed = NewSignal();
    private int watchers;

    protected override string Aggregate => "order";

    protected override string StreamKeyOf(CheckoutState state) => (state.Order?.OwnerId ?? state.Order?.CartId ?? Id).ToString("N");

    private protected override bool NeedsState(string method) => method != nameof(IOrderGrain.PlaceAsync);

    protected override object? IndexOf(CheckoutState state) => state.Order is { } order ? OrderIndex.Of(order) : null;

    private Guid Id => this.GetPrimaryKey();

    private OrderState? Order => State?.Order;

    private TimeSpan PaymentWindow => TimeSpan.FromMinutes(options.Value.PaymentWindowMinutes);

    private IPaymentGrain PaymentOfOrder => GrainFactory.GetGrain<IPaymentGrain>(Id);

    // ---- commands

    async Task<Placement> IOrderGrain.PlaceAsync(PlaceOrder command)
    {
        if (await RepeatAsync(command) is { } given)
            return given;
        try
        {
            if (Order is null)
            {
                Error? error = null;
                try
                {
                    // An order of a new key has no row, and nobody looks for one: should the request have come before, the first write finds it.
                    error = await PlaceAsync(command);
                    if (error is not null && !ReferenceEquals(error, State?.Refused))
                        await ReadNewAsync();
                }
                catch (StateExistsException)
                {
                    // An order that was cut off goes on, whatever a new one would be refused for.
                    error = null;
                    await GrainFactory.GetGrain<ICartGrain>(CartOf(command.Buyer)).EndCheckoutAsync(Id, Now, null);
                    if (await RepeatAsync(command) is { } earlier)
                        return earlier;
                }
                if (error is not null)
                    return new Placement(error, false);
            }
            if (State!.Earlier is { } paid)
                return new Placement(await ReplayAsync(paid, command.Buyer), false);
            await AdvanceAsync();
            // What waits for its payment is looked at once more soon: the customer, or the bank, may have acted at once.
            if (Order!.Status != OrderStatus.AwaitingPayment)
                watch.End(Id);
        }
        catch
        {
            await LeaveCartAsync(CartOf(command.Buyer));
            throw;
        }
        CrashPoint.Pass("order.before-answer");
        return new Placement(Order!.ToResult(Order.Answer!), false);
    }

    /// <summary>The answer to a request that came before; null for a new one, and for one whose checkout was cut off.</summary>
    private async Task<Placement?> RepeatAsync(PlaceOrder command)
    {
        if (State?.IsOfAnother(command.Fingerprint) == true)
            return new Placement(new Error(ErrorCode.IdempotencyKeyReused, "The Idempotency-Key came with another request before. Use a new key."), false);
        if (State?.Refused is { } refused)
            return new Placement(refused, true);
        if (State?.Earlier is { } earlier)
            return new Placement(await ReplayAsync(earlier, command.Buyer), true);
        return Order?.Answer is { } given ? new Placement(Order.ToResult(given), true) : null;
    }

    async Task<Result<Order>> IOrderGrain.PayAsync(Caller caller, string attemptId, string paymentMethod, bool savePaymentMethod)
    {
        if (Of(caller) is null)
            return NoOrder;
        if (Order!.Status == OrderStatus.Pending)
            await AdvanceAsync();
        // The attempt that paid, asked for again.
        if (Order.Status != OrderStatus.AwaitingPayment && Order.Payment?.AttemptId == attemptId)
            return Order.ToView(caller);
        if (Order.CheckCanPay(Now) is { } error)
            return error;
        var payer = Order.CustomerId ?? (caller.Owns(Order.AccountId, null) ? Order.AccountId : null);
        var charge = await ChargeForAsync(attemptId, paymentMethod, savePaymentMethod, payer);
        var payment = await ChargeAsync(charge with { FollowUp = true }, payer);
        await DecideAsync(Order.Apply(payment, PaymentWindow, Now));
        if (Order.Status != OrderStatus.AwaitingPayment)
            await AdvanceAsync();
        return Order.Status == OrderStatus.AwaitingPayment && payment.Status == PaymentStatus.Declined
            ? Order.Declined(payment.DeclineCode)
            : Order.ToView(caller);
    }

    async Task<Result<Order>> IOrderGrain.CancelAsync(Caller caller, string? reason)
    {
        if (Of(caller) is null)
            return NoOrder;
        if (reason is not null && MailedText.Problem(reason) is { } problem)
            return Error.Invalid("reason", problem);
        if (Order!.Status == OrderStatus.Pending)
        {
            try
            {
                await AdvanceAsync();
            }
            catch (UnavailableException)
            {
                // Whatever keeps the checkout from its end does not keep the customer from calling it off.
            }
        }
        // The buyer's own is in the order's timeline.
        return await DecideAndAdvanceAsync(Order.Cancel(reason, Now), Order.IsBoughtBy(caller) ? null : "orders.cancel", null);
    }

    async Task<Result<Order>> IOrderGrain.ShipAsync(string carrier, string trackingNumber)
    {
        if (Order is null)
            return NoOrder;
        // What is being refunded is not shipped.
        await RequestRefundsAsync();
        if (Order.Ship(carrier, trackingNumber, Now) is { Error: null, Changed: true }
            && Order.Payment?.Status == PaymentStatus.Authorized && await CaptureAsync("shipment", null) is { } error)
            return error;
        return await DecideAndAdvanceAsync(Order.Ship(carrier, trackingNumber, Now), "orders.ship", new { carrier });
    }

    async Task<Result<Order>> IOrderGrain.DeliverAsync() =>
        Order is null ? NoOrder : await DecideAndAdvanceAsync(Order.Deliver(Now), "orders.deliver");

    async Task IOrderGrain.CloseDeliveryAsync()
    {
        if (Order is not null)
            await DecideAsync(Order.CloseDelivery(TimeSpan.FromDays(options.Value.DeliveredAfterDays), Now));
    }

    async Task<Result<Order>> IOrderGrain.CaptureAsync(string captureId, long? amount)
    {
        if (Order is null)
            return NoOrder;
        return await CaptureAsync(captureId, amount) is { } error ? error : Order.ToView(Shop);
    }

    Task<Result<Order>> IOrderGrain.RefundAsync(string refundId, long? amount, string reason) =>
        ((IOrderGrain)this).RefundAsync(new RefundOrder(refundId, amount, null, amount is null, reason));

    async Task<Result<Order>> IOrderGrain.RefundAsync(RefundOrder command)
    {
        if (Order is null)
            return NoOrder;
        await RequestRefundsAsync();
        var decision = Order.BeginRefund(command, Now);
        if (decision.Error is { } error)
            return error;
        await DecideAsync(decision, command.Lines is { } lines ? Audit(new AuditEvent("orders.refund-lines", Id.ToString()) { Details = new { command.RefundId, lines } }) : null);
        CrashPoint.Pass("order.refund.written");
        if (await RequestRefundsAsync(command.RefundId) is { } refused)
            return refused;
        CrashPoint.Pass("order.refund.done");
        await AdvanceAsync();
        return Order.ToView(Shop);
    }

    Task<Result<Order>> IOrderGrain.GetAsync(Caller caller) =>
        Task.FromResult<Result<Order>>(Of(caller) is { } order ? order.ToView(caller) : NoOrder);

    async Task<Result<Order>> IOrderGrain.WatchAsync(Caller caller, int seen, TimeSpan wait, CancellationToken cancellation)
    {
        if (Of(caller) is not { } order)
            return NoOrder;
        if (order.Timeline.Length > seen)
            return order.ToView(caller);
        if (watchers >= MaxWatchers)
            return new Error(ErrorCode.RateLimited, "Too many watch this order.") { RetryAfter = TimeSpan.FromSeconds(5) };
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
        return Order!.ToView(caller);
    }

    async Task IOrderGrain.ResumeAsync(DateTimeOffset? due)
    {
        try
        {
            await AdvanceAsync(due);
        }
        catch when (Order is { Status: OrderStatus.Pending, PaymentDeadline: null } waiting)
        {
            // It is tried again and again, and that has an end.
            await DecideAsync(waiting.LimitTrying(PaymentWindow, Now));
            throw;
        }
        // A refund may have been confirmed without the order hearing of it.
        if (Order is { PendingStep: OrderStep.Complete or OrderStep.Compensate } && await PaymentOfOrder.SettleAsync() is { } payment)
        {
            await DecideAsync(Order.Apply(payment, PaymentWindow, Now));
            await AdvanceAsync();
        }
    }

    async Task<Result<Order>> IOrderGrain.SupersedeAsync(Guid newerOrderId)
    {
        if (State is null)
            await CommitAsync(CheckoutState.NeverPlaced, []);
        if (Order is null)
            return NoOrder;
        await DecideAsync(Order.Supersede(newerOrderId, Now));
        CrashPoint.Pass("order.superseded");
        await AdvanceAsync();
        CrashPoint.Pass("order.superseded.ended");
        return Order.ToView();
    }

    async Task IOrderGrain.AssignAsync(Guid accountId, bool cartMoved)
    {
        if (State is null)
            await CommitAsync(CheckoutState.NeverPlaced, []);
        if (Order?.Assign(accountId, cartMoved, Now) is not { Changed: true } decision)
            return;
        // Who asks is a cart, which the order must not call meanwhile: what follows is for later.
        await DecideAsync(decision);
        (done, isSold, isReleased) = (null, false, false);
    }

    async Task IOrderGrain.EraseBuyerAsync()
    {
        if (Order is null)
            return;
        await AdvanceAsync();
        var decision = Order.EraseBuyer(privacy.Value, Now);
        if (decision.Error is not null)
            throw new UnavailableException($"Order {Order.Number} is not at its end: its buyer cannot be erased yet.");
        await PaymentOfOrder.EraseAsync();
        await DecideAsync(decision);
    }

    // ---- the checkout

    /// <summary>Places the order; null when it stands, or when an earlier order of the cart is the answer.</summary>
    private async Task<Error?> PlaceAsync(PlaceOrder command)
    {
        var started = Time.GetTimestamp();
        var (buyer, cartId) = (command.Buyer, CartOf(command.Buyer));
        var (email, address) = (command.Email, command.ShippingAddress);
        if (buyer.UserId is { } userId)
        {
            var user = GrainFactory.GetGrain<IUserGrain>(userId);
            var profile = await user.GetAsync();
            if (profile.IsError)
                return profile.Error;
            email ??= profile.Value.Email;
            if (command.AddressId is { } addressId)
                address = (await user.GetAddressesAsync()).FirstOrDefault(a => a.Id == addressId)?.Address;
        }
        if (email is null)
            return Error.Invalid("email", "is required for guests");
        if (address is null)
            return command.AddressId is null
                ? Error.Invalid("shippingAddress", "is required, or addressId")
                : Error.NotFound($"The address {command.AddressId}");
        var destination = Destinations.Check(address, command.AddressId, options.Value);
        if (destination.IsError)
            return destination.Error;
        address = destination.Value;

        var basket = GrainFactory.GetGrain<ICartGrain>(cartId);
        var (asked, begun) = (Time.GetTimestamp(), Now);
        var cart = await basket.BeginCheckoutAsync(buyer, Id);
        // A request that came before ends nothing, and its first answer stands.
        if (cart.IsError)
            await ReadNewAsync();
        // Before an earlier order is ended: a buyer who was shown another cart ends nothing.
        if (cart.Error is { RetryAfter: null } or { OrderId: not null } && await RefuseUnexpectedAsync(command, basket, address) is { } unexpected)
            return unexpected;
        for (var superseded = 0; cart.Error?.OrderId is { } earlier && superseded < MaxSuperseded; superseded++)
        {
            if (await SupersedeAsync(earlier, cartId) is { } paid)
            {
                var answer = new EarlierOrder(paid.Id, CheckoutResult.Of(paid));
                await CommitNewAsync(new CheckoutState(command.Fingerprint, null, null) { Earlier = answer }, []);
                return null;
            }
            (asked, begun) = (Time.GetTimestamp(), Now);
            cart = await basket.BeginCheckoutAsync(buyer, Id);
        }
        if (cart.IsError)
        {
            // What the cart's content refuses is this key's answer; what passes by itself may be asked again under it.
            if (cart.Error is { Code: ErrorCode.CartEmpty or ErrorCode.Conflict, RetryAfter: null })
                await CommitNewAsync(new CheckoutState(command.Fingerprint, null, cart.Error), []);
            return cart.Error;
        }
        if (await RefuseUnexpectedAsync(command, cart.Value, address) is { } changed)
        {
            await basket.EndCheckoutAsync(Id, Now, null);
            return changed;
        }
        // Placed when the cart was asked, and not when it has answered: whatever the cart let begin afterwards is newer.
        var decision = OrderState.Place(Id, buyer, cartId, email, address, command.PaymentMethod, cart.Value, options.Value, begun);
        CrashPoint.Pass("order.place.before-write");
        var order = command.SavePaymentMethod ? decision.State with { SavePaymentMethod = true } : decision.State;
        await CommitNewAsync(new CheckoutState(command.Fingerprint, order, null), decision.Events);
        CrashPoint.Pass("order.placed");
        placedHere = true;
        claimed = Time.GetElapsedTime(asked) <= ClaimPatience && Time.GetElapsedTime(started) <= PlacingPatience;
        return null;
    }

    /// <summary>
    /// Asks the cart whether the order may go on, and ends the older ones of the cart that are not paid. False when another order of the cart was
    /// bought, or is newer: then this one has begun to end. Of two that ask, the newer goes on, whoever asks first; so never both end. Throws while
    /// another checkout of the cart is under way.
    /// </summary>
    private async Task<bool> ClaimAsync(OrderState order)
    {
        ImmutableArray<LineUnits> units = [.. order.Totals.Lines.Select(l => new LineUnits(l.Sku, l.Quantity))];
        for (var superseded = 0; superseded < MaxSuperseded; superseded++)
        {
            if ((await Cart(order).ResumeCheckoutAsync(Id, order.PlacedAt, units)).Error is not { } error)
                return claimed = true;
            Guid? winner = error.RetryAfter is null ? error.OrderId ?? Guid.Empty
                : error.OrderId is { } older ? (await SupersedeAsync(older, order.CartId))?.Id
                : throw new UnavailableException(error.Detail);
            if (winner is { } other)
            {
                await DecideAsync(order.Supersede(other, Now));
                return false;
            }
        }
        throw new UnavailableException($"Order {order.Number} has too many others of its cart before it.");
    }

    /// <summary>Ends an earlier order of the cart; answers it when it is paid.</summary>
    private async Task<Order?> SupersedeAsync(Guid earlier, Guid cartId)
    {
        var ended = await GrainFactory.GetGrain<IOrderGrain>(earlier).SupersedeAsync(Id);
        // Also when it is paid: it works on the cart no more.
        await GrainFactory.GetGrain<ICartGrain>(cartId).EndCheckoutAsync(earlier, Now, null);
        return ended is { IsError: false, Value: { Status: OrderStatus.Confirmed or OrderStatus.Shipped or OrderStatus.Delivered } paid } ? paid : null;
    }

    private async Task<Result<Order>> ReplayAsync(EarlierOrder earlier, Caller buyer)
    {
        var order = await GrainFactory.GetGrain<IOrderGrain>(earlier.OrderId).GetAsync(buyer);
        return order.IsError ? order : earlier.Answer.ApplyTo(order.Value, null);
    }

    /// <summary>Lets the cart know that nobody works on the checkout. Should that fail, it knows after a while.</summary>
    private async Task LeaveCartAsync(Guid cartId)
    {
        try
        {
            await GrainFactory.GetGrain<ICartGrain>(cartId).LeaveCheckoutAsync(Id).WaitAsync(LeavePatience, Time);
        }
        catch (Exception e)
        {
            LogNotLeft(log, Id, e.Message);
        }
    }

    /// <summary>The same for a cart that lets no checkout begin; null also when the buyer has not said what was shown.</summary>
    private async Task<Error?> RefuseUnexpectedAsync(PlaceOrder command, ICartGrain basket, Address address)
    {
        if (command is { ExpectedTotal: null, ExpectedCart: null })
            return null;
        var shown = await basket.GetAsync(command.Buyer);
        return shown.IsError
            ? shown.Error
            : await RefuseUnexpectedAsync(command, [.. shown.Value.Items.Select(i => new CartLine(i.Sku, i.Name, i.Quantity, i.UnitPrice))], address);
    }

    /// <summary>
    /// Refuses a cart that is not what the buyer was shown. That the total is another one is this key's answer; that the cart is another one
    /// says nothing about the request, which may come again under the key with another If-Match.
    /// </summary>
    private async Task<Error?> RefuseUnexpectedAsync(PlaceOrder command, ImmutableArray<CartLine> lines, Address address)
    {
        if (command.ExpectedCart is { } tag && tag != Carts.Cart.TagOf(lines))
            return Error.PreconditionFailed();
        // An empty cart has an answer of its own.
        if (command.ExpectedTotal is not { } expected || lines.IsEmpty || OrderTotals.Compute(lines, address.Country, options.Value).CheckExpected(expected, options.Value.Currency) is not { } error)
            return null;
        await CommitNewAsync(new CheckoutState(command.Fingerprint, null, error), []);
        return error;
    }

    /// <summary>
    /// Does what is left to do, until nothing is. Each step may have been done before, by an activation that did not live to
    /// write it down. Throws when a step cannot be done now; the watch over checkouts, or a scheduled event, comes back to it.
    /// </summary>
    private async Task AdvanceAsync(DateTimeOffset? due = null)
    {
        while (Order is { } order && done != order.Progress)
        {
            switch (order.PendingStep)
            {
                case OrderStep.EndUnpaid:
                    await EndUnpaidAsync(order, OrderState.SupersededReason, order.EndSuperseded);
                    break;
                case OrderStep.ReserveAndPay when IsOverdue(order, due):
                    await EndUnpaidAsync(order, "payment deadline", order.Expire);
                    break;
                case OrderStep.ReserveAndPay when !claimed && !await ClaimAsync(order):
                    // It ends, and nothing was charged for it.
                    break;
                case OrderStep.ReserveAndPay:
                    await ReserveAndPayAsync(order);
                    if (Order.Status == OrderStatus.AwaitingPayment)
                    {
                        await Cart(order).EndCheckoutAsync(Id, order.PlacedAt, null);
                        return;
                    }
                    break;
                case OrderStep.AwaitPayment:
                    if (!await AwaitPaymentAsync(order, due))
                        return;
                    break;
                case OrderStep.Complete:
                    await CompleteAsync(order);
                    done = order.Progress;
                    break;
                case OrderStep.Compensate:
                    await CompensateAsync(order);
                    done = order.Progress;
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
        var refusals = answers.Where(a => a.IsError).Select(a => a.Error!).ToArray();
        if (refusals.Length > 0)
        {
            await DecideAsync(order.Reject([.. refusals.SelectMany(r => r.Lines ?? [])], Now));
            return;
        }
        var charge = await ChargeForAsync("checkout", order.PaymentMethod, order.SavePaymentMethod, order.CustomerId);
        var payment = await ChargeAsync(charge with { IsFirst = !repeated }, order.CustomerId);
        CrashPoint.Pass("order.paid");
        var decision = order.Apply(payment, PaymentWindow, Now);
        // A paid order is confirmed, whatever happens from here on. So its units and its cart need not wait until that is written: all three are
        // written at once, and an activation that finds the order still pending does them again.
        await (decision.State.PendingStep == OrderStep.Complete ? Task.WhenAll(DecideAsync(decision), HandOverGoodsAsync(order)) : DecideAsync(decision));
        CrashPoint.Pass("order.confirmed");
    }

    /// <summary>Nothing is taken any more. If the customer was quicker, it is confirmed.</summary>
    private async Task EndUnpaidAsync(OrderState order, string reason, Func<Payment, DateTimeOffset, Decision<OrderState>> end)
    {
        var payment = await PaymentOfOrder.CancelAsync(order.Terms, refundCaptured: false, reason);
        await DecideAsync(payment.Status == PaymentStatus.Cancelled ? end(payment, Now) : order.Apply(payment, PaymentWindow, Now));
    }

    /// <summary>
    /// By the database's clock alone, whose scheduled event has come: this silo's may be wrong. The database keeps microseconds, the order ticks.
    /// </summary>
    private static bool IsOverdue(OrderState order, DateTimeOffset? due) => due is { } time && order.IsOverdue(time.AddMilliseconds(1));

    /// <summary>Takes what was authorized. Null when it is taken.</summary>
    private async Task<Error?> CaptureAsync(string captureId, long? amount)
    {
        if (Order!.CheckCanCapture() is { } error)
            return error;
        var result = await PaymentOfOrder.CaptureAsync(new CapturePayment(captureId, amount));
        if (result.IsError)
            return result.Error;
        await DecideAsync(Order.Apply(result.Value, PaymentWindow, Now));
        return null;
    }

    /// <summary>False while there is nothing to do but wait.</summary>
    private async Task<bool> AwaitPaymentAsync(OrderState order, DateTimeOffset? due)
    {
        if (IsOverdue(order, due))
        {
            await EndUnpaidAsync(order, "payment deadline", order.Expire);
        }
        else
        {
            if (await PaymentOfOrder.SettleAsync() is not { } payment)
                return false;
            await DecideAsync(order.Apply(payment, PaymentWindow, Now));
        }
        return Order!.Status != OrderStatus.AwaitingPayment;
    }

    private async Task CompleteAsync(OrderState order)
    {
        if (!isSold)
            await HandOverGoodsAsync(order);
        await ReturnUnitsAsync();
        // What comes of them is progress, and is seen to in the next round.
        await RequestRefundsAsync();
    }

    private async Task HandOverGoodsAsync(OrderState order)
    {
        await Task.WhenAll(SellAsync(order), ClearCartAsync(order));
        isSold = true;
    }

    /// <summary>Asks the payment for every refund that was decided and not answered. The refusal, if the payment refuses the one with this id.</summary>
    private async Task<Error?> RequestRefundsAsync(string? refundId = null)
    {
        Error? error = null;
        while (Order!.OpenRefund is { } refund)
        {
            // Units that cost nothing need no payment.
            var result = refund.Amount == 0 ? null : await PaymentOfOrder.RefundAsync(new RefundPayment(refund.Id, refund.Amount, refund.Reason));
            CrashPoint.Pass("order.refund.answered");
            if (result is { IsError: true } refused)
            {
                error = refund.Id == refundId ? refused.Error : error;
                await DecideAsync(Order.DropRefund(refund.Id));
            }
            else
            {
                await DecideAsync(Order.EndRefund(refund.Id, result?.Value, PaymentWindow, Now));
            }
        }
        return error;
    }

    /// <summary>Puts the units back in stock that will not be shipped.</summary>
    private async Task ReturnUnitsAsync()
    {
        if (Order!.BackInStock is not { } units)
            return;
        var returns = await Task.WhenAll(units.Except(returned).Select(u => Stock(u.Sku).ReturnAsync(Id, u.Quantity)));
        returned = units;
        CrashPoint.Pass("order.stock-returned");
        if (returns.Any(r => r.IsError))
            LogLostReservation(log, Id);
    }

    private async Task SellAsync(OrderState order)
    {
        var sales = await Task.WhenAll(order.Totals.Lines.Select(l => Stock(l.Sku).CommitAsync(Id)));
        CrashPoint.Pass("order.stock-committed");
        if (sales.Any(s => s.IsError))
            LogLostReservation(log, Id);
    }

    private async Task ClearCartAsync(OrderState order)
    {
        ImmutableArray<CartLine> bought = [.. order.Totals.Lines.Select(l => new CartLine(l.Sku, l.Name, l.Quantity, l.UnitPrice))];
        await Cart(order).EndCheckoutAsync(Id, order.PlacedAt, bought);
        if (MovedCart(order) is { } moved)
            await moved.EndMovedCheckoutAsync(order.CartId, Id, order.PlacedAt, bought);
        CrashPoint.Pass("order.cart-cleared");
    }

    private async Task CompensateAsync(OrderState order)
    {
        if (!isReleased)
        {
            await ReleaseAsync(order);
            isReleased = true;
        }
        if (order.Status == OrderStatus.Cancelled)
        {
            await RequestRefundsAsync();
            var payment = await PaymentOfOrder.CancelAsync(order.Terms, refundCaptured: true, order.CancelReason ?? "order cancelled");
            await DecideAsync(Order!.Apply(payment, PaymentWindow, Now));
        }
    }

    private async Task ReleaseAsync(OrderState order)
    {
        // A line that was refused holds nothing.
        var refused = order.Shortages?.Select(s => s.Sku).ToHashSet() ?? [];
        await Task.WhenAll(order.Totals.Lines.Where(l => !refused.Contains(l.Sku)).Select(l => Stock(l.Sku).ReleaseAsync(Id)));
        await Cart(order).EndCheckoutAsync(Id, order.PlacedAt, null);
        if (MovedCart(order) is { } moved)
            await moved.EndCheckoutAsync(Id, order.PlacedAt, null);
    }

    // ---- pieces

    private async Task<Result<Order>> DecideAndAdvanceAsync(Decision<OrderState> decision, string? audited, object? details = null)
    {
        if (decision.Error is { } error)
            return error;
        await DecideAsync(decision, audited is null ? null : Audit(new AuditEvent(audited, Id.ToString())
        {
            Before = new { Order!.Status },
            After = new { decision.State.Status },
            Details = details,
        }));
        await AdvanceAsync();
        return Order!.ToView(Shop);
    }

    private async Task DecideAsync(Decision<OrderState> decision, AuditRecorded? auditEvent = null)
    {
        if (!decision.Changed)
            return;
        try
        {
            await CommitAsync(State! with { Order = decision.State },
                auditEvent is null ? decision.Events : [.. decision.Events, auditEvent]);
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
        Order is { } order && (caller.IsAdmin || order.IsBoughtBy(caller)) ? order : null;

    private async Task<Payment> ChargeAsync(Charge charge, Guid? payer)
    {
        var payment = await PaymentOfOrder.ChargeAsync(charge);
        if (payment.DeclineCode == PaymentCustomer.UnknownCode && charge.Customer is { } unknown)
            await GrainFactory.GetGrain<IPaymentCustomerGrain>(payer!.Value).ForgetAsync(unknown);
        return payment;
    }

    /// <summary>
    /// A charge; with the provider's customer, where the method may be one that is kept, or is to be. Of an order that came along with a guest's
    /// cart, that is the account, when it pays; whoever has nothing but the guest's cart id does not pay with the account's cards.
    /// </summary>
    private async Task<Charge> ChargeForAsync(string attemptId, string method, bool keep, Guid? payer)
    {
        var charge = new Charge(attemptId, Order!.Terms, method);
        if (!methods.AreSaved || payer is not { } customerId)
            return charge;
        var customer = GrainFactory.GetGrain<IPaymentCustomerGrain>(customerId);
        var reference = keep ? await customer.OpenAsync(Order.Email) : await customer.GetReferenceAsync();
        return charge with { Customer = reference, KeepMethod = keep && reference is not null };
    }

    private IInventoryItemGrain Stock(string sku) => GrainFactory.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku));

    private static Guid CartOf(Caller buyer) => buyer.UserId ?? buyer.CartId!.Value;

    private ICartGrain Cart(OrderState order) => GrainFactory.GetGrain<ICartGrain>(order.CartId);

    /// <summary>The account's cart that a guest's lines went to, those of this order among them.</summary>
    private ICartGrain? MovedCart(OrderState order) =>
        order is { CartMoved: true, AccountId: { } account } ? GrainFactory.GetGrain<ICartGrain>(account) : null;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whoever works for the shop, and is not the buyer.</summary>
    private static Caller Shop { get; } = new(null, null, IsAdmin: true);

    private static Error NoOrder { get; } = Error.NotFound("The order");

    [LoggerMessage(Level = LogLevel.Critical, Message = "Order {OrderId} is confirmed, but a reservation of it was released. Compare the stock ledger with the order.")]
    private static partial void LogLostReservation(ILogger log, Guid orderId);

    [LoggerMessage(Level = LogLevel.Information, Message = "The cart of order {OrderId} does not know yet that nobody works on it: {Reason}")]
    private static partial void LogNotLeft(ILogger log, Guid orderId, string reason);
}
