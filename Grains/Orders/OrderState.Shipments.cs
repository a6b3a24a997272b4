using System.Globalization;
using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Inventory;
using SoonShop.Payments;

namespace SoonShop.Orders;

/// <summary>
/// The rules of shipping. Each unit is in one place: <c>ordered = to ship + shipped + cancelled</c>. Units stay reserved until they are
/// shipped. The order is shipped when no unit is left to ship, and delivered when all of its parcels are.
/// </summary>
public sealed partial record OrderState
{
    /// <summary>The most parcels of one order.</summary>
    public const int MaxShipments = 100;

    /// <summary>
    /// The most partial cancellations of one order. They count together with its refunds, because each may refund money.
    /// </summary>
    public const int MaxCancellations = PaymentState.MaxRefunds;

    /// <summary>
    /// The parcels, oldest first; null before the first one, and in orders that an older version shipped as a whole.
    /// </summary>
    public ImmutableArray<Shipment>? Shipments { get; init; }

    /// <summary>True when units leave the stock with their parcel; false when an older version sold all of them at once.</summary>
    public bool SellsWhenShipped { get; init; }

    /// <summary>The parcels, oldest first.</summary>
    public ImmutableArray<Shipment> Parcels => Shipments
        ?? (Shipment is { } whole
            ?
            [
                whole with
                {
                    Id = Deterministic.Id("shipment", Id.ToString("N")),
                    Lines = [.. OrderedUnits.Select(Uncancelled).Where(IsAny)],
                },
            ]
            : []);

    /// <summary>Units of a line that can still be shipped.</summary>
    public int UnitsToShip(LineUnits ordered) =>
        Shipments is null && Shipment is not null
            ? 0
            : ordered.Quantity - UnitsOf(BackInStock, ordered.Sku) - ShippedUnits(ordered.Sku);

    /// <summary>Units of a line that can be shipped now: none that wait for the payment of their exchange.</summary>
    private int UnitsFree(LineUnits ordered) => Math.Max(0, UnitsToShip(ordered) - HeldUnits(ordered.Sku));

    /// <summary>True while a unit can still be shipped.</summary>
    private bool HasUnitsToShip => OrderedUnits.Any(u => UnitsToShip(u) > 0);

    /// <summary>Units that were handed to carriers.</summary>
    private int ShippedUnits(string sku) => Parcels.Sum(p => UnitsOf(p.Lines, sku));

    private ImmutableArray<LineUnits> UnitsLeftToShip => [.. OrderedUnits.Select(u => u with { Quantity = UnitsToShip(u) }).Where(IsAny)];

    private LineUnits Uncancelled(LineUnits ordered) => ordered with { Quantity = ordered.Quantity - UnitsOf(BackInStock, ordered.Sku) };

    private static bool IsAny(LineUnits units) => units.Quantity > 0;

    /// <summary>
    /// The units of each SKU that have moved in the stock since the order was confirmed; only those that have.
    /// </summary>
    public IEnumerable<StockMove> StockMoves => (Allocations is { } allocations
        ? allocations.Where(a => !a.IsPending).Select(a => new StockMove(
            a.Stock, a.ReservationOf(Id), new ReservationSettlement(
                // What came back before the order had allocations is at the default location.
                a.Shipped, a.Released, a is { Number: 0, Stock.IsDefault: true } ? RestockedUnits(a.Sku) : 0)))
        : OrderedUnits.Select(u => new StockMove(
            new StockKey(u.Sku, Location.DefaultId), Id, new ReservationSettlement(
                SellsWhenShipped ? ShippedUnits(u.Sku) : 0, UnitsOf(BackInStock, u.Sku), RestockedUnits(u.Sku)))))
        .Where(m => m.InAll != default);

    /// <summary>What of the total is captured before the first parcel leaves: the cancelled units are not charged.</summary>
    public long AmountToCapture =>
        ToPay - (BackInStock is null ? 0 : OrderedUnits.Sum(u => ValueOf(u.Sku, UnitsOf(BackInStock, u.Sku))));

    /// <summary>Hands a parcel to a carrier: the named units, or all that are left.</summary>
    public Decision<OrderState> Ship(ShipUnits command, DateTimeOffset now)
    {
        if (Parcels.Any(p => p.Id == command.ShipmentId))
            return Decision<OrderState>.NoChange(this);
        if (Status != OrderStatus.Confirmed)
            return WrongState(ErrorText.Of("order-action.shipped", "shipped"));
        if (!HasUnitsToShip)
            return Error.Of(
                ErrorCode.InvalidOrderState, "error.nothing-to-ship",
                "All units of the order were refunded and are back in stock; nothing is left to ship.").WithOrder(Id);
        if (command.Lines is { } named && CheckUnitsToShip(named) is { } error)
            return error;
        var location = LocationOf(command);
        if (location.IsError)
            return location.Error;
        // A parcel that names no units takes those that are free.
        if (command.Lines is null && UnitsLeftAt(location.Value).IsEmpty && HeldUnitsError() is { } held)
            return held;
        var parcel = new Shipment(command.Carrier, command.TrackingNumber, now)
        {
            Id = command.ShipmentId,
            Lines = command.Lines ?? UnitsLeftAt(location.Value),
            TrackingUrl = command.TrackingUrl,
            Location = Allocations is null ? null : location.Value,
        };
        var next = (this with { Shipments = [.. Parcels, parcel], Shipment = parcel }).WithShipped(parcel.Lines.Value, location.Value);
        // The last parcel ends the order, however many there are.
        if (Parcels.Length >= MaxShipments && next.HasUnitsToShip)
            return Error.Of(ErrorCode.Conflict, "error.shipments", $"An order is shipped in at most {MaxShipments} parcels.").WithOrder(Id);
        var units = Named(parcel.Lines.Value);
        var events = new List<IShopEvent>();
        if (next.HasUnitsToShip)
        {
            events.Add(new OrderPartiallyShipped(Summary, parcel.Carrier, parcel.TrackingNumber, command.ShipmentId, units)
            { TrackingUrl = parcel.TrackingUrl });
        }
        else
        {
            next = next.Enter(OrderStatus.Shipped, now);
            events.Add(new OrderShipped(Summary, parcel.Carrier, parcel.TrackingNumber)
            { ShipmentId = command.ShipmentId, Lines = units, TrackingUrl = parcel.TrackingUrl });
        }
        // The units leave the stock after this is written.
        if (SellsWhenShipped)
            events.Add(new CheckoutTimeout(Id, now + CompletionDelay));
        return Decision<OrderState>.To(next, events);
    }

    /// <summary>Hands all units that are left to a carrier. Changes nothing when the last parcel has this tracking number.</summary>
    public Decision<OrderState> Ship(string carrier, string trackingNumber, DateTimeOffset now, string? trackingUrl = null) =>
        Status == OrderStatus.Shipped && Shipment is { } s && s.Carrier == carrier && s.TrackingNumber == trackingNumber
            ? Decision<OrderState>.NoChange(this)
            : Ship(new ShipUnits(NextShipmentId(carrier, trackingNumber), carrier, trackingNumber, null)
            { TrackingUrl = trackingUrl }, now);

    private Guid NextShipmentId(string carrier, string trackingNumber) => Deterministic.Id(
        "shipment", Id.ToString("N"), carrier, trackingNumber, Parcels.Length.ToString(CultureInfo.InvariantCulture));

    /// <summary>Corrects the carrier or tracking number of a parcel.</summary>
    /// <param name="command">The correction.</param>
    /// <param name="urlOf">Returns the carrier's page about a parcel.</param>
    public Decision<OrderState> CorrectShipment(CorrectShipment command, Func<string, string, string?>? urlOf = null)
    {
        if (Parcel(command.ShipmentId) is not { } parcel)
            return NoShipment;
        var corrected = parcel with
        {
            Carrier = command.Carrier ?? parcel.Carrier,
            TrackingNumber = command.TrackingNumber ?? parcel.TrackingNumber,
        };
        corrected = corrected with { TrackingUrl = urlOf?.Invoke(corrected.Carrier, corrected.TrackingNumber) };
        return corrected == parcel || BuyerErased
            ? Decision<OrderState>.NoChange(this)
            : To(With(parcel, corrected),
                o => new OrderShipmentCorrected(o.Summary, command.ShipmentId, corrected.Carrier, corrected.TrackingNumber)
                { TrackingUrl = corrected.TrackingUrl });
    }

    /// <summary>Marks a parcel as delivered, and the order with its last parcel.</summary>
    public Decision<OrderState> DeliverShipment(Guid shipmentId, DateTimeOffset now)
    {
        if (Parcel(shipmentId) is not { } parcel)
            return NoShipment;
        if (parcel.DeliveredAt is not null || Status == OrderStatus.Delivered)
            return Decision<OrderState>.NoChange(this);
        var next = With(parcel, parcel with { DeliveredAt = now });
        return Status == OrderStatus.Shipped && next.Parcels.All(p => p.DeliveredAt is not null)
            ? To(next.Enter(OrderStatus.Delivered, now), o => new OrderDelivered(o.Summary))
            : To(next, o => new OrderPartiallyDelivered(o.Summary, shipmentId, Named(parcel.Lines ?? [])));
    }

    /// <summary>Marks all parcels, and so the order, as delivered.</summary>
    public Decision<OrderState> Deliver(DateTimeOffset now) => Status switch
    {
        OrderStatus.Delivered => Decision<OrderState>.NoChange(this),
        OrderStatus.Shipped => To(AllDelivered(now), o => new OrderDelivered(o.Summary)),
        _ => WrongState(ErrorText.Of("order-action.delivered", "delivered")),
    };

    /// <summary>Marks the order as delivered if its last parcel left long enough ago and nobody reported the delivery.</summary>
    public Decision<OrderState> CloseDelivery(TimeSpan after, DateTimeOffset now) =>
        Status == OrderStatus.Shipped && Shipment?.ShippedAt + after <= now
            ? To(AllDelivered(now), o => new OrderDelivered(o.Summary) { Automatic = true })
            : Decision<OrderState>.NoChange(this);

    /// <summary>
    /// Cancels units that are not shipped. Their share of captured money is refunded first; when the payment refuses that, they are not
    /// cancelled.
    /// </summary>
    public Decision<OrderState> CancelUnits(CancelUnits command, DateTimeOffset now)
    {
        if (Refunds?.Any(r => r.Id == command.CancellationId) == true || Status == OrderStatus.Cancelled)
            return Decision<OrderState>.NoChange(this);
        if (Status != OrderStatus.Confirmed)
            return WrongState(ErrorText.Of("order-action.units-cancelled", "cancelled in part"));
        if (CheckUnitsToShip(command.Lines) is { } error)
            return error;
        if (Parcels.IsEmpty && OrderedUnits.All(u => UnitsToShip(u) == UnitsOf(command.Lines, u.Sku)))
            return Cancel(command.Reason, now);
        if (Refunds?.Length >= MaxCancellations)
            return Error.Of(
                ErrorCode.Conflict, "error.cancellations",
                $"Units of an order are cancelled at most {MaxCancellations} times.").WithOrder(Id);
        var refund = new OrderRefund(command.CancellationId, 0, command.Lines, command.Reason ?? "") { IsCancellation = true };
        if (IsCharged)
        {
            refund = refund with { Amount = command.Lines.Sum(ShareOf) };
            return Decision<OrderState>.To(
                this with { Refunds = [.. Refunds ?? [], refund] }, new CheckoutTimeout(Id, now + CompletionDelay));
        }
        var next = this with { Refunds = [.. Refunds ?? [], refund with { Done = true }] };
        return next.GiveBack(refund, [], now);
    }

    /// <summary>Gives units back that are not shipped, after their refund.</summary>
    private Decision<OrderState> GiveBack(OrderRefund refund, IEnumerable<IShopEvent> events, DateTimeOffset now)
    {
        ImmutableArray<LineUnits> units =
        [
            .. OrderedUnits.Select(u => u with { Quantity = Math.Min(UnitsOf(refund.Lines, u.Sku), UnitsFree(u)) }).Where(IsAny),
        ];
        if (units.IsEmpty)
            return Decision<OrderState>.To(this, [.. events]);
        List<IShopEvent> told = [.. events];
        if (refund.IsCancellation)
            told.Add(new OrderUnitsCancelled(Summary, Named(units), refund.Reason.Length > 0 ? refund.Reason : null));
        var next = (this with { BackInStock = WithUnits(units) }).WithReleased(units).WithoutRest(told, now);
        return Decision<OrderState>.To(next, [.. told, new CheckoutTimeout(Id, now + CompletionDelay)]);
    }

    /// <summary>Completes an order of which parcels have left and the rest is cancelled.</summary>
    private OrderState WithoutRest(List<IShopEvent> events, DateTimeOffset now)
    {
        if (Status != OrderStatus.Confirmed || Shipments is not [.., var last] || HasUnitsToShip)
            return this;
        events.Add(new OrderShipped(Summary, last.Carrier, last.TrackingNumber) { ShipmentId = last.Id, RestCancelled = true });
        var shipped = Enter(OrderStatus.Shipped, now);
        if (!shipped.Parcels.All(p => p.DeliveredAt is not null))
            return shipped;
        events.Add(new OrderDelivered(Summary));
        return shipped.Enter(OrderStatus.Delivered, now);
    }

    private OrderState AllDelivered(DateTimeOffset now) => (this with
    {
        Shipments = [.. Parcels.Select(p => p.DeliveredAt is null ? p with { DeliveredAt = now } : p)],
    }).Enter(OrderStatus.Delivered, now);

    private Shipment? Parcel(Guid id) => Parcels.FirstOrDefault(p => p.Id == id);

    private OrderState With(Shipment parcel, Shipment changed)
    {
        ImmutableArray<Shipment> parcels = [.. Parcels.Select(p => p.Id == parcel.Id ? changed : p)];
        return this with { Shipments = parcels, Shipment = parcels[^1] };
    }

    private ImmutableArray<OrderedUnits> Named(ImmutableArray<LineUnits> units) =>
        [.. units.Select(u => new OrderedUnits(u.Sku, Totals.Lines.First(l => l.Sku == u.Sku).Name, u.Quantity))];

    private Error? CheckUnitsToShip(ImmutableArray<LineUnits> lines) => CheckUnits(lines, UnitsFree, (left, line, units) => Error.Of(
        ErrorCode.Conflict, "error.units-to-ship", $"{left} of {line.Quantity} units of {line.Sku} are left to ship, not {units}."));

    /// <summary>Checks that lines name SKUs of the order, each once.</summary>
    private Error? CheckLines(ImmutableArray<string> skus)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        for (var i = 0; i < skus.Length; i++)
        {
            if (Totals.Lines.All(l => l.Sku != skus[i]))
                errors[$"lines[{i}].sku"] = [ErrorText.Of("field.not-in-order", "is not in this order")];
            else if (skus.IndexOf(skus[i]) < i)
                errors[$"lines[{i}].sku"] = [ErrorText.Of("field.named-twice", "is named more than once")];
        }
        return errors.Count > 0 ? Error.Invalid(errors) : null;
    }

    private Error NoShipment => Error.NotFound("not-found.shipment", "The shipment was not found.").WithOrder(Id);
}
