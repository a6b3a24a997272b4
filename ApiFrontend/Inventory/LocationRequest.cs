#pragma warning disable ASP0029 // Validation rules of types are available only as an experimental API.
using Microsoft.Extensions.Validation;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Pricing;
using SoonShop.Inventory;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Inventory;

/// <summary>
/// A place that holds stock and ships orders. An order is shipped from as few locations as possible; between as many, the priority
/// decides, then which is nearer to the destination.
/// </summary>
[ValidatableType]
public sealed record LocationRequest : IRuleRequest
{
    /// <summary>The id, a slug. Without it a new location gets one. In a replacement it may be left out; another id is refused.</summary>
    [Slug] public string? Id { get; init; }

    /// <summary>The name for administrators.</summary>
    [RequiredField, TextLength(PricingLimits.MaxNameLength), Line] public string? Name { get; init; }

    /// <summary>
    /// False switches it off: its stock is not sold, and units that are reserved there are still shipped from there. Left out: true.
    /// </summary>
    public bool? Enabled { get; init; }

    /// <summary>Its place among the locations; lower numbers ship first. Left out: 0.</summary>
    public int? Priority { get; init; }

    /// <summary>
    /// The parts of the world that it is near to. Between locations of the same priority, the one with the most specific area that contains
    /// the destination ships first. Left out: none.
    /// </summary>
    [MaxItems(PricingLimits.MaxEntries), NoNulls] public ZoneAreaRequest[]? Areas { get; init; }

    public PricingRule ToRule(string id) => PricingRule.Of(new Location
    {
        Id = id,
        Name = Name!,
        Enabled = Enabled ?? true,
        Priority = Priority ?? 0,
        Areas = [.. (Areas ?? []).Select(a => a.ToArea())],
    });

    public Error? Problem() => ZoneAreaRequest.Problem(Areas ?? []);
}

/// <summary>A place that holds stock and ships orders.</summary>
internal sealed record LocationResponse : RuleResponse
{
    private readonly Location location;

    public LocationResponse(StoredRule stored) : base(stored) => location = (Location)stored.Rule.Content;

    /// <summary>The name for administrators.</summary>
    public string Name => location.Name;

    /// <summary>False when it is switched off.</summary>
    public bool Enabled => location.Enabled;

    /// <summary>Its place among the locations; lower numbers ship first.</summary>
    public int Priority => location.Priority;

    /// <summary>The parts of the world that it is near to.</summary>
    public ImmutableArray<ZoneArea> Areas => location.Areas;
}
