using CsCheck;
using SoonShop.Fulfilment;
using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.Tests.Rules;

public sealed class OrderRouterTests
{
    private static readonly FewestParcelsRouter Router = new();
    private static readonly Destination Berlin = new("DE", null, "10115");

    [Fact]
    public void one_parcel_comes_before_priority()
    {
        var routed = Route(
            [new("MUG", 2), new("SPOON", 1)],
            At("first", 0, ("MUG", 5)), At("second", 1, ("MUG", 2), ("SPOON", 1)), At("third", 2, ("MUG", 9), ("SPOON", 9)));
        Assert.Equal([new RoutedUnits("MUG", "second", 2), new RoutedUnits("SPOON", "second", 1)], routed);
    }

    [Fact]
    public void of_locations_with_everything_the_priority_decides_then_the_nearest_then_the_id()
    {
        ImmutableArray<LineUnits> mug = [new("MUG", 1)];
        Assert.Equal("a", Route(mug, At("b", 1, ("MUG", 1)), At("a", 0, ("MUG", 1)))!.Value[0].LocationId);
        Assert.Equal("b", Route(mug, At("a", 0, ("MUG", 1)), Near("b", new ZoneArea("DE")))!.Value[0].LocationId);
        Assert.Equal("c", Route(mug, Near("b", new ZoneArea("DE")), Near("c", new ZoneArea("DE", null, "10")))!.Value[0].LocationId);
        Assert.Equal("a", Route(mug, Near("b", new ZoneArea("FR")), At("a", 0, ("MUG", 1)))!.Value[0].LocationId);
        Assert.Equal("b", Route(mug, Near("b", new ZoneArea(null)), At("a", 0, ("MUG", 1)))!.Value[0].LocationId);
    }

    [Fact]
    public void an_order_that_no_location_has_alone_goes_in_as_few_parcels_as_possible()
    {
        var routed = Route(
            [new("MUG", 2), new("SPOON", 1), new("FORK", 1)],
            At("a", 0, ("MUG", 2)), At("b", 0, ("SPOON", 1)), At("c", 0, ("FORK", 1)), At("d", 5, ("SPOON", 1), ("FORK", 1)));
        Assert.Equal(
            [new RoutedUnits("MUG", "a", 2), new RoutedUnits("SPOON", "d", 1), new RoutedUnits("FORK", "d", 1)], routed);
    }

    [Fact]
    public void a_line_is_split_when_no_location_has_all_its_units() => Assert.Equal(
        [new RoutedUnits("MUG", "a", 2), new RoutedUnits("MUG", "b", 1)],
        Route([new("MUG", 3)], At("a", 0, ("MUG", 2)), At("b", 0, ("MUG", 2))));

    [Fact]
    public void an_order_that_is_not_there_is_not_routed()
    {
        Assert.Null(Route([new("MUG", 3)], At("a", 0, ("MUG", 1)), At("b", 0, ("MUG", 1), ("SPOON", 9))));
        Assert.Null(Route([new("MUG", 1)]));
    }

    [Fact]
    public void every_unit_is_assigned_once_and_never_more_than_there_is()
    {
        string[] skus = ["A", "B", "C"];
        Gen.Select(
            Gen.Int[0, 4].Array[3], Gen.Select(Gen.Int[0, 2], Gen.Int[-1, 5].Array[3]).Array[1, 7]).Sample((ordered, stocks) =>
            {
                ImmutableArray<LineUnits> lines =
                    [.. skus.Zip(ordered, (sku, units) => new LineUnits(sku, units)).Where(l => l.Quantity > 0)];
                LocationStock[] all =
                [
                    .. stocks.Select((s, i) => At($"l{i}", s.Item1, [.. skus.Zip(s.Item2, (sku, units) => (sku, units))])),
                ];
                var routed = Route(lines, all);
                var isThere = lines.All(l => all.Sum(s => s.Of(l.Sku)) >= l.Quantity);
                if (!isThere)
                    return routed is null;
                var parcels = routed!.Value.Select(r => r.LocationId).Distinct().Count();
                return lines.All(l => routed.Value.Where(r => r.Sku == l.Sku).Sum(r => r.Quantity) == l.Quantity)
                    && routed.Value.All(r => r.Quantity > 0 && r.Quantity <= all.Single(s => s.Location.Id == r.LocationId).Of(r.Sku))
                    && parcels <= Math.Max(1, Fewest(lines, all));
            }, iter: 5_000);
    }

    /// <summary>The fewest locations that have an order together, by trying all sets.</summary>
    private static int Fewest(ImmutableArray<LineUnits> lines, LocationStock[] all) => Enumerable.Range(0, 1 << all.Length)
        .Where(set => lines.All(l => all.Where((_, i) => (set & (1 << i)) != 0).Sum(s => s.Of(l.Sku)) >= l.Quantity))
        .Min(set => int.PopCount(set)) is var fewest && fewest <= FewestParcelsRouter.MaxCompared ? fewest : int.MaxValue;

    private static ImmutableArray<RoutedUnits>? Route(ImmutableArray<LineUnits> lines, params LocationStock[] stock) =>
        Router.Route(new RoutingRequest(lines, Berlin, [.. stock]));

    private static LocationStock At(string id, int priority, params (string Sku, int Units)[] stock) => new(
        new Location { Id = id, Name = id, Priority = priority }, stock.ToDictionary(s => s.Sku, s => s.Units));

    private static LocationStock Near(string id, ZoneArea area) => new(
        new Location { Id = id, Name = id, Areas = [area] }, new Dictionary<string, int> { ["MUG"] = 1 });
}
