using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.Fulfilment;

/// <summary>
/// Decides which locations ship the units of an order. Register another one to replace the shop's own rule. It must be pure: it decides by
/// the request alone, and quickly.
/// </summary>
public interface IOrderRouter
{
    /// <summary>
    /// Assigns every ordered unit to a location, and to none more than it has. Null when the units are not there, even together.
    /// </summary>
    ImmutableArray<RoutedUnits>? Route(RoutingRequest request);
}

/// <summary>What is known when an order is routed.</summary>
/// <param name="Lines">The ordered units by SKU, each SKU once.</param>
/// <param name="Destination">Where the order goes.</param>
/// <param name="Stock">The locations that sell, with their available units.</param>
public sealed record RoutingRequest(ImmutableArray<LineUnits> Lines, Destination Destination, ImmutableArray<LocationStock> Stock);

/// <summary>The available units of one location.</summary>
/// <param name="Location">The location.</param>
/// <param name="Units">The available units by SKU; a SKU that it does not have may be left out.</param>
public sealed record LocationStock(Location Location, IReadOnlyDictionary<string, int> Units)
{
    /// <summary>Returns the available units of a SKU, never below zero.</summary>
    public int Of(string sku) => Math.Max(0, Units.GetValueOrDefault(sku));
}

/// <summary>Units that a location is to ship.</summary>
/// <param name="Sku">The stock keeping unit.</param>
/// <param name="LocationId">The location.</param>
/// <param name="Quantity">Units, one or more.</param>
public readonly record struct RoutedUnits(string Sku, string LocationId, int Quantity);
