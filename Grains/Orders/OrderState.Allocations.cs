using SoonShop.Aggregates;
using SoonShop.Fulfilment;
using SoonShop.Inventory;

namespace SoonShop.Orders;

/// <summary>
/// The rules of where an order's units are reserved. The router assigns them when the order is placed; staff may move units that are not
/// shipped. A unit leaves one location only after another one has reserved it.
/// </summary>
public sealed partial record OrderState
{
    /// <summary>How often an order is routed before it is rejected, because the stock that it was routed to was gone.</summary>
    public const int MaxRoutings = 3;

    /// <summary>The most allocations of one order. Each move of units adds one.</summary>
    public const int MaxAllocations = 1_000;

    /// <summary>Where the units are reserved; null when all are at the default location.</summary>
    public ImmutableArray<Allocation>? Allocations { get; init; }

    /// <summary>How often the order was routed.</summary>
    public int Routings { get; init; }

    /// <summary>The move of units whose reservation at the new location is not known to be there.</summary>
    public Allocation? OpenMove => Allocations?.FirstOrDefault(a => a.IsPending);

    /// <summary>Reserves units elsewhere: at first, or after the stock of an earlier routing was gone.</summary>
    public OrderState Route(ImmutableArray<RoutedUnits> routed) => this with
    {
        Routings = Routings + 1,
        Allocations = [.. routed.Select(r => new Allocation(r.Sku, r.LocationId, r.Quantity, Routings))],
    };

    /// <summary>Stores a move of units before the new location is asked for them. Changes nothing when the move is known.</summary>
    public Decision<OrderState> BeginMove(MoveUnits command, DateTimeOffset now)
    {
        if (Allocations?.Any(a => a.MoveId == command.MoveId) == true)
            return Decision<OrderState>.NoChange(this);
        if (Status != OrderStatus.Confirmed)
            return WrongState(ErrorText.Of("order-action.moved", "moved to another location"));
        if (!SellsWhenShipped)
        {
            return Error.Of(
                ErrorCode.Conflict, "error.move-sold",
                "The units of this order were sold when it was confirmed, so they cannot move.").WithOrder(Id);
        }
        if (CheckLines([command.Sku]) is not null)
            return Error.Invalid("sku", "field.not-in-order", "is not in this order");
        if (HeldUnits(command.Sku) > 0 && HeldUnitsError() is { } held)
            return held;
        if (command.From == command.To)
            return Error.Invalid("to", "field.same-location", "must be another location than from");
        var known = AllocationsOrDefault;
        if (LeftAt(known, command.Sku, command.From) is var left && left < command.Quantity)
        {
            return Error.Of(
                ErrorCode.Conflict, "error.units-at-location",
                $"{left} units of {command.Sku} are left to ship at {command.From}, not {command.Quantity}.").WithOrder(Id);
        }
        if (known.Length >= MaxAllocations)
            return Error.Of(ErrorCode.Conflict, "error.moves", "The units of this order were moved too often.").WithOrder(Id);
        var moved = new Allocation(command.Sku, command.To, command.Quantity, known.Max(a => a.Number) + 1)
        {
            MoveId = command.MoveId,
            MovedFrom = command.From,
            IsPending = true,
        };
        return Decision<OrderState>.To(this with { Allocations = [.. known, moved] }, new CheckoutTimeout(Id, now + CompletionDelay));
    }

    /// <summary>
    /// Completes a move whose units are reserved at the new location. If its units were shipped or cancelled meanwhile, the new reservation
    /// is given back instead.
    /// </summary>
    public Decision<OrderState> EndMove(Allocation move, DateTimeOffset now)
    {
        var others = Allocations!.Value.Remove(move);
        var isPossible = LeftAt(others, move.Sku, move.MovedFrom!) >= move.Units;
        var next = isPossible ? Take(others, move.Sku, move.MovedFrom, move.Units, (a, units) => a with { Released = a.Released + units })
            : others;
        var ended = move with { IsPending = false, Released = isPossible ? 0 : move.Units };
        return Decision<OrderState>.To(this with { Allocations = [.. next, ended] }, new CheckoutTimeout(Id, now + CompletionDelay));
    }

    /// <summary>
    /// Ends a move that the new location has refused. It stays without units, so that no other reservation gets its number; the move may be
    /// tried again.
    /// </summary>
    public Decision<OrderState> DropMove(Allocation move) => Decision<OrderState>.To(this with
    {
        Allocations = Allocations!.Value.Replace(move, move with { IsPending = false, MoveId = null, Units = 0 }),
    });

    /// <summary>The allocations. The units of an order without any are at the default location.</summary>
    private ImmutableArray<Allocation> AllocationsOrDefault => Allocations ??
    [
        .. OrderedUnits.Select(u => new Allocation(u.Sku, Location.DefaultId, u.Quantity, 0)
        {
            Shipped = ShippedUnits(u.Sku),
            Released = UnitsOf(BackInStock, u.Sku),
        }),
    ];

    private static int LeftAt(ImmutableArray<Allocation> allocations, string sku, string location) =>
        allocations.Where(a => a.Sku == sku && a.Location == location).Sum(a => a.Left);

    /// <summary>
    /// Returns the location that a parcel is shipped from. Without a name it is the only one that has all of its units; of all units that
    /// are left, the only one that has any.
    /// </summary>
    private Result<string> LocationOf(ShipUnits command)
    {
        if (Allocations is not { } allocations)
        {
            return command.Location is null or Location.DefaultId
                ? Location.DefaultId
                : NotAt(command.Location);
        }
        var named = allocations.Where(a => a.Left > 0).Select(a => a.Location).Distinct()
            .Where(location => command.Location is null || location == command.Location)
            .Where(location => command.Lines?.All(l => LeftAt(allocations, l.Sku, location) >= l.Quantity) != false)
            .ToArray();
        return named switch
        {
            [var only] => only,
            [] when command.Location is { } location => NotAt(location),
            [] => Error.Of(
                ErrorCode.Conflict, "error.units-apart",
                "No location has all of these units. Ship a parcel from each, or move units.").WithOrder(Id),
            _ => Error.Invalid(
                "location", "field.location-needed",
                $"is required in a shipment, because units are left to ship at several: {string.Join(", ", named)}"),
        };
    }

    private Error NotAt(string location) => Error.Of(
        ErrorCode.Conflict, "error.units-elsewhere", $"These units are not left to ship at {location}.").WithOrder(Id);

    private ImmutableArray<LineUnits> UnitsLeftAt(string location) =>
    [
        .. OrderedUnits.Select(u => u with
        {
            Quantity = Allocations is { } allocations
                ? Math.Min(LeftAt(allocations, u.Sku, location), UnitsFree(u))
                : UnitsFree(u),
        }).Where(IsAny),
    ];

    private OrderState WithShipped(ImmutableArray<LineUnits> units, string location) => Allocations is not { } allocations ? this
        : this with
        {
            Allocations = units.Aggregate(allocations, (all, u) =>
                Take(all, u.Sku, location, u.Quantity, (a, taken) => a with { Shipped = a.Shipped + taken })),
        };

    /// <summary>Gives reserved units back, those of the latest allocations first.</summary>
    private OrderState WithReleased(ImmutableArray<LineUnits> units) => Allocations is not { } allocations ? this
        : this with
        {
            Allocations = units.Aggregate(allocations, (all, u) =>
                Take(all, u.Sku, null, u.Quantity, (a, taken) => a with { Released = a.Released + taken })),
        };

    /// <summary>Changes allocations of a SKU that have units left, the latest first, until these many units are taken.</summary>
    private static ImmutableArray<Allocation> Take(
        ImmutableArray<Allocation> allocations, string sku, string? location, int units, Func<Allocation, int, Allocation> change)
    {
        var next = allocations.ToBuilder();
        for (var i = next.Count - 1; i >= 0 && units > 0; i--)
        {
            var taken = next[i].Sku == sku && (location is null || next[i].Location == location) ? Math.Min(next[i].Left, units) : 0;
            if (taken > 0)
                next[i] = change(next[i], taken);
            units -= taken;
        }
        return next.ToImmutable();
    }

    /// <summary>The location that returned units of a SKU go to by default: the one that shipped them.</summary>
    private string? ShippedFrom(string sku) => Allocations?.LastOrDefault(a => a.Sku == sku && a.Shipped > 0)?.Location;

    /// <summary>Where the units that are not shipped are, for staff; null when all are at the default location.</summary>
    private ImmutableArray<AllocatedUnits>? AllocatedUnits =>
        Allocations is not { } allocations || Status is not (OrderStatus.Pending or OrderStatus.AwaitingPayment or OrderStatus.Confirmed)
            ? null :
    [
        .. allocations.Where(a => a.Left > 0).GroupBy(a => (a.Sku, a.Location))
            .Select(g => new AllocatedUnits(g.Key.Sku, g.Key.Location, g.Sum(a => a.Left))),
    ];
}

/// <summary>Units of an order that one location has reserved.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Location">The location.</param>
/// <param name="Units">The reserved units.</param>
/// <param name="Number">The number of the reservation; 0 for that of the first routing.</param>
public sealed record Allocation(string Sku, string Location, int Units, int Number)
{
    /// <summary>Units that were handed to a carrier.</summary>
    public int Shipped { get; init; }

    /// <summary>Units that were cancelled, or moved to another location.</summary>
    public int Released { get; init; }

    /// <summary>The move that made it; null for a routing.</summary>
    public Guid? MoveId { get; init; }

    /// <summary>The location that the units were moved from.</summary>
    public string? MovedFrom { get; init; }

    /// <summary>True until the location is known to have reserved the units. They count at the location that they come from.</summary>
    public bool IsPending { get; init; }

    /// <summary>Units that are left to ship.</summary>
    public int Left => IsPending ? 0 : Units - Shipped - Released;

    /// <summary>The stock that they are reserved in.</summary>
    public StockKey Stock => new(Sku, Location);

    /// <summary>Returns the id of the reservation.</summary>
    public ReservationId ReservationOf(Guid orderId) => new(orderId, Number);
}

/// <summary>What one reservation of an order has come to.</summary>
/// <param name="Stock">The stock.</param>
/// <param name="Reservation">The reservation.</param>
/// <param name="InAll">The units that have moved in total.</param>
public readonly record struct StockMove(StockKey Stock, ReservationId Reservation, ReservationSettlement InAll);
