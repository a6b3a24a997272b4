using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Carts;
using SoonShop.Inventory;
using SoonShop.Payments;
using SoonShop.Pricing;
using SoonShop.Privacy;
using SoonShop.Users;

namespace SoonShop.Orders;

[DeactivateWhenEmpty]
internal sealed partial class OrderGrain(
    [LazyState("order")] IPersistentState<StateEnvelope<CheckoutState>> storage, TimeProvider time,
    IOptions<CheckoutOptions> options, IOptions<PrivacyOptions> privacy, IPaymentMethods methods, IPaymentProviderInfo provider,
    ICheckoutWatch watch, CartQuotes quotes, OrderTokens tokens, ClusterFeatures features, StockLocations locations,
    IOptions<ReturnsOptions> returns, IOptions<DraftOrdersOptions> drafts, DraftQuotes draftQuotes, ILogger<OrderGrain> log)
    : AggregateGrain<CheckoutState>(storage, time), IOrderGrain
{
    /// <summary>The longest that a watcher waits for one response.</summary>
    private static readonly TimeSpan MaxWatch = TimeSpan.FromSeconds(20);

    /// <summary>The most concurrent watchers of one order.</summary>
    private const int MaxWatchers = 64;

    /// <summary>The most earlier orders of its cart that a checkout ends.</summary>
    private const int MaxSuperseded = 2 * IOrderQueries.MaxUnfinished;

    /// <summary>
    /// How long the first write may take, counted from the request to the cart. After that, the order asks the cart again whether it may go
    /// on: another activation of the cart may have let another checkout begin.
    /// </summary>
    private static readonly TimeSpan ClaimPatience = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The same limit for the whole placement: if a silo paused before its request, the cart may have been activated on another silo by
    /// then.
    /// </summary>
    private static readonly TimeSpan PlacingPatience = TimeSpan.FromSeconds(3);

    /// <summary>The id of the payment attempt that every checkout begins with.</summary>
    private const string FirstAttempt = "checkout";

    /// <summary>How long a failed checkout waits while it notifies its cart.</summary>
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// The order's progress when this activation last completed or compensated it. Another activation repeats that, which has no further
    /// effect.
    /// </summary>
    private OrderProgress? done;

    /// <summary>
    /// True when this activation has updated the cart and committed the uses of promotions. Refunds and shipments do not change that.
    /// </summary>
    private bool isHandedOver;

    /// <summary>True when this activation has released the order's units and notified the cart of its end.</summary>
    private bool isReleased;

    /// <summary>What this activation has told the stock of the order's units.</summary>
    private ImmutableArray<StockMove> settled = [];

    /// <summary>The returned units that this activation has put back to stock.</summary>
    private ImmutableArray<(StockKey Stock, RestockUnits Command)> restocked = [];

    /// <summary>True for an order that this activation placed: its reservations are certainly new.</summary>
    private bool placedHere;

    /// <summary>
    /// True when no other order of the cart can be bought besides this one. Either the first write was so fast that every other checkout of
    /// the cart finds this order, or the cart was asked since. An activation that reads the order from the database does not know when it
    /// was written.
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

    private IPaymentGrain PaymentOfOrder => GrainFactory.Reference<IPaymentGrain>(Id);

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
                    // With a new key there is normally no row, so it is not read. If the request is a repeated one, the first write finds
                    // the row.
                    error = await PlaceAsync(command);
                    if (error is not null && !ReferenceEquals(error, State?.Refused))
                        await ReadNewAsync();
                }
                catch (StateExistsException)
                {
                    // An interrupted order goes on, even if a new order would be refused.
                    error = null;
                    await GrainFactory.Reference<ICartGrain>(CartOf(command.Buyer)).EndCheckoutAsync(Id, Now, null);
                    if (await RepeatAsync(command) is { } earlier)
                        return earlier;
                }
                if (error is not null)
                    return new Placement(error, false);
            }
            if (State!.Earlier is { } paid)
                return new Placement(await ReplayAsync(paid, command.Buyer), false);
            await AdvanceAsync();
            // An order that waits for its payment stays on the watch list, because the customer or the bank may have acted meanwhile.
            if (Order!.Status != OrderStatus.AwaitingPayment)
                watch.End(Id);
        }
        catch
        {
            await LeaveCartAsync(CartOf(command.Buyer));
            throw;
        }
        CrashPoint.Pass("order.before-answer");
        return new Placement(Order!.ToResult(Order.Answer!, provider), false);
    }

    /// <summary>Returns the response to a repeated request; null for a new request, and for one whose checkout was interrupted.</summary>
    private async Task<Placement?> RepeatAsync(PlaceOrder command)
    {
        if (State?.IsOfAnother(command) == true)
            return new Placement(Error.Of(
                ErrorCode.IdempotencyKeyReused, "error.key-reused",
                "The Idempotency-Key was used for a different request. Use a new key."), false);
        if (State?.Refused is { } refused)
            return new Placement(refused, true);
        if (State?.Earlier is { } earlier)
            return new Placement(await ReplayAsync(earlier, command.Buyer), true);
        return Order?.Answer is { } given ? new Placement(Order.ToResult(given, provider), true) : null;
    }

    async Task<Result<Order>> IOrderGrain.PayAsync(Caller caller, string attemptId, string paymentMethod, bool savePaymentMethod)
    {
        caller = await ProveAsync(caller);
        if (Of(caller) is null)
            return NoOrder;
        if (Order!.Status == OrderStatus.Pending)
            await AdvanceAsync();
        // A repeated request for the attempt that paid.
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
            ? Order.Declined(payment.DeclineCode, provider)
            : Order.ToView(caller);
    }

    async Task<Result<Order>> IOrderGrain.CancelAsync(Caller caller, string? reason)
    {
        caller = await ProveAsync(caller);
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
                // Whatever blocks the checkout must not block its cancellation by the customer.
            }
        }
        // A cancellation by the buyer is recorded in the order's timeline instead.
        return await DecideAndAdvanceAsync(Order.Cancel(reason, Now), Order.IsBoughtBy(caller) ? null : "orders.cancel", null, caller);
    }

    Task<Result<Order>> IOrderGrain.ShipAsync(string carrier, string trackingNumber) =>
        ShipAsync((order, url) => order.Ship(carrier, trackingNumber, Now, url), carrier, trackingNumber);

    Task<Result<Order>> IOrderGrain.ShipAsync(ShipUnits command) => ShipAsync(
        (order, url) => order.Ship(command with { TrackingUrl = url }, Now), command.Carrier, command.TrackingNumber);

    private async Task<Result<Order>> ShipAsync(
        Func<OrderState, string?, Decision<OrderState>> ship, string carrier, string trackingNumber)
    {
        if (Order is null)
            return NoOrder;
        // Units that move, or with a pending refund, must not be shipped.
        await FinishMovesAsync();
        await RequestRefundsAsync();
        var url = TrackingUrlOf(carrier, trackingNumber, await quotes.RulesAsync());
        if (ship(Order, url) is { Error: null, Changed: true } && Order.Payment?.Status == PaymentStatus.Authorized
            && Order.AmountToCapture is > 0 and var amount && await CaptureAsync("shipment", amount) is { } error)
            return error;
        return await DecideAndAdvanceAsync(ship(Order, url), "orders.ship", new { carrier });
    }

    /// <summary>
    /// Returns the carrier's page about a parcel, by the template of a shipping method of this carrier, of the order's own one if it can.
    /// </summary>
    private string? TrackingUrlOf(string carrier, string trackingNumber, CompiledPricingRules rules) => rules.Rules.ShippingMethods
        .Where(m => m.TrackingUrlTemplate is not null && string.Equals(m.Carrier, carrier, StringComparison.OrdinalIgnoreCase))
        .OrderByDescending(m => m.Id == Order!.Quote?.Shipping?.MethodId)
        .Select(m => m.TrackingUrlTemplate!.Replace("{number}", Uri.EscapeDataString(trackingNumber), StringComparison.Ordinal))
        .FirstOrDefault();

    async Task<Result<Order>> IOrderGrain.CorrectShipmentAsync(CorrectShipment command)
    {
        if (Order is null)
            return NoOrder;
        var rules = await quotes.RulesAsync();
        return await DecideAndAdvanceAsync(
            Order.CorrectShipment(command, (carrier, number) => TrackingUrlOf(carrier, number, rules)), "orders.correct-shipment",
            new { command.ShipmentId, command.Carrier });
    }

    async Task<Result<Order>> IOrderGrain.DeliverShipmentAsync(Guid shipmentId) =>
        Order is null ? NoOrder : await DecideAndAdvanceAsync(
            Order.DeliverShipment(shipmentId, Now), "orders.deliver", new { shipmentId });

    async Task<Result<Order>> IOrderGrain.CancelUnitsAsync(Caller caller, CancelUnits command)
    {
        caller = await ProveAsync(caller);
        if (Of(caller) is null)
            return NoOrder;
        if (command.Reason is not null && MailedText.Problem(command.Reason) is { } problem)
            return Error.Invalid("reason", problem);
        await FinishMovesAsync();
        await RequestRefundsAsync();
        // Of a capture whose outcome is unknown, the units may be paid.
        if (Order!.Payment?.Status == PaymentStatus.Authorized && await PaymentOfOrder.SettleAsync() is { } payment)
            await DecideAsync(Order.Apply(payment, PaymentWindow, Now));
        // A credit is refunded, not left uncaptured: so all of the difference is captured first.
        if (Order is { Credit: not null, Payment.Status: PaymentStatus.Authorized }
            && Order.CancelUnits(command, Now) is { Error: null, Changed: true, State.Status: not OrderStatus.Cancelled }
            && await CaptureAsync("cancellation", null) is { } uncaptured)
            return uncaptured;
        // When the payment refuses the refund, the units are not cancelled.
        return await DecideAndAdvanceAsync(
            Order.CancelUnits(command, Now), Order.IsBoughtBy(caller) ? null : "orders.cancel-units",
            new { command.CancellationId, command.Lines }, caller, command.CancellationId);
    }

    async Task<Result<Order>> IOrderGrain.RequestReturnAsync(Caller caller, RequestReturn command)
    {
        caller = await ProveAsync(caller);
        if (Of(caller) is null)
            return NoOrder;
        var byShop = !Order!.IsBoughtBy(caller);
        return await DecideOnReturnAsync(Order.RequestReturn(command, returns.Value, byShop, Now), caller, "request", command.ReturnId);
    }

    async Task<Result<Order>> IOrderGrain.CancelReturnAsync(Caller caller, Guid returnId)
    {
        caller = await ProveAsync(caller);
        return Of(caller) is null ? NoOrder
            : await DecideOnReturnAsync(Order!.CancelReturn(returnId, Now), caller, "cancel", returnId);
    }

    async Task<Result<Order>> IOrderGrain.DecideReturnAsync(Guid returnId, bool approved, string? note) =>
        Order is null ? NoOrder : await DecideOnReturnAsync(
            Order.DecideReturn(returnId, approved, note, Now), Caller.Shop, approved ? "approve" : "refuse", returnId);

    async Task<Result<Order>> IOrderGrain.ReceiveReturnAsync(Guid returnId, ImmutableArray<ReceivedUnits> received)
    {
        if (Order is null)
            return NoOrder;
        for (var i = 0; i < received.Length; i++)
        {
            if (received[i].Location is { } location && !await locations.ExistsAsync(location))
                return Error.Invalid($"lines[{i}].location", StockLines.Unknown);
        }
        return await DecideOnReturnAsync(Order.ReceiveReturn(returnId, received, Now), Caller.Shop, "receive", returnId);
    }

    async Task<Result<Order>> IOrderGrain.RefundReturnAsync(RefundReturn command)
    {
        if (Order is null)
            return NoOrder;
        await RequestRefundsAsync();
        // Each try has an id of its own, because the payment keeps refunds that it has refused.
        var refundId = $"return/{command.ReturnId:N}/{Now.UtcTicks}";
        return await DecideOnReturnAsync(
            Order.RefundReturn(command, refundId, returns.Value, Now), Caller.Shop, "refund", command.ReturnId, refundId);
    }

    private Task<Result<Order>> DecideOnReturnAsync(
        Decision<OrderState> decision, Caller caller, string action, Guid returnId, string? refundId = null) =>
        DecideAndAdvanceAsync(
            decision, Order!.IsBoughtBy(caller) ? null : $"returns.{action}", new { returnId }, caller, refundId);

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
        return await CaptureAsync(captureId, amount) is { } error ? error : Order.ToView(Caller.Shop);
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
        await DecideAsync(
            decision, command.Lines is { } lines
                ? Audit(new AuditEvent("orders.refund-lines", Id.ToString()) { Details = new { command.RefundId, lines } })
                : null);
        CrashPoint.Pass("order.refund.written");
        if (await RequestRefundsAsync(command.RefundId) is { } refused)
            return refused;
        CrashPoint.Pass("order.refund.done");
        await AdvanceAsync();
        return Order.ToView(Caller.Shop);
    }

    async Task<Result<Order>> IOrderGrain.GetAsync(Caller caller)
    {
        caller = await ProveAsync(caller);
        return Of(caller) is { } order ? order.ToView(caller) : NoOrder;
    }

    async Task<Result<Order>> IOrderGrain.WatchAsync(Caller caller, int seen, TimeSpan wait, CancellationToken cancellation)
    {
        var viewer = await ProveAsync(caller);
        if (Of(viewer) is not { } order)
            return NoOrder;
        if (order.Timeline.Length > seen)
            return order.ToView(viewer);
        if (watchers >= MaxWatchers)
            return Error.Of(
                ErrorCode.RateLimited, "error.watchers",
                "Too many live connections to this order. Poll the order instead.").WithRetryAfter(TimeSpan.FromSeconds(5));
        watchers++;
        try
        {
            await changed.Task.WaitAsync(wait < MaxWatch ? wait : MaxWatch, Time, cancellation);
        }
        catch (TimeoutException)
        {
            // No change: returns the same order again.
        }
        finally
        {
            watchers--;
        }
        // Meanwhile the token may have expired, or the e-mail address may have been corrected, which can also take the order from an
        // account.
        viewer = await ProveAsync(caller);
        return Of(viewer) is { } now ? now.ToView(viewer) : NoOrder;
    }

    async Task IOrderGrain.ResumeAsync(DateTimeOffset? due)
    {
        try
        {
            await AdvanceAsync(due);
        }
        catch when (Order is { Status: OrderStatus.Pending, PaymentDeadline: null } waiting)
        {
            // Retries must have an end, so a deadline is set.
            await DecideAsync(waiting.LimitTrying(PaymentWindow, Now));
            throw;
        }
        if (Order is { HasPendingExchange: true })
        {
            await FinishExchangesAsync();
            await AdvanceAsync();
        }
        // A refund may have been confirmed without an update to the order.
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
        // The caller is a cart, which the order must not call now. The next steps follow later.
        await DecideAsync(decision);
        (done, isHandedOver, isReleased) = (null, false, false);
    }

    async Task<bool> IOrderGrain.AdoptAsync(Guid accountId, string emailProof)
    {
        // The list that the caller has read may be older than a correction of the address.
        if (Order is null || !await tokens.IsProofOfAsync(emailProof, Order.Email))
            return false;
        await DecideAsync(Order.Adopt(accountId, Now));
        return Order.OwnerId == accountId;
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
        if (Order.DraftId is { } draft)
            await GrainFactory.Reference<IDraftOrderGrain>(draft).EraseBuyerAsync();
        await DecideAsync(decision);
    }

    // ---- the checkout

    /// <summary>Places the order. Null when it is placed, or when an earlier order of the cart is the result.</summary>
    private async Task<Error?> PlaceAsync(PlaceOrder command)
    {
        var started = Time.GetTimestamp();
        var (buyer, cartId) = (command.Buyer, CartOf(command.Buyer));
        var (email, address) = (command.Email, command.ShippingAddress);
        string? accountEmail = null;
        if (buyer.UserId is { } userId)
        {
            var user = GrainFactory.Reference<IUserGrain>(userId);
            var profile = await user.GetAsync();
            if (profile.IsError)
                return profile.Error;
            accountEmail = profile.Value.Email;
            email ??= accountEmail;
            if (command.AddressId is { } addressId)
                address = (await user.GetAddressesAsync()).FirstOrDefault(a => a.Id == addressId)?.Address;
        }
        if (email is null)
            return Error.Invalid("email", "field.guests", "is required for guests");
        if (address is null)
            return command.AddressId is null
                ? Error.Invalid("shippingAddress", "field.address-needed", "is required unless addressId is given")
                : Error.NotFound("not-found.address-id", $"The address {command.AddressId} was not found.");
        var destination = Destinations.Check(address, command.AddressId, await quotes.RulesAsync());
        if (destination.IsError)
            return destination.Error;
        address = destination.Value;

        var basket = GrainFactory.Reference<ICartGrain>(cartId);
        var (asked, begun) = (Time.GetTimestamp(), Now);
        var cart = await BeginCheckoutAsync(basket, buyer);
        // A repeated request must not end another order; its first response stands.
        if (cart.IsError)
            await ReadNewAsync();
        // Checked before an earlier order is ended: a buyer who was shown another cart must not end it.
        if (cart.Error is { RetryAfter: null } or { OrderId: not null }
            && await RefuseUnexpectedAsync(command, basket, address) is { } unexpected)
            return unexpected;
        for (var superseded = 0; cart.Error?.OrderId is { } earlier && superseded < MaxSuperseded; superseded++)
        {
            if (await SupersedeAsync(earlier, cartId) is { } paid)
            {
                var answer = new EarlierOrder(paid.Id, CheckoutResult.Of(paid));
                await CommitNewAsync(CheckoutState.Of(command, null, null) with { Earlier = answer }, []);
                return null;
            }
            (asked, begun) = (Time.GetTimestamp(), Now);
            cart = await BeginCheckoutAsync(basket, buyer);
        }
        if (cart.IsError)
        {
            // A rejection because of the cart's content is stored as the response for this key. After a temporary error the request may be
            // repeated with the key.
            if (cart.Error is { Code: ErrorCode.CartEmpty or ErrorCode.Conflict, RetryAfter: null })
                await CommitNewAsync(CheckoutState.Of(command, null, cart.Error), []);
            return cart.Error;
        }
        // Of a customer, the account's address counts, as in the cart: the order may have another one to write to.
        var priced = await PriceAsync(cart.Value, buyer, accountEmail ?? email, address);
        if (await RefuseUnexpectedAsync(command, cart.Value.Lines, priced.Quote, priced.Totals, priced.Shown) is { } changed)
        {
            await basket.EndCheckoutAsync(Id, Now, null);
            return changed;
        }
        // The cart's silo may have other rules or another time, such as that of a price period's end.
        if (QuoteErrors.CheckUnitPrices(priced.Quote, cart.Value.Lines) is { } repriced)
        {
            await basket.EndCheckoutAsync(Id, Now, null);
            repriced = repriced with { Quote = priced.Totals.ToQuote(priced.Quote) };
            await CommitNewAsync(CheckoutState.Of(command, null, repriced), []);
            return repriced;
        }
        // The order's time is that of the request to the cart, not of its response, so that any checkout that begins afterwards is newer.
        var decision = OrderState.Place(
            Id, buyer, cartId, email, address, command.PaymentMethod, priced.Totals, priced.Quote, priced.Uses, begun);
        CrashPoint.Pass("order.place.before-write");
        var order = await RouteAsync(decision.State with
        {
            SavePaymentMethod = command.SavePaymentMethod,
            SellsWhenShipped = features.StockIsSoldWhenShipped,
        });
        await CommitNewAsync(CheckoutState.Of(command, order, null), decision.Events);
        CrashPoint.Pass("order.placed");
        placedHere = true;
        claimed = Time.GetElapsedTime(asked) <= ClaimPatience && Time.GetElapsedTime(started) <= PlacingPatience;
        return null;
    }

    /// <summary>
    /// Asks the cart whether the order may go on, and ends the cart's older unpaid orders. False when another order of the cart was bought
    /// or is newer; then this one has begun to end. Of two competing orders the newer one goes on, whichever asks first, so that they never
    /// both end. Throws while another checkout of the cart is running.
    /// </summary>
    private async Task<bool> ClaimAsync(OrderState order)
    {
        if (!order.HasCart)
            return claimed = true;
        ImmutableArray<LineUnits> units = [.. order.UnitsOfCart];
        for (var superseded = 0; superseded < MaxSuperseded; superseded++)
        {
            if ((await Cart(order).ResumeCheckoutAsync(Id, order.PlacedAt, units)).Error is not { } error)
                return claimed = true;
            Guid? winner = error.RetryAfter is null ? error.OrderId ?? Guid.Empty
                : error.OrderId is { } older ? (await SupersedeAsync(older, order.CartId))?.Id
                : throw new UnavailableException(error.Text ?? ErrorText.Untranslated(error.Detail));
            if (winner is { } other)
            {
                await DecideAsync(order.Supersede(other, Now));
                return false;
            }
        }
        throw new UnavailableException(ErrorText.Of(
            "error.cart-rivals", $"Order {order.Number} has too many other open orders of its cart before it. Try again."));
    }

    /// <summary>Ends an earlier order of the cart. Returns it when it is paid.</summary>
    private async Task<Order?> SupersedeAsync(Guid earlier, Guid cartId)
    {
        var ended = await GrainFactory.Reference<IOrderGrain>(earlier).SupersedeAsync(Id);
        // Also for a paid order, because it no longer uses the cart.
        await GrainFactory.Reference<ICartGrain>(cartId).EndCheckoutAsync(earlier, Now, null);
        return ended is { IsError: false, Value: { Status: OrderStatus.Confirmed or OrderStatus.Shipped or OrderStatus.Delivered } paid }
            ? paid
            : null;
    }

    private async Task<Result<Order>> ReplayAsync(EarlierOrder earlier, Caller buyer)
    {
        var order = await GrainFactory.Reference<IOrderGrain>(earlier.OrderId).GetAsync(buyer);
        return order.IsError ? order : earlier.Answer.ApplyTo(order.Value, null);
    }

    /// <summary>Notifies the cart that nobody works on the checkout. If that fails, the cart's lease expires after a while.</summary>
    private async Task LeaveCartAsync(Guid cartId)
    {
        try
        {
            await GrainFactory.Reference<ICartGrain>(cartId).LeaveCheckoutAsync(Id).WaitAsync(LeavePatience, Time);
        }
        catch (Exception e)
        {
            LogNotLeft(log, Id, e.Message);
        }
    }

    /// <summary>Begins the checkout at the cart. A silo of an older version knows only lines, which are bought at their prices.</summary>
    private async Task<Result<CartCheckout>> BeginCheckoutAsync(ICartGrain basket, Caller buyer)
    {
        if (quotes.AreKnownEverywhere)
            return await basket.StartCheckoutAsync(buyer, Id);
        var lines = await basket.BeginCheckoutAsync(buyer, Id);
        return lines.IsError
            ? lines.Error
            : new CartCheckout(lines.Value, [.. lines.Value.Select(l => PricedProduct.Of(l.Sku, l.UnitPrice))], CartChoices.None);
    }

    /// <summary>Prices the order as it would be placed.</summary>
    private async Task<(Quote Quote, OrderTotals Totals, ImmutableArray<PromotionUseTerms> Uses, long? Shown)> PriceAsync(
        CartCheckout cart, Caller buyer, string email, Address address)
    {
        var priced = await quotes.QuoteAsync(new CartContent(
            [.. cart.Products.Zip(cart.Lines, (product, line) => new PricingLine(product, line.Quantity))],
            cart.Choices with { Destination = Destinations.Of(address) }, buyer.UserId, email));
        var totals = OrderTotals.Of(priced.Quote, sku =>
            cart.Lines.FirstOrDefault(l => l.Sku == sku)?.Name ?? priced.Gifts.First(g => g.Sku == sku).Name);
        var uses = PromotionUseTerms.Of(priced.Quote, priced.Rules, new PromotionBuyer(buyer.UserId, email));
        // A guest's cart does not know the address, so it shows promotions that the guest has used before.
        return (priced.Quote, totals, uses, buyer.UserId is null ? priced.TotalWithoutEarlierUses : null);
    }

    /// <summary>Checks the buyer's expectations when the cart does not let a checkout begin. Null also when the request has none.</summary>
    private async Task<Error?> RefuseUnexpectedAsync(PlaceOrder command, ICartGrain basket, Address address)
    {
        if (command is { ExpectedTotal: null, ExpectedCart: null } || !quotes.AreKnownEverywhere)
            return null;
        var shown = await basket.QuoteAsync(command.Buyer, new CartQuoteRequest(Destinations.Of(address)));
        if (shown.IsError)
            return shown.Error;
        var items = shown.Value.Items;
        ImmutableArray<CartLine> lines = [.. items.Where(i => !i.IsGift).Select(i => new CartLine(i.Sku, i.Name, i.Quantity, i.UnitPrice))];
        return shown.Value.Quote is not { } quote
            ? await RefuseUnexpectedAsync(command, lines, null, null)
            : await RefuseUnexpectedAsync(command, lines, quote, OrderTotals.Of(quote, sku => items.First(i => i.Sku == sku).Name));
    }

    /// <summary>
    /// Refuses a cart that differs from what the buyer was shown, or that cannot be ordered at its prices. A refusal because of the prices
    /// is stored as the response for this key. A different cart is not: the request may be repeated with the key and another If-Match.
    /// </summary>
    /// <param name="command">The request.</param>
    /// <param name="lines">The lines of the cart.</param>
    /// <param name="quote">The quote; null for a cart without one.</param>
    /// <param name="totals">The totals of the quote.</param>
    /// <param name="shown">What the cart shows instead of the quote's total, in minor units; null when it shows that.</param>
    private async Task<Error?> RefuseUnexpectedAsync(
        PlaceOrder command, ImmutableArray<CartLine> lines, Quote? quote, OrderTotals? totals, long? shown = null)
    {
        if (command.ExpectedCart is { } tag && tag != Carts.Cart.TagOf(lines))
            return Error.PreconditionFailed();
        // An empty cart has its own error.
        if (quote is null || lines.IsEmpty)
            return null;
        var refusal = QuoteErrors.Check(quote)
            ?? (command.ExpectedTotal is { } total ? QuoteErrors.CheckTotal(quote, total) : QuoteErrors.CheckShown(quote, shown));
        if (refusal is not { } error)
            return null;
        error = error with { Quote = totals!.ToQuote(quote) };
        await CommitNewAsync(CheckoutState.Of(command, null, error), []);
        return error;
    }

    /// <summary>
    /// Executes the pending steps until none is left. An earlier activation may have executed a step without recording it. Throws when a
    /// step cannot be executed now; the checkout watch or a scheduled event then resumes the order.
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
                    // The order is ending, and it was not charged.
                    break;
                case OrderStep.ReserveAndPay:
                    await ReserveAndPayAsync(order);
                    if (Order.Status == OrderStatus.AwaitingPayment)
                    {
                        if (!order.HasCart)
                            return;
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
        // Every later attempt is a repetition, because a response may get lost.
        var repeated = !placedHere;
        placedHere = false;
        var stock = ReserveStockAsync(order, repeated);
        var uses = order.PromotionUses is { } terms ? Task.WhenAll(terms.Select(u => Uses(u).ReserveAsync(u.For(Id, repeated)))) : NoUses;
        await Task.WhenAll(stock, uses);
        var answers = await stock;
        var refusedUse = (await uses).FirstOrDefault(u => u.IsError)?.Error;
        CrashPoint.Pass("order.reserved");
        var refusals = answers.Where(a => a.IsError).Select(a => a.Error!).ToArray();
        if (refusals.Length > 0)
        {
            if (order.Allocations is null)
                await DecideAsync(order.Reject([.. refusals.SelectMany(r => r.Lines ?? [])], Now));
            else
                await RouteAgainAsync(order, answers);
            return;
        }
        if (refusedUse is not null)
        {
            await DecideAsync(order.Reject(refusedUse.Text ?? ErrorText.Untranslated(refusedUse.Detail), Now));
            return;
        }
        if (order.IsPaidByLink)
        {
            await DecideAsync(order.RequestPayment(Now));
            return;
        }
        var charge = await ChargeForAsync(FirstAttempt, order.PaymentMethod, order.SavePaymentMethod, order.CustomerId);
        // A customer's saved payment methods may change until the attempt is repeated, so then the payment stores it.
        var payment = await ChargeAsync(
            charge with { IsFirst = !repeated, StoredByOrderAt = charge.Customer is null ? order.PlacedAt : null }, order.CustomerId);
        CrashPoint.Pass("order.paid");
        var decision = order.Apply(payment, PaymentWindow, Now);
        // A paid order is always confirmed. So the confirmation, the uses of its promotions and the update of its cart are written in
        // parallel.
        // An activation that finds the order still pending repeats them.
        await (decision.State.PendingStep == OrderStep.Complete
            ? Task.WhenAll(DecideAsync(decision), HandOverGoodsAsync(order))
            : DecideAsync(decision));
        CrashPoint.Pass("order.confirmed");
    }

    /// <summary>Cancels the payment and ends the order. If the customer has paid first, the order is confirmed.</summary>
    private async Task EndUnpaidAsync(OrderState order, string reason, Func<Payment, DateTimeOffset, Decision<OrderState>> end)
    {
        var payment = await CancelPaymentAsync(order, refundCaptured: false, reason);
        await DecideAsync(payment.Status == PaymentStatus.Cancelled ? end(payment, Now) : order.Apply(payment, PaymentWindow, Now));
    }

    /// <summary>
    /// Ends the payment. Until the order knows an outcome, the provider may have been asked for its first attempt without a trace in the
    /// payment.
    /// </summary>
    private Task<Payment> CancelPaymentAsync(OrderState order, bool refundCaptured, string reason) =>
        order is { Payment: null, IsPaidByLink: false } && order.Terms.Amount.Amount > 0
            ? PaymentOfOrder.CancelAsync(new CancelPayment(
                new Charge(FirstAttempt, order.Terms, order.PaymentMethod) { StoredByOrderAt = order.PlacedAt }, refundCaptured, reason))
            : PaymentOfOrder.CancelAsync(order.Terms, refundCaptured, reason);

    /// <summary>
    /// Tells whether the payment deadline has passed, by the database's clock that released the scheduled event; this silo's clock may be
    /// wrong. The added millisecond covers rounding: the database stores microseconds, the order ticks.
    /// </summary>
    private static bool IsOverdue(OrderState order, DateTimeOffset? due) => due is { } time && order.IsOverdue(time.AddMilliseconds(1));

    /// <summary>Captures the authorized amount. Null when it is captured.</summary>
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

    /// <summary>Processes the payment if there is an update. False when the order can only wait.</summary>
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
        if (!isHandedOver)
            await HandOverGoodsAsync(order);
        await FinishMovesAsync();
        await SettleStockAsync();
        // The result changes the order's progress, so the next round of the loop processes it.
        await RequestRefundsAsync();
    }

    private async Task HandOverGoodsAsync(OrderState order)
    {
        await Task.WhenAll(
            order.SellsWhenShipped ? Task.CompletedTask : SellAsync(order), ClearCartAsync(order), CommitUsesAsync(order));
        isHandedOver = true;
    }

    /// <summary>
    /// Sends every decided refund without a result to the payment. Returns the error if the payment refuses the refund with this id.
    /// </summary>
    private async Task<Error?> RequestRefundsAsync(string? refundId = null)
    {
        Error? error = null;
        while (Order!.OpenRefund is { } refund)
        {
            // A refund of units without value needs no payment.
            var result = refund.Amount == 0
                ? null
                : await PaymentOfOrder.RefundAsync(new RefundPayment(refund.Id, refund.Amount, refund.Reason));
            CrashPoint.Pass("order.refund.answered");
            if (result is { IsError: true } refused)
            {
                error = refund.Id == refundId ? refused.Error : error;
                await DecideAsync(Order.DropRefund(refund.Id, refused.Error.Detail));
            }
            else
            {
                await DecideAsync(Order.EndRefund(refund.Id, result?.Value, PaymentWindow, Now));
            }
        }
        return error;
    }

    /// <summary>Tells the stock which units were shipped, cancelled and restocked.</summary>
    private async Task SettleStockAsync()
    {
        var order = Order!;
        ImmutableArray<StockMove> moves = [.. order.StockMoves];
        ImmutableArray<(StockKey Stock, RestockUnits Command)> restocks = [.. order.Restocks];
        if (moves.IsEmpty && restocks.IsEmpty)
            return;
        var results = await Task.WhenAll([
            .. moves.Except(settled).Select(m => order.Allocations is not null
                ? Stock(m.Stock).SettleAsync(m.Reservation, m.InAll)
                // Silos of the previous versions know only these calls, and their orders need no other.
                : m.InAll is { Sold: 0, Restocked: 0 } && !order.SellsWhenShipped
                    ? Stock(m.Stock).ReturnAsync(Id, m.InAll.Cancelled)
                    : Stock(m.Stock).SettleAsync(Id, m.InAll)),
            .. restocks.Except(restocked).Select(r => Stock(r.Stock).RestockAsync(r.Command)),
        ]);
        (settled, restocked) = (moves, restocks);
        CrashPoint.Pass("order.stock-settled");
        if (results.Any(r => r.IsError))
            LogLostReservation(log, Id);
    }

    private async Task SellAsync(OrderState order)
    {
        var sales = await Task.WhenAll(order.OrderedUnits.Select(u => Stock(u.Sku).CommitAsync(Id)));
        if (sales.Any(s => s.IsError))
            LogLostReservation(log, Id);
    }

    private async Task CommitUsesAsync(OrderState order)
    {
        if (order.PromotionUses is not { } uses)
            return;
        var commits = await Task.WhenAll(uses.Select(u => Uses(u).CommitAsync(Id)));
        CrashPoint.Pass("order.promotions-committed");
        if (commits.Any(c => c.IsError))
            LogLostUse(log, Id);
    }

    private async Task ClearCartAsync(OrderState order)
    {
        if (!order.HasCart)
            return;
        ImmutableArray<CartLine> bought = [.. order.Totals.Lines.Where(l => !l.IsGift).Select(l =>
            new CartLine(l.Sku, l.Name, l.Quantity, l.UnitPrice))];
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
            var payment = await CancelPaymentAsync(order, refundCaptured: true, order.CancelReason ?? "order cancelled");
            await DecideAsync(Order!.Apply(payment, PaymentWindow, Now));
        }
    }

    private async Task ReleaseAsync(OrderState order)
    {
        // A refused line has no reservation.
        var refused = order.Shortages?.Select(s => s.Sku).ToHashSet() ?? [];
        await (order.Allocations is { } allocations
            ? ReleaseAsync(allocations)
            : Task.WhenAll(order.OrderedUnits.Where(u => !refused.Contains(u.Sku)).Select(u => Stock(u.Sku).ReleaseAsync(Id))));
        if (order.PromotionUses is { } uses)
            await Task.WhenAll(uses.Select(u => Uses(u).ReleaseAsync(Id)));
        if (!order.HasCart)
            return;
        await Cart(order).EndCheckoutAsync(Id, order.PlacedAt, null);
        if (MovedCart(order) is { } moved)
            await moved.EndCheckoutAsync(Id, order.PlacedAt, null);
    }

    // ---- helpers

    /// <summary>Commits a decision, executes what follows from it, and returns the order.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="audited">The action for the audit log; null for one of the buyer.</param>
    /// <param name="details">The details for the audit log.</param>
    /// <param name="viewer">Who gets the order; null for the shop.</param>
    /// <param name="refundId">The refund that the decision depends on: the payment's error is returned if it refuses.</param>
    private async Task<Result<Order>> DecideAndAdvanceAsync(
        Decision<OrderState> decision, string? audited, object? details = null, Caller? viewer = null, string? refundId = null)
    {
        if (decision.Error is { } error)
            return error;
        await DecideAsync(decision, audited is null ? null : Audit(new AuditEvent(audited, Id.ToString())
        {
            Before = new { Order!.Status },
            After = new { decision.State.Status },
            Details = details,
        }));
        if (refundId is not null && await RequestRefundsAsync(refundId) is { } refused)
            return refused;
        await AdvanceAsync();
        return Order!.ToView(viewer ?? Caller.Shop);
    }

    private async Task DecideAsync(Decision<OrderState> decision, AuditRecorded? auditEvent = null)
    {
        if (!decision.Changed)
            return;
        try
        {
            var events = decision.Events;
            if (decision.State.EventForEarlierOrder(Order) is { } timeout)
                events = [.. events, timeout];
            await CommitAsync(State!.With(decision.State), auditEvent is null ? events : [.. events, auditEvent]);
        }
        finally
        {
            // Watchers are released after a failed commit, too. Otherwise they would block the deactivation.
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
            await GrainFactory.Reference<IPaymentCustomerGrain>(payer!.Value).ForgetAsync(unknown);
        return payment;
    }

    /// <summary>
    /// Creates a charge. It includes the provider's customer if the payment method may be a saved one or is to be saved. For an order that
    /// moved with a guest's cart, that is the account, but only when the account pays. A holder of the guest's cart id cannot pay with the
    /// account's cards.
    /// </summary>
    private async Task<Charge> ChargeForAsync(string attemptId, string method, bool keep, Guid? payer)
    {
        var charge = new Charge(attemptId, Order!.Terms, method);
        if (!methods.AreSaved || payer is not { } customerId)
            return charge;
        var customer = GrainFactory.Reference<IPaymentCustomerGrain>(customerId);
        var reference = keep ? await customer.OpenAsync(Order.Email) : await customer.GetReferenceAsync();
        return charge with { Customer = reference, KeepMethod = keep && reference is not null };
    }

    private IInventoryItemGrain Stock(string sku) => GrainFactory.Reference<IInventoryItemGrain>(Sku.GrainKey(sku));

    private IInventoryItemGrain Stock(StockKey key) => GrainFactory.Reference<IInventoryItemGrain>(key.GrainKey);

    private static readonly Task<Result<Done>[]> NoUses = Task.FromResult<Result<Done>[]>([]);

    private IPromotionUsesGrain Uses(PromotionUseTerms use) =>
        GrainFactory.Reference<IPromotionUsesGrain>(Promotion.GrainKey(use.PromotionId));

    private static Guid CartOf(Caller buyer) => buyer.UserId ?? buyer.CartId!.Value;

    private ICartGrain Cart(OrderState order) => GrainFactory.Reference<ICartGrain>(order.CartId);

    /// <summary>Returns the account's cart that received the guest's lines, including those of this order.</summary>
    private ICartGrain? MovedCart(OrderState order) =>
        order is { CartMoved: true, AccountId: { } account } ? GrainFactory.Reference<ICartGrain>(account) : null;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static Error NoOrder { get; } = Error.NotFound("not-found.order", "The order was not found.");

    [LoggerMessage(Level = LogLevel.Critical,
        Message = "Order {OrderId} is confirmed, but one of its reservations was released. Compare the stock ledger with the order.")]
    private static partial void LogLostReservation(ILogger log, Guid orderId);

    [LoggerMessage(Level = LogLevel.Critical,
        Message = "Order {OrderId} is confirmed, but one of its uses of promotions was released. Compare promotion_use with the order.")]
    private static partial void LogLostUse(ILogger log, Guid orderId);

    [LoggerMessage(Level = LogLevel.Information,
        Message = "The cart of order {OrderId} could not be notified that its checkout has stopped; it notices later: {Reason}")]
    private static partial void LogNotLeft(ILogger log, Guid orderId, string reason);
}
