using Microsoft.Extensions.Options;
using SoonShop.Aggregates;
using SoonShop.Catalog;
using SoonShop.Events;
using SoonShop.Inventory;
using SoonShop.Orders;

namespace SoonShop.Carts;

[CollectionAgeLimit(Minutes = 5), EndsWhenEmpty]
internal sealed class CartGrain(
    [PersistentState("cart")] IPersistentState<Document<CartState>> storage, TimeProvider time, IOptions<CheckoutOptions> options, IOrderQueries orders,
    BusinessMetrics metrics)
    : AggregateGrain<CartState>(storage, time), ICartGrain
{
    /// <summary>How long a checkout holds the cart if it never says that it ended.</summary>
    private static readonly TimeSpan CheckoutLease = TimeSpan.FromMinutes(1);

    /// <summary>When to ask again while a checkout that was cut off is brought to its end.</summary>
    private static readonly TimeSpan CutOffPause = TimeSpan.FromSeconds(5);

    private (Guid OrderId, DateTimeOffset Until)? checkout;

    /// <summary>False while an earlier activation may have begun a checkout that goes on without this one knowing.</summary>
    private bool knowsCheckouts;

    protected override string Aggregate => "cart";

    protected override string StreamKeyOf(CartState state) => GrainKey;

    private Guid Id => this.GetPrimaryKey();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        knowsCheckouts = State is null;
        return Task.CompletedTask;
    }

    async Task<Outcome<Cart>> ICartGrain.OpenForGuestAsync()
    {
        if (State is null)
            await CommitAsync(CartState.Empty(isGuest: true), []);
        return await ViewAsync(State!);
    }

    async Task<Outcome<Cart>> ICartGrain.GetAsync(Caller caller) =>
        Of(caller) is { } cart ? await ViewAsync(cart) : NoCart;

    async Task<Outcome<Cart>> ICartGrain.SetItemAsync(Caller caller, string sku, int quantity)
    {
        if (Of(caller) is not { } cart)
            return NoCart;
        var offer = await GrainFactory.GetGrain<IProductGrain>(Sku.GrainKey(sku)).GetOfferAsync();
        if (offer is null)
            return Refusal.NotFound($"The product {sku}");
        if (!offer.Active && quantity > 0)
            return new Refusal(RefusalCode.Conflict, $"{offer.Name} is no longer on sale.");
        var decision = cart.SetItem(sku, offer.Name, quantity, offer.Price);
        if (decision.Refusal is { } refusal)
            return refusal;
        await CommitAsync(decision);
        metrics.CartChanged(cart, decision.State);
        return await ViewAsync(decision.State);
    }

    async Task<Outcome<Done>> ICartGrain.ClearAsync(Caller caller)
    {
        if (Of(caller) is not { } cart)
            return NoCart;
        var decision = cart.Clear();
        await CommitAsync(decision);
        metrics.CartChanged(cart, decision.State);
        return default(Done);
    }

    async Task<Outcome<Cart>> ICartGrain.MergeAsync(Caller caller, Guid guestCartId)
    {
        if (caller.UserId != Id || Of(caller) is not { } cart)
            return NoCart;
        var guest = GrainFactory.GetGrain<ICartGrain>(guestCartId);
        if (guestCartId == Id || await guest.HandOverAsync(Id) is not { } lines)
            return Refusal.NotFound($"The guest cart {guestCartId}");
        if (lines.Length > 0)
        {
            var decision = cart.Merge(guestCartId, lines);
            await CommitAsync(decision);
            if (decision.Changed)
                metrics.CartMerged();
            await guest.ForgetHandedOverAsync(Id);
        }
        return await ViewAsync(State ?? cart);
    }

    async Task<ImmutableArray<CartLine>?> ICartGrain.HandOverAsync(Guid customerId)
    {
        if (State is not { } cart || cart.HandOver(customerId) is not { Refusal: null } decision)
            return null;
        await CommitAsync(decision);
        return cart.Lines;
    }

    async Task ICartGrain.ForgetHandedOverAsync(Guid customerId)
    {
        if (State is { } cart)
            await CommitAsync(cart.ForgetHandedOver(customerId));
    }

    async Task<Outcome<ImmutableArray<CartLine>>> ICartGrain.BeginCheckoutAsync(Caller caller, Guid orderId)
    {
        if (Of(caller) is not { } cart)
            return NoCart;
        if (checkout is { } other && other.OrderId != orderId && other.Until > Now)
            return new Refusal(RefusalCode.Conflict, "Another checkout of this cart is under way.") { RetryAfter = other.Until - Now };
        if (!knowsCheckouts
            && await orders.FindUnfinishedAsync(Id, cart.Ordered.Select(o => o.OrderId), cart.OrderedUntil, CancellationToken.None) is { } unfinished && unfinished != orderId)
            return new Refusal(RefusalCode.Conflict, "An earlier checkout of this cart is not at its end.") { RetryAfter = CutOffPause };
        knowsCheckouts = true;
        if (cart.Lines.Length == 0)
            return new Refusal(RefusalCode.CartEmpty, "There is nothing in the cart.");

        var offers = await OffersAsync(cart);
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
            return new Refusal(RefusalCode.Conflict, "The cart has changed since it was shown; see errors.") { Errors = problems };
        }
        checkout = (orderId, Now + CheckoutLease);
        return cart.Lines;
    }

    Task ICartGrain.EraseAsync() => State is { IsErased: true } ? Task.CompletedTask : CommitAsync(CartState.Gone, []);

    async Task ICartGrain.EndCheckoutAsync(Guid orderId, DateTimeOffset placedAt, ImmutableArray<CartLine>? ordered)
    {
        if (checkout?.OrderId == orderId)
            checkout = null;
        if (ordered is null || State is not { IsErased: false } cart)
            return;
        var decision = cart.Order(orderId, placedAt, ordered.Value);
        await CommitAsync(decision);
        if (decision.Changed)
            metrics.CartOrdered();
    }

    /// <summary>The cart, if it is the caller's. A customer's cart is there before its first line.</summary>
    private CartState? Of(Caller caller) =>
        caller.UserId is { } user
            ? user == Id && State is not { IsErased: true } ? State ?? CartState.Empty(isGuest: false) : null
            : caller.CartId == Id && State is { IsGuest: true, HandedOverTo: null } guest ? guest : null;

    private async Task<Cart> ViewAsync(CartState cart)
    {
        var offers = OffersAsync(cart);
        var stocks = Task.WhenAll(cart.Lines.Select(async l =>
            KeyValuePair.Create(l.Sku, await GrainFactory.GetGrain<IInventoryItemGrain>(Sku.GrainKey(l.Sku)).GetAvailabilityAsync())));
        await Task.WhenAll(offers, stocks);
        var repriced = cart.Reprice(Prices(offers.Result));
        await CommitAsync(repriced);

        var stock = stocks.Result.ToDictionary();
        var items = ImmutableArray.CreateBuilder<CartItem>(repriced.State.Lines.Length);
        long subtotal = 0;
        foreach (var line in repriced.State.Lines)
        {
            var offer = offers.Result[line.Sku];
            var active = offer is { Active: true };
            var lineTotal = line.UnitPrice.Amount * line.Quantity;
            var available = active && stock[line.Sku].Units >= line.Quantity;
            if (available)
                subtotal += lineTotal;
            items.Add(new CartItem(
                line.Sku, offer?.Name ?? line.Name, line.Quantity, line.UnitPrice, line.UnitPrice with { Amount = lineTotal }, available,
                active ? stock[line.Sku].Availability : Availability.OutOfStock, line.PreviousUnitPrice));
        }
        return new Cart(Id, items.MoveToImmutable(), new Money(subtotal, options.Value.Currency));
    }

    private async Task<Dictionary<string, Offer?>> OffersAsync(CartState cart)
    {
        var offers = await Task.WhenAll(cart.Lines.Select(l => GrainFactory.GetGrain<IProductGrain>(Sku.GrainKey(l.Sku)).GetOfferAsync()));
        return cart.Lines.Zip(offers).ToDictionary(pair => pair.First.Sku, pair => pair.Second);
    }

    private static Dictionary<string, Money> Prices(Dictionary<string, Offer?> offers) =>
        offers.Where(o => o.Value is not null).ToDictionary(o => o.Key, o => o.Value!.Price);

    private static Refusal NoCart { get; } = Refusal.NotFound("The cart");
}
