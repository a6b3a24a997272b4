namespace SoonShop.Orders;

/// <summary>A parcel of an order.</summary>
/// <param name="Carrier">The carrier.</param>
/// <param name="TrackingNumber">The carrier's tracking number.</param>
/// <param name="ShippedAt">When it was handed to the carrier.</param>
[GenerateSerializer, Immutable, Alias("soonshop.shipment")]
public sealed record Shipment(string Carrier, string TrackingNumber, DateTimeOffset ShippedAt)
{
    /// <summary>The id; null in messages of older versions.</summary>
    [Id(0)] public Guid? Id { get; init; }

    /// <summary>Its units; null in messages of older versions.</summary>
    [Id(1)] public ImmutableArray<LineUnits>? Lines { get; init; }

    /// <summary>When it was delivered; null until then.</summary>
    [Id(2)] public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>The carrier's page about the parcel, by the shipping methods' templates; null when none has the carrier.</summary>
    [Id(3)] public string? TrackingUrl { get; init; }

    /// <summary>
    /// The location that shipped it; null for the default one of an order that was not routed, and for buyers.
    /// </summary>
    [Id(4)] public string? Location { get; init; }

    /// <summary>Whether it was delivered.</summary>
    public ShipmentStatus Status => DeliveredAt is null ? ShipmentStatus.Shipped : ShipmentStatus.Delivered;
}

/// <summary>The status of a shipment.</summary>
[Alias("soonshop.shipment-status")]
public enum ShipmentStatus
{
    /// <summary>Handed to the carrier.</summary>
    Shipped,
    /// <summary>Delivered to the customer.</summary>
    Delivered,
}

/// <summary>A parcel to hand to a carrier.</summary>
/// <param name="ShipmentId">The id of the shipment, by which it happens once.</param>
/// <param name="Carrier">The carrier.</param>
/// <param name="TrackingNumber">The carrier's tracking number.</param>
/// <param name="Lines">Its units; null for all that are left to ship.</param>
[GenerateSerializer, Immutable, Alias("soonshop.ship-units")]
public sealed record ShipUnits(Guid ShipmentId, string Carrier, string TrackingNumber, ImmutableArray<LineUnits>? Lines)
{
    /// <summary>The carrier's page about the parcel, which the order's grain finds.</summary>
    [Id(0)] public string? TrackingUrl { get; init; }

    /// <summary>The location that ships it; null for the only one that has the units.</summary>
    [Id(1)] public string? Location { get; init; }
}

/// <summary>Units that another location is to ship.</summary>
/// <param name="MoveId">The operation id, by which it happens once.</param>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Quantity">Units, one or more.</param>
/// <param name="From">The location that has them reserved.</param>
/// <param name="To">The location that is to ship them.</param>
[GenerateSerializer, Immutable, Alias("soonshop.move-units")]
public sealed record MoveUnits(Guid MoveId, string Sku, int Quantity, string From, string To);

/// <summary>Units that a location has reserved and that are left to ship.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="Location">The location.</param>
/// <param name="Quantity">Units.</param>
[GenerateSerializer, Immutable, Alias("soonshop.allocated-units")]
public sealed record AllocatedUnits(string Sku, string Location, int Quantity);

/// <summary>A correction of a shipment; what is null stays.</summary>
/// <param name="ShipmentId">The shipment.</param>
/// <param name="Carrier">The carrier.</param>
/// <param name="TrackingNumber">The carrier's tracking number.</param>
[GenerateSerializer, Immutable, Alias("soonshop.correct-shipment")]
public sealed record CorrectShipment(Guid ShipmentId, string? Carrier, string? TrackingNumber);

/// <summary>Units that are not shipped and are not to be.</summary>
/// <param name="CancellationId">The operation id, by which it happens once.</param>
/// <param name="Lines">The units.</param>
/// <param name="Reason">The reason.</param>
[GenerateSerializer, Immutable, Alias("soonshop.cancel-units")]
public sealed record CancelUnits(string CancellationId, ImmutableArray<LineUnits> Lines, string? Reason);
