using SoonShop.Aggregates;
using SoonShop.Orders;

namespace SoonShop.Carts;

/// <summary>The rules of a cart: which lines, at which prices seen, and whose.</summary>
public sealed record CartState
{
    /// <summary>How many merged carts and finished orders are remembered, so that asking again does nothing.</summary>
    private const int MaxRemembered = 20;

    /// <summary>In the order they were added.</summary>
    public ImmutableArray<CartLine> Lines { get; init; } = [];
    /// <summary>True for a guest's cart.</summary>
    public bool IsGuest { get; init; }
    /// <summary>The customer who took a guest's cart over; it is nobody's since.</summary>
    public Guid? HandedOverTo { get; init; }
    /// <summary>The orders that went along: those that were not at their end, and those placed lately.</summary>
    public ImmutableArray<MovedOrder> MovedOrders { get; init; } = [];
    /// <summary>Guest carts merged into this one, newest last.</summary>
    public ImmutableArray<Guid> Merged { get; init; } = [];
    /// <summary>Orders whose lines have left this cart, newest last.</summary>
    public ImmutableArray<OrderedCart> Ordered { get; init; } = [];
    /// <summary>Orders placed up to here are done with, as far as this cart goes: they are too many to remember each.</summary>
    public DateTimeOffset OrderedUntil { get; init; }
    /// <summary>What was bought of guest carts that are still to be merged, newest last.</summary>
    public ImmutableArray<EarlyPurchase> EarlyPurchases { get; init; } = [];

    /// <summary>True when its customer was erased: what comes late finds no cart.</summary>
    public bool IsErased { get; init; }

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
            return Error.Invalid("quantity", $"must be 0–{CartLine.MaxQuantity}");
        var line = new CartLine(sku, name, quantity, price);
        if (current == line)
            return Decision<CartState>.NoChange(this);
        if (current is not null)
            return To([.. Lines.Select(l => l.Sku == sku ? line : l)]);
        return Lines.Length >= Cart.MaxLines
            ? new Error(ErrorCode.Conflict, $"A cart holds at most {Cart.MaxLines} different products.")
            : To([.. Lines, line]);
    }

    /// <summary>Empties the cart.</summary>
    public Decision<CartState> Clear() => Lines.Length == 0 ? Decision<CartState>.NoChange(this) : To([]);

    /// <summary>
    /// Takes today's prices. A line whose price changed shows the price before beside the new one until its holder touches it.
    /// </summary>
    public Decision<CartState> Reprice(IReadOnlyDictionary<string, Money> prices)
    {
        ImmutableArray<CartLine> lines = [.. Lines.Select(l => prices.TryGetValue(l.Sku, out var price) && price != l.UnitPrice
            ? l with { UnitPrice = price, PreviousUnitPrice = l.UnitPrice }
            : l)];
        return lines.SequenceEqual(Lines) ? Decision<CartState>.NoChange(this) : To(lines);
    }

    /// <summary>Adds a guest's lines, once per guest cart. What exceeds the limits stays behind.</summary>
    public Decision<CartState> Merge(Guid guestCart, ImmutableArray<CartLine> lines)
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
            EarlyPurchases = [.. EarlyPurchases.Where(p => p.GuestCart != guestCart)],
        });
    }

    /// <summary>Whether the cart is a guest's that can go, or has gone, to this customer.</summary>
    public bool MayGoTo(Guid customerId) => IsGuest && (HandedOverTo ?? customerId) == customerId;

    /// <summary>Gives the lines to a customer; the cart is nobody's since. The same customer may ask again.</summary>
    /// <param name="customerId">The customer.</param>
    /// <param name="unfinished">Orders of the cart that are not at their end: their lines are still in it.</param>
    /// <param name="since">Orders placed since then go along although they are finished.</param>
    public Decision<CartState> Transfer(Guid customerId, IEnumerable<Guid> unfinished, DateTimeOffset since) =>
        !MayGoTo(customerId) ? Error.NotFound("The cart")
        : HandedOverTo is not null ? Decision<CartState>.NoChange(this)
        : Decision<CartState>.To(this with
        {
            HandedOverTo = customerId,
            MovedOrders = [
                .. unfinished.Select(o => new MovedOrder(o, WithLines: true)),
                .. Ordered.Where(o => o.PlacedAt >= since && !unfinished.Contains(o.OrderId))
                    .Select(o => new MovedOrder(o.OrderId, WithLines: false))],
        });

    /// <summary>The customer's cart holds the lines: nothing is left to hand over a second time.</summary>
    public Decision<CartState> ForgetTransfer(Guid customerId) =>
        HandedOverTo == customerId ? Clear() : Decision<CartState>.NoChange(this);

    /// <summary>The ordered units leave the cart; what was added meanwhile stays.</summary>
    public Decision<CartState> Order(Guid orderId, DateTimeOffset placedAt, ImmutableArray<CartLine> ordered)
    {
        if (placedAt <= OrderedUntil || Ordered.Any(o => o.OrderId == orderId))
            return Decision<CartState>.NoChange(this);
        ImmutableArray<OrderedCart> orders = [.. Ordered.Append(new OrderedCart(orderId, placedAt)).OrderBy(o => o.PlacedAt)];
        return Decision<CartState>.To(this with
        {
            // What went along with its order is in the customer's cart, or on its way there.
            Lines = MovedOrders.Any(m => m.WithLines && m.OrderId == orderId) ? Lines : Without(Lines, ordered),
            Ordered = [.. orders.TakeLast(MaxRemembered)],
            OrderedUntil = orders.Length > MaxRemembered ? orders[0].PlacedAt : OrderedUntil,
        });
    }

    /// <summary>
    /// The units leave the cart that an order bought which came along with a guest's cart, or, where that is not merged yet, do not come with it.
    /// </summary>
    public Decision<CartState> OrderMoved(Guid guestCart, Guid orderId, DateTimeOffset placedAt, ImmutableArray<CartLine> ordered)
    {
        if (Merged.Contains(guestCart))
            return Order(orderId, placedAt, ordered);
        var decision = Order(orderId, placedAt, []);
        return decision.Changed
            ? Decision<CartState>.To(decision.State with
            {
                EarlyPurchases = [.. EarlyPurchases.TakeLast(MaxRemembered - 1), new EarlyPurchase(guestCart, ordered)],
            })
            : decision;
    }

    /// <summary>
    /// Why an order, of which nobody knows how long it was on its way to the database, is not to go on: a newer one was bought from the cart
    /// meanwhile, or another, and the lines are not there any more; or the cart went to an account without it. Names the order that was bought.
    /// Null when it may go on.
    /// </summary>
    /// <param name="orderId">The order.</param>
    /// <param name="placedAt">When it was placed.</param>
    /// <param name="units">What it orders.</param>
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
        // Times are of several clocks: what was bought by one that is behind has still taken its lines.
        return Ordered.IsEmpty || units.All(u => Lines.Any(l => l.Sku == u.Sku && l.Quantity >= u.Quantity)) ? null : Bought(Ordered[^1].OrderId);

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

/// <summary>An order that goes along with a guest's cart.</summary>
/// <param name="OrderId">The order.</param>
/// <param name="WithLines">True when the lines that it buys are in the cart, and go along too.</param>
public sealed record MovedOrder(Guid OrderId, bool WithLines);

/// <summary>What an order bought of a guest's cart before that was merged.</summary>
public sealed record EarlyPurchase(Guid GuestCart, ImmutableArray<CartLine> Lines);
