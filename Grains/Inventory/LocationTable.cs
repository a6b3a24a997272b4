using System.Collections.Frozen;
using SoonShop.Pricing;

namespace SoonShop.Inventory;

/// <summary>The locations of one version of the rules.</summary>
public sealed class LocationTable
{
    /// <summary>The default location alone.</summary>
    public static LocationTable DefaultOnly { get; } = new(new PricingRules());

    private readonly FrozenDictionary<string, Location> byId;

    /// <summary>Prepares the locations of rules.</summary>
    public LocationTable(PricingRules rules)
    {
        var all = Location.WithDefault(rules.Locations);
        byId = all.ToFrozenDictionary(l => l.Id, StringComparer.Ordinal);
        All = [.. all.OrderBy(l => l.Priority).ThenBy(l => l.Id, StringComparer.Ordinal)];
        Selling = All.Any(l => l.Enabled) ? [.. All.Where(l => l.Enabled)] : [byId[Location.DefaultId]];
    }

    /// <summary>All locations by priority, the default one included.</summary>
    public ImmutableArray<Location> All { get; }

    /// <summary>The locations whose stock is sold, by priority; the default one when all are switched off.</summary>
    public ImmutableArray<Location> Selling { get; }

    /// <summary>True when only the default location sells: then nothing has to be added up or routed.</summary>
    public bool IsDefaultOnly => Selling is [{ Id: Location.DefaultId }];

    /// <summary>Returns a location; null for an unknown one.</summary>
    public Location? Find(string id) => byId.GetValueOrDefault(id);
}
