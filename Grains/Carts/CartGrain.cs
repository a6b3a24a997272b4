using Microsoft.Extensions.Options;
using SoonShop.Aggregates;
using SoonShop.Catalog;
using SoonShop.Events;
using SoonShop.Inventory;
using SoonShop.Orders;

namespace SoonShop.Carts;

[CollectionAgeLimit(Minutes = 5), DeactivateWhenEmpty]
internal sealed class CartGrain(
    [PersistentState("cart")] IPersistentState<StateEnvelope<CartState>> storage, TimeProvider time, IOptions<CheckoutOptions> options, IOrderQueries orders,
    ICartIdKeys keys, LocalGrainCache<PriceOffer?> activeOffers, LocalGrainCache<StockAvailability> activeStocks, BusinessMetrics metrics)
    : AggregateGrain<CartState>(storage, time), ICartGrain
{
    /// <summary>
    /// How long other checkouts wait for a checkout that does not report its outcome. After that they call its order, which waits for
    /// whoever works on it.
    /// </summary>
    private static readonly TimeSpan CheckoutLease = TimeSpan.FromSeconds(20);

    /// <summary>
    /// Longer than an order takes from the start of its checkout until it is in the database, unless it asks the cart again.
    /// </summary>
    private static readonly TimeSpan PlacingTime = TimeSpan.FromSeconds(2);

    /// <summary>When to retry while an interrupted checkout is resumed.</summary>
    private static readonly TimeSpan CutOffPause = TimeSpan.FromSeconds(5);

    /// <summary>The order of the running checkout. Other checkouts wait until the given time, and supersede it afterwards.</summary>
    private (Guid OrderId, DateTimeOffset Until)? checkout;

    /// <summary>When a checkout last began.</summary>
    private long? begunAt;

    /// <summary>When this activation began.</summary>
    private long activatedAt;

    /// <summary>False while unfinished orders may exist that this activation does not know. The database knows them.</summary>
    private bool knowsOrders;

    /// <summary>True for a cart without a row whose id proves that the shop issued it to a guest.</summary>
    private bool isIssued;

    protected override string Aggregate => "cart";

    protected override string StreamKeyOf(CartState state) => GrainKey;

    private Guid Id => this.GetPrimaryKey();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        knowsOrders = State is null;
        activatedAt = Time.GetTimestamp();
        isIssued = State is null && CartIdKeys.MayBeIssued(Id) && (await keys.GetAsync()).Proves(Id);
    }

    /// <summary>Delays the deactivation, so that the next activation finds the current checkout's order in the database.</summary>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (checkout is not null && begunAt is { } begun && PlacingTime - Time.GetElapsedTime(begun) is { Ticks: > 0 } rest)
        {
            await Task.Delay(rest, Time, cancellationToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    async Task<Result<Cart>> ICartGrain.OpenForGuestAsync()
    {
        if (State is null)
            await CommitAsync(CartState.Empty(isGuest: true), []);
        return await ViewAsync(State!);
    }

    async Task<Result<Cart>> ICartGrain.GetAsync(Caller caller) =>
        Of(caller) is { } cart ? await ViewAsync(cart) : NoCart;

    async Task<Result<Cart>> ICartGrain.SetItemAsync(Caller caller, string sku, int quantity)
    {
        if (Of(caller) is not { } cart)
            return NoCart;
        var offers = await OffersAsync([.. cart.Lines.Select(l => l.Sku).Where(s => s != sku), sku]);
        var offer = offers[sku];
        if (offer is null or { IsDraft: true })
            return Error.NotFound("not-found.product", $"The product {sku} was not found.");
        if (!offer.Active && quantity > 0)
            return Error.Of(ErrorCode.Conflict, "error.off-sale", $"{offer.Name} is no longer on sale.");
        var decision = cart.SetItem(sku, offer.Name, quantity, offer.Price);
        if (decision.Error is { } error)
            return error;
        var view = await ViewAsync(decision.State, offers, write: decision.Changed);
        metrics.CartChanged(cart, decision.State);
        return view;
    }

    async Task<Result<Done>> ICartGrain.ClearAsync(Caller caller)
    {
        if (Of(caller) is not { } cart)
            return NoCart;
        var decision = cart.Clear();
        await CommitAsync(decision);
        metrics.CartChanged(cart, decision.State);
        return default(Done);
    }

    async Task<Result<Cart>> ICartGrain.MergeAsync(Caller caller, Guid guestCartId)
    {
        if (caller.UserId != Id || Of(caller) is not { } cart)
            return NoCart;
        var guest = GrainFactory.Reference<ICartGrain>(guestCartId);
        if (guestCartId == Id || await guest.TransferAsync(Id) is not { } lines)
            return Error.NotFound("not-found.guest-cart", $"The guest cart {guestCartId} was not found.");
        var moved = await TakeOrdersAsync(guestCartId);
        // Also for an order alone, because an activation of a never-written cart assumes that it has no orders.
        if (lines.Length > 0 || moved)
        {
            var decision = cart.Merge(guestCartId, lines);
            await CommitAsync(decision);
            if (decision.Changed)
                metrics.CartMerged();
            await guest.ForgetTransferAsync(Id);
        }
        return await ViewAsync(State ?? cart);
    }

    async Task<ImmutableArray<CartLine>?> ICartGrain.TransferAsync(Guid customerId)
    {
        if (Known is not { } cart || !cart.MayGoTo(customerId))
            return null;
        if (cart.HandedOverTo is null)
        {
            if (checkout is { } placing && placing.Until > Now)
                throw new UnavailableException(ErrorText.Of(
                    "error.cart-placing", "An order is being placed from the guest's cart. Try again."));
            var unfinished = await FindUnfinishedAsync(cart);
            // Includes an order that may not have been placed.
            if (checkout is { } unknown && !unfinished.Contains(unknown.OrderId))
                unfinished = unfinished.Add(unknown.OrderId);
            await CommitAsync(cart.Transfer(customerId, unfinished, Now - TimeSpan.FromMinutes(options.Value.PaymentWindowMinutes)));
        }
        return cart.Lines;
    }

    async Task ICartGrain.ForgetTransferAsync(Guid customerId)
    {
        if (State is { } cart)
            await CommitAsync(cart.ForgetTransfer(customerId));
    }

    async Task<Result<ImmutableArray<CartLine>>> ICartGrain.BeginCheckoutAsync(Caller caller, Guid orderId)
    {
        if (Of(caller) is not { } cart)
            return NoCart;
        if (checkout is { } other && other.OrderId != orderId && other.Until > Now)
            return UnderWay;
        // A repeated checkout whose lines have already left the cart.
        if (cart.Ordered.Any(o => o.OrderId == orderId))
            return Bought;
        if (cart.Lines.Length == 0)
            return Error.Of(ErrorCode.CartEmpty, "error.cart-empty", "The cart is empty.");

        var offers = await OffersAsync(SkusOf(cart));
        var problems = new Dictionary<string, ErrorText[]>();
        foreach (var line in cart.Lines)
        {
            if (offers[line.Sku] is not { Active: true } offer)
                problems[line.Sku] = [ErrorText.Of("cart.off-sale", "is no longer on sale; remove it from the cart")];
            else if (offer.Price != line.UnitPrice)
                problems[line.Sku] = [ErrorText.Of("cart.price", $"now costs {offer.Price}, not {line.UnitPrice}; read the cart again")];
        }
        if (problems.Count > 0)
        {
            await CommitAsync(cart.Reprice(Prices(offers)));
            return Error.Of(
                ErrorCode.Conflict, "error.cart-changed",
                "The cart has changed since it was shown; see errors. Read the cart again.").WithFields(problems);
        }
        // Checked last, so that no earlier order is ended for a checkout that is rejected.
        if (await FindOtherAsync(cart, orderId) is { } earlier)
            return NotAtItsEnd(earlier);
        checkout = (orderId, Now + CheckoutLease);
        begunAt = Time.GetTimestamp();
        return cart.Lines;
    }

    async Task<Result<Done>> ICartGrain.ResumeCheckoutAsync(Guid orderId, DateTimeOffset placedAt, ImmutableArray<LineUnits> units)
    {
        if (checkout is { } other && other.OrderId != orderId && other.Until > Now)
            return UnderWay;
        // By then, an order that an earlier activation let begin is in the database, or it asks the cart again.
        if (PlacingTime - Time.GetElapsedTime(activatedAt) is { Ticks: > 0 } rest)
            await Task.Delay(rest, Time);
        // Reloads, because the cluster may have declared this activation dead, so its memory may be outdated.
        await ReloadAsync();
        var cart = State ?? CartState.Empty(isGuest: false);
        if (cart.CheckCanResume(orderId, placedAt, units) is { } error)
            return error;
        var rivals = await orders.FindRivalsAsync(Id, cart.Ordered.Select(o => o.OrderId), cart.OrderedUntil, CancellationToken.None);
        var place = rivals.Select(r => r.OrderId).ToImmutableArray().IndexOf(orderId);
        // The order has ended without this activation's knowledge.
        if (place < 0 && rivals.Length < IOrderQueries.MaxUnfinished)
            return UnderWay;
        if (rivals.FirstOrDefault(r => r.IsPaid && r.OrderId != orderId) is { } paid)
            return new Error(ErrorCode.Conflict, "Another order of this cart is paid.") { OrderId = paid.OrderId };
        if (place != 0)
            return new Error(ErrorCode.Conflict, "A newer order of this cart is still in progress.") { OrderId = rivals[0].OrderId };
        if (rivals.Length > 1)
            return NotAtItsEnd(rivals[1].OrderId);
        checkout = (orderId, Now + CheckoutLease);
        begunAt = Time.GetTimestamp();
        knowsOrders = false;
        return default(Done);
    }

    Task ICartGrain.LeaveCheckoutAsync(Guid orderId)
    {
        if (checkout?.OrderId == orderId)
            checkout = (orderId, Now);
        return Task.CompletedTask;
    }

    Task ICartGrain.EraseAsync() => State is { IsErased: true } ? Task.CompletedTask : CommitAsync(CartState.Gone, []);

    async Task ICartGrain.EndCheckoutAsync(Guid orderId, DateTimeOffset placedAt, ImmutableArray<CartLine>? ordered)
    {
        if (checkout?.OrderId == orderId)
            checkout = null;
        // The order may wait for its payment, be cancelled, or be about to be confirmed. Only the database knows.
        knowsOrders = false;
        if (ordered is null || State is not { IsErased: false } cart)
            return;
        var decision = cart.Order(orderId, placedAt, ordered.Value);
        await CommitAsync(decision);
        if (decision.Changed)
            metrics.CartOrdered();
        // Most guests buy only once, so the cart leaves the memory.
        if (cart.IsGuest)
            DeactivateOnIdle();
    }

    Task ICartGrain.EndMovedCheckoutAsync(Guid guestCartId, Guid orderId, DateTimeOffset placedAt, ImmutableArray<CartLine> ordered) =>
        State is { IsErased: true }
            ? Task.CompletedTask
            : CommitAsync((State ?? CartState.Empty(isGuest: false)).OrderMoved(guestCartId, orderId, placedAt, ordered));

    /// <summary>Moves the orders of a guest's cart to this customer; false when there are none.</summary>
    private async Task<bool> TakeOrdersAsync(Guid guestCartId)
    {
        var me = new Caller(Id, null, IsAdmin: false);
        var found = await orders.FindMovedAsync(guestCartId, Id, CancellationToken.None);
        knowsOrders &= found.IsEmpty;
        foreach (var moved in found)
        {
            var order = GrainFactory.Reference<IOrderGrain>(moved.OrderId);
            // An order that has already moved may be waiting for this cart, so it is not called again.
            if ((await order.GetAsync(me)).IsError)
                await order.AssignAsync(Id, moved.WithLines);
        }
        return !found.IsEmpty;
    }

    /// <summary>Returns another known order of this cart that has not ended.</summary>
    private async Task<Guid?> FindOtherAsync(CartState cart, Guid orderId)
    {
        if (checkout is { } other && other.OrderId != orderId)
            return other.OrderId;
        if (knowsOrders)
            return null;
        var unfinished = await FindUnfinishedAsync(cart);
        knowsOrders = unfinished.IsEmpty;
        return unfinished.Where(o => o != orderId).Select(o => (Guid?)o).FirstOrDefault();
    }

    private Task<ImmutableArray<Guid>> FindUnfinishedAsync(CartState cart) => knowsOrders && checkout is null
        ? Task.FromResult<ImmutableArray<Guid>>([])
        : orders.FindUnfinishedAsync(Id, cart.IsGuest, cart.Ordered.Select(o => o.OrderId), cart.OrderedUntil, CancellationToken.None);

    /// <summary>
    /// Returns the units, by SKU, that unpaid orders of this cart have reserved. They count as available to the cart's holder.
    /// </summary>
    private async Task<Dictionary<string, int>> HeldAsync(CartState cart)
    {
        var held = new Dictionary<string, int>();
        var unfinished = await FindUnfinishedAsync(cart);
        knowsOrders = unfinished.IsEmpty && checkout is null;
        var holder = cart.IsGuest ? new Caller(null, Id, IsAdmin: false) : new Caller(Id, null, IsAdmin: false);
        foreach (var orderId in unfinished)
        {
            var order = (await GrainFactory.Reference<IOrderGrain>(orderId).GetAsync(holder)).Value;
            if (order?.Status is not (OrderStatus.Pending or OrderStatus.AwaitingPayment))
                continue;
            foreach (var line in order.Lines)
                held[line.Sku] = held.GetValueOrDefault(line.Sku) + line.Quantity;
        }
        return held;
    }

    /// <summary>
    /// Returns the cart if it belongs to the caller. A customer's cart, and a guest's cart with an issued id, exist before their first
    /// line.
    /// </summary>
    private CartState? Of(Caller caller) =>
        caller.UserId is { } user
            ? user == Id && State is not { IsErased: true } ? State ?? CartState.Empty(isGuest: false) : null
            : caller.CartId == Id && Known is { IsGuest: true, HandedOverTo: null } guest ? guest : null;

    /// <summary>The stored cart, or the empty cart of a guest with an issued id.</summary>
    private CartState? Known => State ?? (isIssued ? CartState.Empty(isGuest: true) : null);

    private async Task<Cart> ViewAsync(CartState cart) => await ViewAsync(cart, await OffersAsync(SkusOf(cart)), write: false);

    /// <summary>Returns the cart with current prices. Stores it if a price has changed or <paramref name="write"/> is true.</summary>
    private async Task<Cart> ViewAsync(CartState cart, Dictionary<string, PriceOffer?> offers, bool write)
    {
        var repriced = cart.Reprice(Prices(offers));
        cart = repriced.State;
        // Only stock of known products is read, so that unknown items are not activated.
        var asked = StocksAsync(cart);
        await (write || repriced.Changed ? Task.WhenAll(CommitAsync(cart, []), asked) : asked);
        var stocks = await asked;

        var held = cart.Lines.Any(l => stocks[l.Sku].Units < l.Quantity) ? await HeldAsync(cart) : [];
        var items = ImmutableArray.CreateBuilder<CartItem>(cart.Lines.Length);
        long subtotal = 0;
        foreach (var line in cart.Lines)
        {
            var (offer, stock) = (offers[line.Sku], stocks[line.Sku]);
            var active = offer is { Active: true };
            var lineTotal = line.UnitPrice.Amount * line.Quantity;
            var mine = held.GetValueOrDefault(line.Sku);
            var available = active && stock.Units + mine >= line.Quantity;
            if (available)
                subtotal += lineTotal;
            items.Add(new CartItem(
                line.Sku, offer?.Name ?? line.Name, line.Quantity, line.UnitPrice, line.UnitPrice with { Amount = lineTotal }, available,
                !active ? Availability.OutOfStock
                : mine > 0 && stock.Availability == Availability.OutOfStock ? Availability.LowStock : stock.Availability,
                line.PreviousUnitPrice));
        }
        return new Cart(Id, items.MoveToImmutable(), new Money(subtotal, options.Value.Currency));
    }

    /// <summary>Returns the current offers, one read per product. They include every change that was acknowledged before.</summary>
    private Task<Dictionary<string, PriceOffer?>> OffersAsync(ImmutableArray<string> skus) =>
        AskAsync(skus, activeOffers, sku => GrainFactory.Reference<IProductGrain>(Sku.GrainKey(sku)).GetOfferAsync());

    private Task<Dictionary<string, StockAvailability>> StocksAsync(CartState cart) =>
        AskAsync(SkusOf(cart), activeStocks, sku => GrainFactory.Reference<IInventoryItemGrain>(Sku.GrainKey(sku)).GetAvailabilityAsync());

    /// <summary>Reads values of products: from the cache if the grain is active in this silo, otherwise by parallel calls.</summary>
    private static async Task<Dictionary<string, T>> AskAsync<T>(
        ImmutableArray<string> skus, LocalGrainCache<T> active, Func<string, Task<T>> ask)
    {
        var answers = new Dictionary<string, T>(skus.Length);
        List<string>? others = null;
        foreach (var sku in skus)
        {
            if (active.TryGetValue(sku, out var answer))
                answers[sku] = answer;
            else
                (others ??= []).Add(sku);
        }
        if (others is not null)
        {
            foreach (var (sku, answer) in others.Zip(await Task.WhenAll(others.Select(ask))))
                answers[sku] = answer;
        }
        return answers;
    }

    private static ImmutableArray<string> SkusOf(CartState cart) => [.. cart.Lines.Select(l => l.Sku)];

    private static Dictionary<string, Money> Prices(Dictionary<string, PriceOffer?> offers) =>
        offers.Where(o => o.Value is not null).ToDictionary(o => o.Key, o => o.Value!.Price);

    private static Error UnderWay { get; } = Error.Of(
        ErrorCode.Conflict, "error.checkout", "Another checkout of this cart is in progress. Try again.").WithRetryAfter(CutOffPause);

    private static Error NotAtItsEnd(Guid earlier) =>
        Error.Of(
            ErrorCode.Conflict, "error.earlier-checkout",
            "An earlier checkout of this cart is still in progress. Try again.").WithOrder(earlier).WithRetryAfter(CutOffPause);

    private static Error Bought { get; } = Error.Of(
        ErrorCode.Conflict, "error.cart-bought", "The lines of this checkout were already bought.");

    private static Error NoCart { get; } = Error.NotFound("not-found.cart", "The cart was not found.");
}
