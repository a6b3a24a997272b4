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
    /// How long others are only told to wait for a checkout that does not say how it goes on. After that its order is asked, which waits for
    /// whoever works on it.
    /// </summary>
    private static readonly TimeSpan CheckoutLease = TimeSpan.FromSeconds(20);

    /// <summary>Longer than an order takes from being let begin to being found in the database, unless it asks again.</summary>
    private static readonly TimeSpan PlacingTime = TimeSpan.FromSeconds(2);

    /// <summary>When to ask again while a checkout that was cut off is brought to its end.</summary>
    private static readonly TimeSpan CutOffPause = TimeSpan.FromSeconds(5);

    /// <summary>The order that was let begin and has not said how it ended; others wait until then, and supersede it afterwards.</summary>
    private (Guid OrderId, DateTimeOffset Until)? checkout;

    /// <summary>When an order was last let begin.</summary>
    private long? begunAt;

    /// <summary>When this activation began.</summary>
    private long activatedAt;

    /// <summary>False while there may be orders not at their end of which this activation does not know: the database knows them.</summary>
    private bool knowsOrders;

    /// <summary>True for a cart without a row whose id proves that a guest was given it.</summary>
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

    /// <summary>The next activation finds in the database what this one has let begin.</summary>
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
            return Error.NotFound($"The product {sku}");
        if (!offer.Active && quantity > 0)
            return new Error(ErrorCode.Conflict, $"{offer.Name} is no longer on sale.");
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
        var guest = GrainFactory.GetGrain<ICartGrain>(guestCartId);
        if (guestCartId == Id || await guest.TransferAsync(Id) is not { } lines)
            return Error.NotFound($"The guest cart {guestCartId}");
        var moved = await TakeOrdersAsync(guestCartId);
        // Also of an order alone: an activation of a cart that was never written takes it for one without orders.
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
                throw new UnavailableException("An order is being placed from the guest's cart. Try again.");
            var unfinished = await FindUnfinishedAsync(cart);
            // Of an order that may never have been placed, nobody knows yet.
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
        // The same checkout once more: its lines are not in the cart any more.
        if (cart.Ordered.Any(o => o.OrderId == orderId))
            return Bought;
        if (cart.Lines.Length == 0)
            return new Error(ErrorCode.CartEmpty, "There is nothing in the cart.");

        var offers = await OffersAsync(SkusOf(cart));
        var problems = new Dictionary<string, string[]>();
        foreach (var line in cart.Lines)
        {
            if (offers[line.Sku] is not { Active: true } offer)
                problems[line.Sku] = ["is no longer on sale; remove it from the cart"];
            else if (offer.Price != line.UnitPrice)
                problems[line.Sku] = [$"costs {offer.Price} now, not {line.UnitPrice}; look at the cart again"];
        }
        if (problems.Count > 0)
        {
            await CommitAsync(cart.Reprice(Prices(offers)));
            return new Error(ErrorCode.Conflict, "The cart has changed since it was shown; see errors.") { Errors = problems };
        }
        // Not before what this checkout may be refused for: nothing is ended in vain.
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
        // What an earlier activation let begin is found by then, or asks, too.
        if (PlacingTime - Time.GetElapsedTime(activatedAt) is { Ticks: > 0 } rest)
            await Task.Delay(rest, Time);
        // Nothing that this activation knows counts: it may be the one that others believe dead.
        await ReloadAsync();
        var cart = State ?? CartState.Empty(isGuest: false);
        if (cart.CheckCanResume(orderId, placedAt, units) is { } error)
            return error;
        var rivals = await orders.FindRivalsAsync(Id, cart.Ordered.Select(o => o.OrderId), cart.OrderedUntil, CancellationToken.None);
        var place = rivals.Select(r => r.OrderId).ToImmutableArray().IndexOf(orderId);
        // It has come to its end without this activation of it.
        if (place < 0 && rivals.Length < IOrderQueries.MaxUnfinished)
            return UnderWay;
        if (rivals.FirstOrDefault(r => r.IsPaid && r.OrderId != orderId) is { } paid)
            return new Error(ErrorCode.Conflict, "Another order of this cart is paid.") { OrderId = paid.OrderId };
        if (place != 0)
            return new Error(ErrorCode.Conflict, "A newer order of this cart is not at its end.") { OrderId = rivals[0].OrderId };
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
        // It may wait for its payment, be called off, or be about to be written as confirmed: the database knows.
        knowsOrders = false;
        if (ordered is null || State is not { IsErased: false } cart)
            return;
        var decision = cart.Order(orderId, placedAt, ordered.Value);
        await CommitAsync(decision);
        if (decision.Changed)
            metrics.CartOrdered();
        // Most guests buy once; memory is for those who are still choosing.
        if (cart.IsGuest)
            DeactivateOnIdle();
    }

    Task ICartGrain.EndMovedCheckoutAsync(Guid guestCartId, Guid orderId, DateTimeOffset placedAt, ImmutableArray<CartLine> ordered) =>
        State is { IsErased: true }
            ? Task.CompletedTask
            : CommitAsync((State ?? CartState.Empty(isGuest: false)).OrderMoved(guestCartId, orderId, placedAt, ordered));

    /// <summary>Has the orders of a guest's cart go along to this customer; false when there are none.</summary>
    private async Task<bool> TakeOrdersAsync(Guid guestCartId)
    {
        var me = new Caller(Id, null, IsAdmin: false);
        var found = await orders.FindMovedAsync(guestCartId, Id, CancellationToken.None);
        knowsOrders &= found.IsEmpty;
        foreach (var moved in found)
        {
            var order = GrainFactory.GetGrain<IOrderGrain>(moved.OrderId);
            // One that has come along already may wait for this cart just now.
            if ((await order.GetAsync(me)).IsError)
                await order.AssignAsync(Id, moved.WithLines);
        }
        return !found.IsEmpty;
    }

    /// <summary>Another order of this cart that is not at its end, as far as is known.</summary>
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

    /// <summary>Units by SKU that orders of this cart hold while they wait for their payment: for its holder they are to be had.</summary>
    private async Task<Dictionary<string, int>> HeldAsync(CartState cart)
    {
        var held = new Dictionary<string, int>();
        var unfinished = await FindUnfinishedAsync(cart);
        knowsOrders = unfinished.IsEmpty && checkout is null;
        var holder = cart.IsGuest ? new Caller(null, Id, IsAdmin: false) : new Caller(Id, null, IsAdmin: false);
        foreach (var orderId in unfinished)
        {
            var order = (await GrainFactory.GetGrain<IOrderGrain>(orderId).GetAsync(holder)).Value;
            if (order?.Status is not (OrderStatus.Pending or OrderStatus.AwaitingPayment))
                continue;
            foreach (var line in order.Lines)
                held[line.Sku] = held.GetValueOrDefault(line.Sku) + line.Quantity;
        }
        return held;
    }

    /// <summary>The cart, if it is the caller's. A customer's cart is there before its first line, and so is a guest's under an id that was issued.</summary>
    private CartState? Of(Caller caller) =>
        caller.UserId is { } user
            ? user == Id && State is not { IsErased: true } ? State ?? CartState.Empty(isGuest: false) : null
            : caller.CartId == Id && Known is { IsGuest: true, HandedOverTo: null } guest ? guest : null;

    /// <summary>What is written, or the empty cart of a guest who was given its id.</summary>
    private CartState? Known => State ?? (isIssued ? CartState.Empty(isGuest: true) : null);

    private async Task<Cart> ViewAsync(CartState cart) => await ViewAsync(cart, await OffersAsync(SkusOf(cart)), write: false);

    /// <summary>The cart with today's prices. It is written where they differ from those seen, and otherwise if <paramref name="write"/> says so.</summary>
    private async Task<Cart> ViewAsync(CartState cart, Dictionary<string, PriceOffer?> offers, bool write)
    {
        var repriced = cart.Reprice(Prices(offers));
        cart = repriced.State;
        // Of products that are known: an item that was never asked for stays out of memory.
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

    /// <summary>What is offered now, each product asked once; a change that was acknowledged before is in it.</summary>
    private Task<Dictionary<string, PriceOffer?>> OffersAsync(ImmutableArray<string> skus) =>
        AskAsync(skus, activeOffers, sku => GrainFactory.GetGrain<IProductGrain>(Sku.GrainKey(sku)).GetOfferAsync());

    private Task<Dictionary<string, StockAvailability>> StocksAsync(CartState cart) =>
        AskAsync(SkusOf(cart), activeStocks, sku => GrainFactory.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku)).GetAvailabilityAsync());

    /// <summary>Answers for products: of those grains that are active here without a call, of the others by calls side by side.</summary>
    private static async Task<Dictionary<string, T>> AskAsync<T>(ImmutableArray<string> skus, LocalGrainCache<T> active, Func<string, Task<T>> ask)
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

    private static Error UnderWay { get; } = new(ErrorCode.Conflict, "Another checkout of this cart is under way.") { RetryAfter = CutOffPause };

    private static Error NotAtItsEnd(Guid earlier) =>
        new(ErrorCode.Conflict, "An earlier checkout of this cart is not at its end.") { OrderId = earlier, RetryAfter = CutOffPause };

    private static Error Bought { get; } = new(ErrorCode.Conflict, "This checkout has bought its lines already.");

    private static Error NoCart { get; } = Error.NotFound("The cart");
}
