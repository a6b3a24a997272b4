#pragma warning disable ASP0029 // Validation rules of types are available only as an experimental API.
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Validation;
using SoonShop.ApiFrontend.Http;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>A cart to price, with who buys and when. Describe the buyer by <c>customerId</c>, or by the other members.</summary>
[ValidatableType]
public sealed record PricingPreviewRequest
{
    /// <summary>The lines.</summary>
    [RequiredField, ItemCount(1, PricingLimits.MaxLines), NoNulls] public PreviewLineRequest[]? Lines { get; init; }

    /// <summary>The currency (ISO 4217). Left out: that of the shop.</summary>
    [CurrencyCode] public string? Currency { get; init; }

    /// <summary>Where it is sent. Left out: not known, so that neither shipping nor tax is in the quote.</summary>
    public DestinationRequest? Destination { get; init; }

    /// <summary>The id of the chosen shipping method. Left out: the cheapest one that delivers, as in a cart.</summary>
    [Slug] public string? ShippingMethod { get; init; }

    /// <summary>The codes that the buyer has entered.</summary>
    [MaxItems(PricingLimits.MaxCodes), EnteredCodes] public string[]? Codes { get; init; }

    /// <summary>The account that buys; its groups, tax exemption and orders count. Not together with the members below it.</summary>
    public Guid? CustomerId { get; init; }

    /// <summary>The customer groups that the buyer is in.</summary>
    [MaxItems(PricingProfile.MaxGroups), Slugs] public string[]? Groups { get; init; }

    /// <summary>Why the buyer pays no tax; null for a buyer who pays it.</summary>
    [TextLength(PricingProfile.MaxReasonLength, MinimumLength = 1), Line] public string? TaxExemptionReason { get; init; }

    /// <summary>True for a buyer without an earlier order.</summary>
    public bool? IsFirstOrder { get; init; }

    /// <summary>The moment at which rules must be in force, such as one in the future. Left out: now.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The member that cannot stand beside <c>customerId</c>; null for none.</summary>
    internal string? BesideCustomer => CustomerId is null ? null
        : Groups is not null ? "groups"
        : TaxExemptionReason is not null ? "taxExemptionReason"
        : IsFirstOrder is not null ? "isFirstOrder"
        : null;

    internal PricingPreview ToPreview() => new()
    {
        Lines = [.. Lines!.Select(l => new LineUnits(Sku.Normalize(l.Sku!), l.Quantity!.Value))],
        Currency = Currency,
        At = At?.ToUniversalTime(),
        Destination = Destination is null ? null : new Destination(Destination.Country!, Destination.Region, Destination.PostalCode),
        ShippingMethodId = ShippingMethod,
        Codes = [.. Codes ?? []],
        CustomerId = CustomerId,
        Profile = new PricingProfile([.. Groups ?? []], TaxExemptionReason),
        IsFirstOrder = IsFirstOrder ?? false,
    };
}

/// <summary>Units of a product.</summary>
[ValidatableType]
public sealed record PreviewLineRequest
{
    /// <summary>The stock keeping unit, also of a product that is not on sale.</summary>
    [RequiredField, SkuText] public string? Sku { get; init; }

    /// <summary>Units.</summary>
    [RequiredField, NumberRange(1, PricingLimits.MaxQuantity)] public int? Quantity { get; init; }
}

/// <summary>Where an order is sent, as far as prices depend on it.</summary>
[ValidatableType]
public sealed record DestinationRequest
{
    /// <summary>The country (ISO 3166-1 alpha-2).</summary>
    [RequiredField, CountryCode] public string? Country { get; init; }

    /// <summary>The state, province or county; null when it is not known.</summary>
    [TextLength(100), AddressLine] public string? Region { get; init; }

    /// <summary>The postal code; null when it is not known.</summary>
    [TextLength(20), AddressLine] public string? PostalCode { get; init; }
}

/// <summary>Codes as people type them.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class EnteredCodesAttribute : FieldRuleAttribute
{
    private const int MaxLength = 4 * PromotionCode.MaxLength;

    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is not string?[] codes || codes.All(c => c is { Length: >= 1 and <= MaxLength } && Text.IsClean(c))
            ? null
            : ErrorText.Of("field.entered-codes", $"must contain codes of 1–{MaxLength} characters");
}
