using SoonShop.Aggregates;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.Carts;

/// <summary>The rules of a cart: its lines, the prices that the buyer saw, and its owner.</summary>
public sealed record CartState
{
    /// <summary>The most merged carts and completed orders that are remembered, so that repeated calls have no further effect.</summary>
    private const int MaxRemembered = 20;

    /// <summary>The lines, in the order in which they were added.</summary>
    public ImmutableArray<CartLine> Lines { get; init; } = [];
    /// <summary>True for a guest's cart.</summary>
    public bool IsGuest { get; init; }
    /// <summary>The customer who took over a guest's cart. Since then it belongs to nobody.</summary>
    public Guid? HandedOverTo { get; init; }
    /// <summary>The orders that moved along: unfinished and recent ones.</summary>
    public ImmutableArray<MovedOrder> MovedOrders { get; init; } = [];
    /// <summary>Guest carts merged into this one, newest last.</summary>
    public ImmutableArray<Guid> Merged { get; init; } = [];
    /// <summary>Orders whose lines have left this cart, newest last.</summary>
    public ImmutableArray<OrderedCart> Ordered { get; init; } = [];
    /// <summary>All orders placed up to this time have left the cart. They are too many to remember each.</summary>
    public DateTimeOffset OrderedUntil { get; init; }
    /// <summary>Lines that were bought from guest carts before their merge, newest last.</summary>
    public ImmutableArray<EarlyPurchase> EarlyPurchases { get; init; } = [];

    /// <summary>The codes that came with merged guest carts, newest last. The customer had not entered them.</summary>
    public ImmutableArray<MovedCodes> MovedCodes { get; init; } = [];

    /// <summary>True when its customer was erased. Late calls find no cart.</summary>
    public bool IsErased { get; init; }

    /// <summary>What its holder has chosen beside the lines; null for nothing.</summary>
    public CartChoices? Choices { get; init; }

    /// <summary>The cart of a customer who was erased.</summary>
    public static CartState Gone { get; } = new() { IsErased = true };

    /// <summary>An empty cart.</summary>
    public static CartState Empty(bool isGuest) => new() { IsGuest = isGuest };

    /// <summary>Sets a line to a quantity at the price just shown; 0 removes it.</summary>
    public Decision<CartState> SetItem(string sku, string name, int quantity, Money price)
    {
        var current = Lines.FirstOrDefault(l => l.Sku == sku);
        if (quantity == 0)
            return current is null ? Decision<CartState>.NoChange(this) : To([.. Lines.Where(l => l.Sku != sku)]);
        if (quantity is < 0 or > CartLine.MaxQuantity)
            return Error.Invalid("quantity", "field.whole-range", $"must be 0–{CartLine.MaxQuantity}");
        var line = new CartLine(sku, name, quantity, price);
        if (current == line)
            return Decision<CartState>.NoChange(this);
        if (current is not null)
            return To([.. Lines.Select(l => l.Sku == sku ? line : l)]);
        return Lines.Length >= Cart.MaxLines
            ? Error.Of(ErrorCode.Conflict, "error.cart-lines", $"A cart holds at most {Cart.MaxLines} different products.")
            : To([.. Lines, line]);
    }

    /// <summary>Replaces the choices.</summary>
    public Decision<CartState> Choose(CartChoices choices) => choices == (Choices ?? CartChoices.None)
        ? Decision<CartState>.NoChange(this)
        : Decision<CartState>.To(this with { Choices = choices == CartChoices.None ? null : choices });

    /// <summary>Adds a code, unless it is there in another spelling.</summary>
    public Decision<CartState> AddCode(string code)
    {
        var choices = Choices ?? CartChoices.None;
        var normal = PromotionCode.Normalize(code);
        if (choices.Codes.Contains(normal))
            return Decision<CartState>.NoChange(this);
        return choices.Codes.Length >= PricingLimits.MaxCodes
            ? Error.Of(ErrorCode.Conflict, "error.cart-codes", $"A cart holds at most {PricingLimits.MaxCodes} codes. Remove one first.")
            : Choose(choices with { Codes = choices.Codes.Add(normal) });
    }

    /// <summary>Removes a code in any spelling.</summary>
    public Decision<CartState> RemoveCode(string code)
    {
        var choices = Choices ?? CartChoices.None;
        return Choose(choices with { Codes = choices.Codes.Remove(PromotionCode.Normalize(code)) });
    }

    /// <summary>Empties the cart.</summary>
    public Decision<CartState> Clear() => Lines.Length == 0 ? Decision<CartState>.NoChange(this) : To([]);

    /// <summary>Applies current prices. A line whose price changed shows its previous price until the holder changes the line.</summary>
    /// <param name="prices">The prices by SKU. A line without one keeps its price.</param>
    /// <param name="changed">The line that the holder has just changed; null for none.</param>
    public Decision<CartState> Reprice(IReadOnlyDictionary<string, Money> prices, string? changed = null)
    {
        ImmutableArray<CartLine> lines = [.. Lines.Select(l => prices.TryGetValue(l.Sku, out var price) && price != l.UnitPrice
            ? l with
            { UnitPrice = price, PreviousUnitPrice = l.Sku == changed || price.Currency != l.UnitPrice.Currency ? null : l.UnitPrice }
            : l)];
        return lines.SequenceEqual(Lines) ? Decision<CartState>.NoChange(this) : To(lines);
    }

    /// <summary>
    /// Adds a guest's lines and choices, once per guest cart. Lines and codes beyond the limits are left out. Of two choices, the guest's
    /// is the newer one.
    /// </summary>
    public Decision<CartState> Merge(Guid guestCart, ImmutableArray<CartLine> lines, CartChoices? choices = null)
    {
        if (Merged.Contains(guestCart))
            return Decision<CartState>.NoChange(this);
        var merged = Lines.ToList();
        foreach (var line in EarlyPurchases.Where(p => p.GuestCart == guestCart).Aggregate(lines, (rest, p) => Without(rest, p.Lines)))
        {
            var at = merged.FindIndex(l => l.Sku == line.Sku);
            if (at >= 0)
                merged[at] = merged[at] with { Quantity = Math.Min(CartLine.MaxQuantity, merged[at].Quantity + line.Quantity) };
            else if (merged.Count < Cart.MaxLines)
                merged.Add(line);
        }
        return Decision<CartState>.To(this with
        {
            Lines = [.. merged],
            Merged = Remember(Merged, guestCart),
            Choices = choices is null ? Choices : Join(Choices ?? CartChoices.None, choices),
            MovedCodes = choices is { Codes.IsEmpty: false }
                ? [
                    .. MovedCodes.TakeLast(MaxRemembered - 1),
                    new MovedCodes(guestCart, [.. choices.Codes.Except((Choices ?? CartChoices.None).Codes)]),
                ]
                : MovedCodes,
            EarlyPurchases = [.. EarlyPurchases.Where(p => p.GuestCart != guestCart)],
        });
    }

    private static CartChoices Join(CartChoices mine, CartChoices guests) => new()
    {
        Destination = guests.Destination ?? mine.Destination,
        ShippingMethod = guests.ShippingMethod ?? mine.ShippingMethod,
        Codes = [.. mine.Codes.Union(guests.Codes).Take(PricingLimits.MaxCodes)],
        Currency = guests.Currency ?? mine.Currency,
    };

    /// <summary>True when this is a guest's cart that can move, or has moved, to this customer.</summary>
    public bool MayGoTo(Guid customerId) => IsGuest && (HandedOverTo ?? customerId) == customerId;

    /// <summary>Moves the lines to a customer. Afterwards the cart belongs to nobody. The same customer may repeat the call.</summary>
    /// <param name="customerId">The customer.</param>
    /// <param name="unfinished">Unfinished orders of the cart, whose lines are still in it.</param>
    /// <param name="since">Completed orders placed since then move along, too.</param>
    public Decision<CartState> Transfer(Guid customerId, IEnumerable<Guid> unfinished, DateTimeOffset since) =>
        !MayGoTo(customerId) ? Error.NotFound("not-found.cart", "The cart was not found.")
        : HandedOverTo is not null ? Decision<CartState>.NoChange(this)
        : Decision<CartState>.To(this with
        {
            HandedOverTo = customerId,
            MovedOrders = [
                .. unfinished.Select(o => new MovedOrder(o, WithLines: true)),
                .. Ordered.Where(o => o.PlacedAt >= since && !unfinished.Contains(o.OrderId))
                    .Select(o => new MovedOrder(o.OrderId, WithLines: false))],
        });

    /// <summary>Clears the lines, because the customer's cart has them now.</summary>
    public Decision<CartState> ForgetTransfer(Guid customerId) =>
        HandedOverTo == customerId ? Clear() : Decision<CartState>.NoChange(this);

    /// <summary>Removes the ordered units and the codes; units that were added meanwhile stay.</summary>
    public Decision<CartState> Order(Guid orderId, DateTimeOffset placedAt, ImmutableArray<CartLine> ordered) =>
        Order(orderId, placedAt, ordered, Choices?.Codes ?? []);

    private Decision<CartState> Order(
        Guid orderId, DateTimeOffset placedAt, ImmutableArray<CartLine> ordered, ImmutableArray<string> usedCodes)
    {
        if (placedAt <= OrderedUntil || Ordered.Any(o => o.OrderId == orderId))
            return Decision<CartState>.NoChange(this);
        ImmutableArray<OrderedCart> orders = [.. Ordered.Append(new OrderedCart(orderId, placedAt)).OrderBy(o => o.PlacedAt)];
        return Decision<CartState>.To(this with
        {
            // Lines that moved with their order are in the customer's cart, or on the way to it.
            Lines = MovedOrders.Any(m => m.WithLines && m.OrderId == orderId) ? Lines : Without(Lines, ordered),
            // Codes are for one order; the other choices stay.
            Choices = Choices is { } choices && !usedCodes.IsEmpty
                ? choices with { Codes = choices.Codes.RemoveRange(usedCodes) } : Choices,
            Ordered = [.. orders.TakeLast(MaxRemembered)],
            OrderedUntil = orders.Length > MaxRemembered ? orders[0].PlacedAt : OrderedUntil,
        });
    }

    /// <summary>
    /// Removes the units of an order that moved here with a guest's cart. If that cart is not merged yet, the units are left out of the
    /// merge. Of the codes, those go that came with that cart. The customer's own are for the customer's next order.
    /// </summary>
    public Decision<CartState> OrderMoved(Guid guestCart, Guid orderId, DateTimeOffset placedAt, ImmutableArray<CartLine> ordered)
    {
        if (Merged.Contains(guestCart))
            return Order(orderId, placedAt, ordered, MovedCodes.FirstOrDefault(m => m.GuestCart == guestCart)?.Codes ?? []);
        var decision = Order(orderId, placedAt, [], []);
        return decision.Changed
            ? Decision<CartState>.To(decision.State with
            {
                EarlyPurchases = [.. EarlyPurchases.TakeLast(MaxRemembered - 1), new EarlyPurchase(guestCart, ordered)],
            })
            : decision;
    }

    /// <summary>
    /// Checks whether an order may go on that may have been written late. Returns an error that names the bought order when a newer order
    /// was bought meanwhile, when another order has taken the lines, or when the cart moved to an account without this order. Null when it
    /// may go on.
    /// </summary>
    /// <param name="orderId">The order.</param>
    /// <param name="placedAt">When it was placed.</param>
    /// <param name="units">The ordered units.</param>
    public Error? CheckCanResume(Guid orderId, DateTimeOffset placedAt, ImmutableArray<LineUnits> units)
    {
        if (Ordered.Any(o => o.OrderId == orderId))
            return null;
        if (Ordered.LastOrDefault(o => OrderState.IsNewer(o.PlacedAt, o.OrderId, placedAt, orderId)) is { } newer)
            return Bought(newer.OrderId);
        if (placedAt <= OrderedUntil)
            return Bought(null);
        if (HandedOverTo is not null)
            return MovedOrders.Any(m => m.OrderId == orderId) ? null : Bought(null);
        if (IsErased)
            return Bought(null);
        // Times come from different clocks. An order with an earlier time may still have taken the lines, so the lines decide.
        return Ordered.IsEmpty || units.All(u => Lines.Any(l => l.Sku == u.Sku && l.Quantity >= u.Quantity))
            ? null
            : Bought(Ordered[^1].OrderId);

        static Error Bought(Guid? by) => new(ErrorCode.Conflict, "The cart was bought by another order.") { OrderId = by };
    }

    private static ImmutableArray<CartLine> Without(ImmutableArray<CartLine> lines, ImmutableArray<CartLine> bought)
    {
        var units = bought.ToDictionary(l => l.Sku, l => l.Quantity);
        return [.. lines.Select(l => l with { Quantity = l.Quantity - units.GetValueOrDefault(l.Sku) }).Where(l => l.Quantity > 0)];
    }

    private Decision<CartState> To(ImmutableArray<CartLine> lines) => Decision<CartState>.To(this with { Lines = lines });

    private static ImmutableArray<Guid> Remember(ImmutableArray<Guid> ids, Guid id) => [.. ids.TakeLast(MaxRemembered - 1), id];
}

/// <summary>An order made from a cart.</summary>
public sealed record OrderedCart(Guid OrderId, DateTimeOffset PlacedAt);

/// <summary>An order that moves with a guest's cart.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="WithLines">True when its lines are still in the cart and move along.</param>
public sealed record MovedOrder(Guid OrderId, bool WithLines);

/// <summary>Lines that an order bought from a guest's cart before the cart was merged.</summary>
public sealed record EarlyPurchase(Guid GuestCart, ImmutableArray<CartLine> Lines);

/// <summary>Codes that came with a guest's cart.</summary>
public sealed record MovedCodes(Guid GuestCart, ImmutableArray<string> Codes);
