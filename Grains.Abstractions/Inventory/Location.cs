using SoonShop.Pricing;

namespace SoonShop.Inventory;

/// <summary>
/// A place that holds stock and ships orders, such as a warehouse or a shop. All locations together are part of the versioned rules that
/// each silo holds. The default location is there without being created, and can be changed like any other.
/// </summary>
[GenerateSerializer, Immutable, Alias("soonshop.location")]
public sealed record Location
{
    /// <summary>The id of the default location.</summary>
    public const string DefaultId = "default";

    /// <summary>The most locations of a shop.</summary>
    public const int MaxLocations = 50;

    /// <summary>The id, a slug.</summary>
    [Id(0)] public string Id { get; init; } = "";

    /// <summary>The name for administrators.</summary>
    [Id(1)] public string Name { get; init; } = "";

    /// <summary>False switches it off: its stock is not sold. Units that are reserved there are still shipped from there.</summary>
    [Id(2)] public bool Enabled { get; init; } = true;

    /// <summary>Lower numbers ship first.</summary>
    [Id(3)] public int Priority { get; init; }

    /// <summary>
    /// The destinations that it is near to. Of locations with the same priority, the one with the most specific matching area ships first.
    /// </summary>
    [Id(4)] public ImmutableArray<ZoneArea> Areas { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>The default location as it is until it is changed.</summary>
    public static Location Default { get; } = new() { Id = DefaultId, Name = "Default" };

    /// <summary>Returns all locations of stored ones: the default one is among them, changed or not.</summary>
    public static ImmutableArray<Location> WithDefault(ImmutableArray<Location> stored) =>
        stored.Any(l => l.Id == DefaultId) ? stored : [Default, .. stored];
}
