using Microsoft.Extensions.Options;
using SoonShop.Aggregates;
using SoonShop.Catalog;
using SoonShop.Events;
using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.Carts;

[CollectionAgeLimit(Minutes = 5), DeactivateWhenEmpty]
internal sealed class CartGrain(
    [PersistentState("cart")] IPersistentState<StateEnvelope<CartState>> storage,
    TimeProvider time,
    IOptions<CheckoutOptions> options,
    IOrderQueries orders,
    ICartIdKeys keys,
    CartQuotes quotes,
    LocalGrainCache<PriceOffer?> activeOffers,
    LocalGrainCache<StockAvailability> activeStocks,
    StockLocations locations,
    BusinessMetrics metrics)
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
        Of(caller) is { } cart ? await ViewAsync(cart)
        // The customer who takes over a guest's cart still reads its choices when the merge is repeated.
        : caller.CartId == Id && caller.UserId is { } customer && State is { } moved && moved.HandedOverTo == customer
            ? new Cart(Id, [], Money.Zero(options.Value.Currency)) { Choices = moved.Choices }
        : NoCart;

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
        return await ViewAsync(cart, decision, offers, changed: sku);
    }

    async Task<Result<Cart>> ICartGrain.SetDestinationAsync(Caller caller, Destination? destination)
    {
        if (Of(caller) is not { } cart)
            return NoCart;
        var place = await CheckAsync(destination);
        return place.IsError ? place.Error : await ViewAsync(cart, cart.Choose(ChoicesOf(cart) with { Destination = place.Value }));
    }

    async Task<Result<Cart>> ICartGrain.SetShippingMethodAsync(Caller caller, string? methodId)
    {
        if (Of(caller) is not { } cart)
            return NoCart;
        if (methodId is not null && (await quotes.RulesAsync()).Shipping.Find(methodId) is null)
            return Error.Invalid("id", "field.shipping-method", "is not a shipping method of this shop; see POST /cart/shipping-options");
        return await ViewAsync(cart, cart.Choose(ChoicesOf(cart) with { ShippingMethod = methodId }));
    }

    async Task<Result<Cart>> ICartGrain.AddCodeAsync(Caller caller, string code)
    {
        if (Of(caller) is not { } cart)
            return NoCart;
        if (await quotes.FindCodeAsync(code, await quotes.RulesAsync()) is not { } found)
            return Error.NotFound("not-found.code", $"This shop has no code {code}. Check how it is written.");
        // Generated codes are kept in one spelling.
        return await ViewAsync(cart, cart.AddCode(found.BatchPromotionId is null ? code : GeneratedCode.Spell(code)));
    }

    async Task<Result<Cart>> ICartGrain.RemoveCodeAsync(Caller caller, string code)
    {
        if (Of(caller) is not { } cart)
            return NoCart;
        var spelled = GeneratedCode.Spell(code);
        return await ViewAsync(cart, cart.RemoveCode(ChoicesOf(cart).Codes.Contains(spelled) ? spelled : code));
    }

    async Task<Result<Cart>> ICartGrain.SetCurrencyAsync(Caller caller, string currency)
    {
        if (Of(caller) is not { } cart)
            return NoCart;
        if (!Currencies.IsKnown(currency))
            return Error.Invalid("currency", "field.currency-code", "must be a currency such as USD");
        return await ViewAsync(cart, cart.Choose(ChoicesOf(cart) with { Currency = currency == options.Value.Currency ? null : currency }));
    }

    async Task<Result<Cart>> ICartGrain.QuoteAsync(Caller caller, CartQuoteRequest request)
    {
        if (Of(caller) is not { } cart)
            return NoCart;
        var place = await CheckAsync(request.Destination);
        if (place.IsError)
            return place.Error;
        var other = cart with { Choices = (request with { Destination = place.Value }).ApplyTo(ChoicesOf(cart)) };
        return (await PriceAsync(other, await OffersAsync(SkusOf(cart)), withQuote: true)).View;
    }

    async Task<Result<CartShippingOptions>> ICartGrain.GetShippingOptionsAsync(Caller caller, Destination? destination)
    {
        if (Of(caller) is not { } cart)
            return NoCart;
        var choices = ChoicesOf(cart);
        var place = await CheckAsync(destination ?? choices.Destination);
        if (place.IsError)
            return place.Error;
        if (place.Value is null)
            return Error.Invalid("destination", "field.destination-needed", "is required unless the cart has a destination");
        var offers = await OffersAsync(SkusOf(cart));
        return new CartShippingOptions(
            choices.Currency ?? options.Value.Currency,
            await quotes.ShippingOptionsAsync(ContentOf(cart.Lines, offers, choices with { Destination = place.Value }) with
            {
                HeldUses = async () => UsesOf(await FindUnpaidAsync(cart)),
                HeldUnits = async () => UnitsOf(await FindUnpaidAsync(cart)),
            }));
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
        // Read after the transfer: from then on nobody changes them but the end of an order, so a repeated merge reads the same. And the
        // guest's cart is not priced for them.
        var choices = (await guest.GetAsync(new Caller(Id, guestCartId, IsAdmin: false))).Value?.Choices;
        var moved = await TakeOrdersAsync(guestCartId);
        // Also for an order alone, because an activation of a never-written cart assumes that it has no orders.
        if (lines.Length > 0 || moved || choices is not null)
        {
            var decision = cart.Merge(guestCartId, lines, choices);
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
        // A caller of an older version, or beside one, knows only the shop's currency.
        if (State?.Choices?.Currency is not null)
            throw new UnavailableException(ErrorText.Of("error.upgrading", "The shop is being upgraded. Try again in some minutes."));
        var begun = await StartCheckoutAsync(caller, orderId);
        return begun.IsError ? begun.Error : begun.Value.Lines;
    }

    Task<Result<CartCheckout>> ICartGrain.StartCheckoutAsync(Caller caller, Guid orderId) => StartCheckoutAsync(caller, orderId);

    private async Task<Result<CartCheckout>> StartCheckoutAsync(Caller caller, Guid orderId)
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
        var choices = ChoicesOf(cart);
        var content = ContentOf(cart.Lines, offers, choices);
        var prices = Prices(content.Lines, await quotes.UnitPricesAsync(content), choices);
        var problems = new Dictionary<string, ErrorText[]>();
        foreach (var line in cart.Lines)
        {
            if (offers[line.Sku] is not { Active: true })
                problems[line.Sku] = [ErrorText.Of("cart.off-sale", "is no longer on sale; remove it from the cart")];
            else if (!prices.TryGetValue(line.Sku, out var price))
                problems[line.Sku] = [NoPrice(choices)];
            else if (price != line.UnitPrice)
                problems[line.Sku] = [QuoteErrors.PriceChanged(price, line.UnitPrice)];
        }
        if (problems.Count > 0)
        {
            await CommitAsync(cart.Reprice(prices));
            return QuoteErrors.CartChanged(problems);
        }
        // Checked last, so that no earlier order is ended for a checkout that is rejected.
        if (await FindOtherAsync(cart, orderId) is { } earlier)
            return NotAtItsEnd(earlier);
        checkout = (orderId, Now + CheckoutLease);
        begunAt = Time.GetTimestamp();
        return new CartCheckout(cart.Lines, [.. content.Lines.Select(l => l.Product)], choices);
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
    /// Returns the unpaid orders of this cart. What they hold, units and uses of promotions, is there for the cart's holder, whose next
    /// checkout ends them.
    /// </summary>
    private async Task<ImmutableArray<Order>> FindUnpaidAsync(CartState cart)
    {
        var unfinished = await FindUnfinishedAsync(cart);
        knowsOrders = unfinished.IsEmpty && checkout is null;
        var holder = cart.IsGuest ? new Caller(null, Id, IsAdmin: false) : new Caller(Id, null, IsAdmin: false);
        var unpaid = ImmutableArray.CreateBuilder<Order>();
        foreach (var orderId in unfinished)
        {
            if ((await GrainFactory.Reference<IOrderGrain>(orderId).GetAsync(holder)).Value
                is { Status: OrderStatus.Pending or OrderStatus.AwaitingPayment } order)
                unpaid.Add(order);
        }
        return unpaid.ToImmutable();
    }

    private static ImmutableArray<PromotionDiscount> UsesOf(ImmutableArray<Order> orders) =>
        [.. orders.SelectMany(o => o.Prices?.Promotions ?? [])];

    private static Dictionary<string, int> UnitsOf(ImmutableArray<Order> orders) => orders.SelectMany(o => o.Lines)
        .GroupBy(l => l.Sku, l => l.Quantity).ToDictionary(g => g.Key, g => g.Sum(), StringComparer.Ordinal);

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

    private async Task<Cart> ViewAsync(CartState cart) => (await ViewAsync(cart, Decision<CartState>.NoChange(cart))).Value!;

    private async Task<Result<Cart>> ViewAsync(CartState before, Decision<CartState> decision) => decision.Error is { } error
        ? error
        : await ViewAsync(before, decision, await OffersAsync(SkusOf(decision.State)));

    /// <summary>Prices the cart anew, stores it if it changed, and returns it.</summary>
    /// <param name="before">The cart before the decision.</param>
    /// <param name="decision">What the holder wants.</param>
    /// <param name="offers">The offers of all lines.</param>
    /// <param name="changed">The line that the holder sets; null for none.</param>
    private async Task<Result<Cart>> ViewAsync(
        CartState before, Decision<CartState> decision, Dictionary<string, PriceOffer?> offers, string? changed = null)
    {
        var (cart, view, prices) = await PriceAsync(decision.State, offers, changed);
        if (changed is not null && !prices.ContainsKey(changed) && cart.Lines.Any(l => l.Sku == changed))
            return Error.Of(ErrorCode.Conflict, NoPrice(ChoicesOf(cart)));
        if (cart != before && (decision.Changed || !cart.Lines.SequenceEqual(before.Lines)))
            await CommitAsync(cart, []);
        if (changed is not null)
            metrics.CartChanged(before, cart);
        return view;
    }

    /// <summary>Returns the cart at current prices, and its view. Lines that cannot be bought are not in the sums.</summary>
    private async Task<(CartState Cart, Cart View, Dictionary<string, Money> Prices)> PriceAsync(
        CartState cart, Dictionary<string, PriceOffer?> offers, string? changed = null, bool withQuote = false)
    {
        var choices = ChoicesOf(cart);
        if (cart.Lines.IsEmpty)
            return (cart, new Cart(Id, [], Money.Zero(choices.Currency ?? options.Value.Currency)) { Choices = cart.Choices }, []);
        // Only stock of known products is read, so that unknown items are not activated.
        var stocks = await StocksAsync(cart);
        Task<ImmutableArray<Order>>? unpaid = null;
        Task<ImmutableArray<Order>> Unpaid() => unpaid ??= FindUnpaidAsync(cart);
        var held = cart.Lines.Any(l => stocks[l.Sku].Units < l.Quantity) ? UnitsOf(await Unpaid()) : [];
        bool IsAvailable(CartLine line) => offers[line.Sku] is { Active: true }
            && stocks[line.Sku].Units + held.GetValueOrDefault(line.Sku) >= line.Quantity;
        ImmutableArray<CartLine> buyable = cart.Lines.All(IsAvailable) ? cart.Lines : [.. cart.Lines.Where(IsAvailable)];
        var content = ContentOf(buyable, offers, choices) with
        {
            HeldUses = async () => UsesOf(await Unpaid()),
            HeldUnits = async () => UnitsOf(await Unpaid()),
        };
        var priced = await quotes.QuoteAsync(content);
        var quote = priced.Quote;
        var prices = new Dictionary<string, Money>(cart.Lines.Length);
        for (var i = 0; i < buyable.Length; i++)
        {
            if (quote.Lines[i].UnitPrice is { } amount)
                prices[buyable[i].Sku] = new Money(amount, quote.Currency);
        }
        if (buyable.Length < cart.Lines.Length)
        {
            var others = ContentOf([.. cart.Lines.Where(l => !IsAvailable(l) && offers[l.Sku] is not null)], offers, choices);
            foreach (var (sku, price) in Prices(others.Lines, await quotes.UnitPricesAsync(others), choices))
                prices[sku] = price;
        }
        cart = cart.Reprice(prices, changed).State;

        var items = ImmutableArray.CreateBuilder<CartItem>(cart.Lines.Length);
        var next = 0;
        foreach (var line in cart.Lines)
        {
            var (offer, stock) = (offers[line.Sku], stocks[line.Sku]);
            var active = offer is { Active: true };
            var mine = held.GetValueOrDefault(line.Sku);
            var isQuoted = next < buyable.Length && buyable[next].Sku == line.Sku;
            var quoted = isQuoted ? quote.Lines[next++] : null;
            items.Add(new CartItem(
                line.Sku, offer?.Name ?? line.Name, line.Quantity, line.UnitPrice,
                line.UnitPrice with { Amount = line.UnitPrice.Amount * line.Quantity }, quoted is { UnitPrice: not null },
                !active ? Availability.OutOfStock
                : mine > 0 && stock.Availability == Availability.OutOfStock ? Availability.LowStock : stock.Availability,
                line.PreviousUnitPrice)
            {
                Discount = quoted is { Discount: > 0 } reduced ? new Money(reduced.Discount, quote.Currency) : null,
            });
        }
        foreach (var gift in quote.Lines.AsSpan()[buyable.Length..])
        {
            var price = new Money(gift.UnitPrice ?? 0, quote.Currency);
            items.Add(new CartItem(
                gift.Sku, priced.Gifts.First(g => g.Sku == gift.Sku).Name, gift.Quantity, price, price with { Amount = gift.Gross }, true,
                Availability.InStock, null)
            {
                Discount = new Money(gift.Discount, quote.Currency),
                IsGift = true,
            });
        }
        var view = new Cart(Id, items.ToImmutable(), new Money(quote.Subtotal, quote.Currency))
        {
            Prices = quote.Lines.IsEmpty ? null : PriceSummary.Of(quote),
            Choices = cart.Choices,
            Quote = withQuote ? quote : null,
        };
        return (cart, view, prices);
    }

    /// <summary>Returns the destination in its country's form, or why the shop does not sell there; null stays null.</summary>
    private async Task<Result<Destination?>> CheckAsync(Destination? destination)
    {
        if (destination is null)
            return default(Destination);
        var place = Destinations.Check(destination, await quotes.RulesAsync());
        return place.IsError ? place.Error : place.Value;
    }

    private CartContent ContentOf(ImmutableArray<CartLine> lines, Dictionary<string, PriceOffer?> offers, CartChoices choices) => new(
        [.. lines.Where(l => offers[l.Sku] is not null).Select(l => new PricingLine(offers[l.Sku]!.ToPricedProduct(), l.Quantity))],
        choices, State is { IsGuest: true } || isIssued ? null : Id);

    private static CartChoices ChoicesOf(CartState cart) => cart.Choices ?? CartChoices.None;

    private Dictionary<string, Money> Prices(ImmutableArray<PricingLine> lines, ImmutableArray<long?> prices, CartChoices choices)
    {
        var found = new Dictionary<string, Money>(lines.Length);
        for (var i = 0; i < lines.Length; i++)
        {
            if (prices[i] is { } amount)
                found[lines[i].Product.Sku] = new Money(amount, choices.Currency ?? options.Value.Currency);
        }
        return found;
    }

    private ErrorText NoPrice(CartChoices choices) => ErrorText.Of(
        "cart.no-price",
        $"has no price in {choices.Currency ?? options.Value.Currency}; remove it from the cart or choose another currency");

    /// <summary>Returns the current offers, one read per product. They include every change that was acknowledged before.</summary>
    private Task<Dictionary<string, PriceOffer?>> OffersAsync(ImmutableArray<string> skus) =>
        AskAsync(skus, activeOffers, sku => GrainFactory.Reference<IProductGrain>(Sku.GrainKey(sku)).GetOfferAsync());

    private async Task<Dictionary<string, StockAvailability>> StocksAsync(CartState cart)
    {
        var skus = SkusOf(cart);
        if ((await locations.GetAsync()).IsDefaultOnly)
        {
            return await AskAsync(
                skus, activeStocks, sku => GrainFactory.Reference<IInventoryItemGrain>(Sku.GrainKey(sku)).GetAvailabilityAsync());
        }
        var stocks = await Task.WhenAll(skus.Select(sku => locations.AvailabilityAsync(sku).AsTask()));
        return skus.Zip(stocks).ToDictionary(StringComparer.Ordinal);
    }

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
