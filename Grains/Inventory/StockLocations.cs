using SoonShop.Aggregates;
using SoonShop.Catalog;
using SoonShop.Fulfilment;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.Inventory;

/// <summary>
/// Adds up the stock of all locations for shoppers, and routes orders to locations. While only the default location sells, it asks nothing
/// that was not asked before there were locations.
/// </summary>
public sealed class StockLocations(
    IGrainFactory grains, PricingRulesCache rules, ClusterFeatures features, LocalGrainCache<StockAvailability> cached, IOrderRouter router)
{
    /// <summary>The last known locations.</summary>
    private LocationTable? last;

    /// <summary>
    /// Returns the locations in force; only the default one while a silo of an older version is in the cluster. If the rules are not known
    /// now, the last known locations count: what is in stock is shown, and searched, also while nothing can be priced.
    /// </summary>
    public async ValueTask<LocationTable> GetAsync()
    {
        if (!features.StockIsByLocation)
            return LocationTable.DefaultOnly;
        try
        {
            return last = (await rules.GetAsync()).Locations;
        }
        catch (UnavailableException) when (last is not null)
        {
            return last;
        }
    }

    /// <summary>Returns the locations with every change that was acknowledged before, which takes a call.</summary>
    public async Task<LocationTable> GetNewestAsync()
    {
        if (!features.StockIsByLocation)
            return LocationTable.DefaultOnly;
        var known = await rules.GetAsync();
        return await grains.GetGrain<IPricingRulesGrain>(0).GetAsync(known.Version) is { } newer
            ? new LocationTable(newer)
            : known.Locations;
    }

    /// <summary>True for a location that exists, whether it sells or not.</summary>
    public async ValueTask<bool> ExistsAsync(string id) =>
        (await GetAsync()).Find(id) is not null || (await GetNewestAsync()).Find(id) is not null;

    /// <summary>Returns the stock of a SKU as shoppers see it: the sum of all locations that sell.</summary>
    public async ValueTask<StockAvailability> AvailabilityAsync(string sku)
    {
        var table = await GetAsync();
        return table.IsDefaultOnly ? await OneAsync(new StockKey(sku, Location.DefaultId)) : Sum(await EachAsync(table, sku));
    }

    /// <summary>
    /// Assigns the units of an order to locations; null when only the default location sells. Units that are not there are assigned to the
    /// first location, which refuses what it does not have.
    /// </summary>
    public async ValueTask<ImmutableArray<RoutedUnits>?> RouteAsync(ImmutableArray<LineUnits> lines, Destination destination)
    {
        var table = await GetAsync();
        if (table.IsDefaultOnly)
            return null;
        var units = await Task.WhenAll(lines.Select(l => EachAsync(table, l.Sku)));
        var routed = router.Route(new RoutingRequest(lines, destination,
        [
            .. table.Selling.Select((location, at) => new LocationStock(
                location, lines.Select((line, i) => (line.Sku, units[i][at].Units)).ToDictionary(StringComparer.Ordinal))),
        ]));
        return routed is { } some
            ? Check(some, lines, table)
            : [.. lines.Select(l => new RoutedUnits(l.Sku, table.Selling[0].Id, l.Quantity))];
    }

    /// <summary>Checks what a router has answered, which may be one of the user's own.</summary>
    /// <exception cref="InvalidOperationException">It does not assign each unit to a location that sells.</exception>
    private ImmutableArray<RoutedUnits> Check(
        ImmutableArray<RoutedUnits> routed, ImmutableArray<LineUnits> lines, LocationTable table)
    {
        ImmutableArray<RoutedUnits> merged =
        [
            .. routed.GroupBy(r => (r.Sku, r.LocationId)).Select(g => new RoutedUnits(g.Key.Sku, g.Key.LocationId, g.Sum(r => r.Quantity))),
        ];
        var isWhole = merged.All(r => r.Quantity > 0 && table.Selling.Any(l => l.Id == r.LocationId))
            && lines.All(l => merged.Where(r => r.Sku == l.Sku).Sum(r => r.Quantity) == l.Quantity)
            && merged.All(r => lines.Any(l => l.Sku == r.Sku));
        return isWhole ? merged : throw new InvalidOperationException(
            $"{router.GetType()} does not assign each unit of an order to one location that sells.");
    }

    private Task<StockAvailability[]> EachAsync(LocationTable table, string sku) =>
        Task.WhenAll(table.Selling.Select(l => OneAsync(new StockKey(sku, l.Id)).AsTask()));

    private ValueTask<StockAvailability> OneAsync(StockKey key) => cached.TryGetValue(key.ToString(), out var known)
        ? new(known)
        : new(grains.Reference<IInventoryItemGrain>(key.GrainKey).GetAvailabilityAsync());

    /// <summary>The best availability of a location counts: what is plenty in one place is not scarce.</summary>
    private static StockAvailability Sum(StockAvailability[] stocks) => new(
        (int)Math.Min(AdjustStock.MaxUnits, stocks.Sum(s => (long)Math.Max(0, s.Units))),
        stocks.Select(s => s.Availability).DefaultIfEmpty(Availability.OutOfStock).Min())
    {
        Version = stocks.Sum(s => s.Version),
    };
}
