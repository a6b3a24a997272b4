#pragma warning disable ASP0029 // Validation rules of types are available only as an experimental API.
using Microsoft.Extensions.Validation;
using SoonShop.Addresses;
using SoonShop.ApiFrontend.Http;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>A set of destinations, for taxes or for shipping.</summary>
public abstract record ZoneRequest : IRuleRequest
{
    /// <summary>The id, a slug. Without it a new rule gets one. In a replacement it may be left out; another id is refused.</summary>
    [Slug] public string? Id { get; init; }

    /// <summary>The name for administrators and for summaries of taxes.</summary>
    [RequiredField, TextLength(PricingLimits.MaxNameLength), Line] public string? Name { get; init; }

    /// <summary>The parts of the world that belong to it. A destination belongs to the zone with the most specific area.</summary>
    [RequiredField, ItemCount(1, PricingLimits.MaxEntries), NoNulls] public ZoneAreaRequest[]? Areas { get; init; }

    public abstract PricingRule ToRule(string id);

    /// <summary>Returns the error of regions that their countries do not have; null for none.</summary>
    public Error? Problem() => ZoneAreaRequest.Problem(Areas!);

    private protected Zone ToZone(string id) => new(id, Name!, [.. Areas!.Select(a => a.ToArea())]);
}

/// <summary>A zone of taxes.</summary>
[ValidatableType]
public sealed record TaxZoneRequest : ZoneRequest
{
    public override PricingRule ToRule(string id) => PricingRule.OfTaxZone(ToZone(id));
}

/// <summary>A zone of shipping.</summary>
[ValidatableType]
public sealed record ShippingZoneRequest : ZoneRequest
{
    public override PricingRule ToRule(string id) => PricingRule.OfShippingZone(ToZone(id));
}

/// <summary>A part of the world. All of its members that are set must match; without any it is the rest of the world.</summary>
[ValidatableType]
public sealed record ZoneAreaRequest
{
    /// <summary>The country (ISO 3166-1 alpha-2); null for the rest of the world.</summary>
    [CountryCode] public string? Country { get; init; }

    /// <summary>The region by any of its names, kept as addresses write it, such as <c>NY</c>; null for the whole country.</summary>
    [TextLength(100), Line] public string? Region { get; init; }

    /// <summary>How the postal code begins; spaces and hyphens do not count. Null for all postal codes.</summary>
    [TextLength(20), Line] public string? PostalCodePrefix { get; init; }

    /// <summary>Returns the error of regions that their countries do not have, in a list <c>areas</c>; null for none.</summary>
    internal static Error? Problem(ZoneAreaRequest[] areas)
    {
        var wrong = areas.Index().Where(a => a.Item.Format is { } format && format.RegionOf(a.Item.Region!) is null)
            .ToDictionary(a => $"areas[{a.Index}].region", a => (ErrorText[])[AddressRules.NoRegion(a.Item.Format!)]);
        return wrong.Count == 0 ? null : Error.Invalid(wrong);
    }

    /// <summary>Returns the area. Its region has the form that destinations have, too, because otherwise none would be in it.</summary>
    internal ZoneArea ToArea() => new(Country, Format?.RegionOf(Region!) ?? Region, PostalCodePrefix);

    /// <summary>The form of addresses in its country; null when it has no region.</summary>
    internal AddressFormat? Format => Region is null || Country is null ? null : AddressFormat.Of(Country);
}

/// <summary>A tax rate for one category of products and shipping methods in one zone.</summary>
[ValidatableType]
public sealed record TaxRateRequest : IRuleRequest
{
    /// <summary>The id, a slug. Without it a new rule gets one. In a replacement it may be left out; another id is refused.</summary>
    [Slug] public string? Id { get; init; }

    /// <summary>The name that stands on invoices, such as <c>VAT</c>.</summary>
    [RequiredField, TextLength(PricingLimits.MaxNameLength), Line] public string? Name { get; init; }

    /// <summary>The id of its tax zone.</summary>
    [RequiredField, Slug] public string? ZoneId { get; init; }

    /// <summary>The tax category, a slug such as <c>reduced</c>, <c>zero</c> or <c>exempt</c>. Left out: <c>standard</c>.</summary>
    [Slug] public string? Category { get; init; }

    /// <summary>The rate in parts per million, 0–1,000,000: 88,750 is 8.875 %.</summary>
    [RequiredField] public int? Ppm { get; init; }

    /// <summary>True for a rate that is charged on the price and on the taxes before it. Left out: false.</summary>
    public bool? IsCompound { get; init; }

    /// <summary>Its place among the rates of a line; lower numbers come first. Left out: 0.</summary>
    public int? Position { get; init; }

    /// <summary>The first moment at which it applies; null for no limit.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The first moment at which it no longer applies; null for no limit.</summary>
    public DateTimeOffset? To { get; init; }

    public PricingRule ToRule(string id) => PricingRule.Of(new TaxRate
    {
        Id = id,
        Name = Name!,
        ZoneId = ZoneId!,
        Category = Category ?? TaxCategory.Standard,
        Ppm = Ppm!.Value,
        IsCompound = IsCompound ?? false,
        Position = Position ?? 0,
        From = From?.ToUniversalTime(),
        To = To?.ToUniversalTime(),
    });
}

/// <summary>How taxes are computed.</summary>
[ValidatableType]
public sealed record TaxSettingsRequest
{
    /// <summary>Where taxes are rounded.</summary>
    [RequiredField] public TaxRounding? Rounding { get; init; }

    /// <summary>The currencies whose prices include tax. Tax is added to the prices of all others.</summary>
    [RequiredField, MaxItems(PricingRuleLimits.MaxCurrencies), NoNulls, KnownCurrencies] public string[]? TaxInsideCurrencies { get; init; }

    internal PricingRule ToRule() => PricingRule.Of(new TaxSettings(Rounding!.Value, [.. TaxInsideCurrencies!]));
}
