using SoonShop.Orders;

namespace SoonShop.Fulfilment;

/// <summary>
/// Ships an order from as few locations as possible. Between as many, lower priorities win, then locations that are nearer to the
/// destination, then smaller ids.
/// </summary>
/// <remarks>
/// Up to <see cref="MaxCompared"/> locations are compared in every combination. If an order needs more, the locations that have most of
/// what is left are taken one after the other.
/// </remarks>
public sealed class FewestParcelsRouter : IOrderRouter
{
    /// <summary>The most locations of one order that are compared in every combination.</summary>
    public const int MaxCompared = 3;

    /// <inheritdoc/>
    public ImmutableArray<RoutedUnits>? Route(RoutingRequest request)
    {
        var ranked = request.Stock
            .OrderBy(s => s.Location.Priority)
            .ThenByDescending(s => Nearness.Of(s.Location.Areas, request.Destination))
            .ThenBy(s => s.Location.Id, StringComparer.Ordinal)
            .ToArray();
        if (!Suffices(request.Lines, ranked))
            return null;
        var useful = ranked.Where(s => request.Lines.Any(l => s.Of(l.Sku) > 0)).ToArray();
        for (var parcels = 1; parcels <= Math.Min(MaxCompared, useful.Length); parcels++)
        {
            // The combinations come in the order of the ranks, so the first that suffices is the best.
            if (Combinations(useful, parcels).FirstOrDefault(some => Suffices(request.Lines, some)) is { } best)
                return Assign(request.Lines, best);
        }
        return Assign(request.Lines, MostUsefulFirst(request.Lines, useful));
    }

    private static bool Suffices(ImmutableArray<LineUnits> lines, IReadOnlyCollection<LocationStock> stock) =>
        lines.All(l => stock.Sum(s => (long)s.Of(l.Sku)) >= l.Quantity);

    /// <summary>Returns all combinations of a size, in the order of their first, then of their second location, and so on.</summary>
    private static IEnumerable<LocationStock[]> Combinations(LocationStock[] ranked, int size, int from = 0)
    {
        for (var first = from; first <= ranked.Length - size; first++)
        {
            if (size == 1)
            {
                yield return [ranked[first]];
                continue;
            }
            foreach (var others in Combinations(ranked, size - 1, first + 1))
                yield return [ranked[first], .. others];
        }
    }

    private static List<LocationStock> MostUsefulFirst(ImmutableArray<LineUnits> lines, LocationStock[] ranked)
    {
        var missing = lines.ToDictionary(l => l.Sku, l => l.Quantity, StringComparer.Ordinal);
        var (taken, left) = (new List<LocationStock>(), ranked.ToList());
        while (missing.Values.Any(units => units > 0))
        {
            // Of equally useful ones, MaxBy takes the first, which has the best rank.
            var next = left.MaxBy(s => missing.Sum(m => (long)Math.Min(m.Value, s.Of(m.Key))))!;
            left.Remove(next);
            taken.Add(next);
            foreach (var line in lines)
                missing[line.Sku] -= Math.Min(missing[line.Sku], next.Of(line.Sku));
        }
        return taken;
    }

    /// <summary>Takes the units of each line from the first of these locations that have them.</summary>
    private static ImmutableArray<RoutedUnits> Assign(ImmutableArray<LineUnits> lines, IReadOnlyCollection<LocationStock> stock)
    {
        var routed = ImmutableArray.CreateBuilder<RoutedUnits>();
        foreach (var line in lines)
        {
            var missing = line.Quantity;
            foreach (var location in stock)
            {
                var units = Math.Min(missing, location.Of(line.Sku));
                if (units > 0)
                    routed.Add(new RoutedUnits(line.Sku, location.Location.Id, units));
                missing -= units;
            }
        }
        return routed.ToImmutable();
    }
}
