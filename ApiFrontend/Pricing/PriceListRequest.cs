#pragma warning disable ASP0029 // Validation rules of types are available only as an experimental API.
using Microsoft.Extensions.Validation;
using SoonShop.ApiFrontend.Http;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>
/// A price list. Its prices stand with the products. Of all lists that apply to a buyer, the first one by priority with a price decides.
/// </summary>
[ValidatableType]
public sealed record PriceListRequest : IRuleRequest
{
    /// <summary>The id, a slug. Without it a new rule gets one. In a replacement it may be left out; another id is refused.</summary>
    [Slug] public string? Id { get; init; }

    /// <summary>The name for administrators.</summary>
    [RequiredField, TextLength(PricingLimits.MaxNameLength), Line] public string? Name { get; init; }

    /// <summary>False switches it off. Left out: true.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Its place among the lists; lower numbers come first. Left out: 0.</summary>
    public int? Priority { get; init; }

    /// <summary>
    /// The customer groups that it is for, at least one. What everybody pays stands with the product, as a price without a list, so that
    /// the catalog shows it.
    /// </summary>
    [RequiredField, ItemCount(1, PricingLimits.MaxEntries), Slugs] public string[]? CustomerGroups { get; init; }

    /// <summary>The first moment at which it applies; null for no limit.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The first moment at which it no longer applies; null for no limit.</summary>
    public DateTimeOffset? To { get; init; }

    public PricingRule ToRule(string id) => PricingRule.Of(new PriceList
    {
        Id = id,
        Name = Name!,
        Enabled = Enabled ?? true,
        Priority = Priority ?? 0,
        CustomerGroups = [.. CustomerGroups!],
        From = From?.ToUniversalTime(),
        To = To?.ToUniversalTime(),
    });
}
