#pragma warning disable ASP0029 // Validation rules of types are available only as an experimental API.
using Microsoft.Extensions.Validation;
using SoonShop.ApiFrontend.Http;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>A way to send an order, or to pick it up.</summary>
[ValidatableType]
public sealed record ShippingMethodRequest : IRuleRequest
{
    /// <summary>The id, a slug. Without it a new rule gets one. In a replacement it may be left out; another id is refused.</summary>
    [Slug] public string? Id { get; init; }

    /// <summary>The name that shoppers see.</summary>
    [RequiredField, TextLength(PricingLimits.MaxNameLength), Line] public string? Name { get; init; }

    /// <summary>False switches it off. Left out: true.</summary>
    public bool? Enabled { get; init; }

    /// <summary>Its place among the methods, from 0. Left out: where it is; a new one is the last.</summary>
    [NumberRange(0, PricingLimits.MaxRules)] public int? Position { get; init; }

    /// <summary>Delivery or pickup. Left out: <c>delivery</c>.</summary>
    public ShippingKind? Kind { get; init; }

    /// <summary>The name of the carrier; null for none.</summary>
    [TextLength(PricingLimits.MaxNameLength), Line] public string? Carrier { get; init; }

    /// <summary>The fewest days until delivery, 0–365. Left out: 0.</summary>
    public int? MinDays { get; init; }

    /// <summary>The most days until delivery, from <c>minDays</c> to 365. Left out: <c>minDays</c>.</summary>
    public int? MaxDays { get; init; }

    /// <summary>The address of tracking pages with <c>{number}</c> in place of the tracking number; null for none.</summary>
    [TextLength(2000), Line] public string? TrackingUrlTemplate { get; init; }

    /// <summary>The tax category of the shipping costs. Left out: <c>standard</c>.</summary>
    [Slug] public string? TaxCategory { get; init; }

    /// <summary>The prices by zone and currency. Where it has no price it is not offered.</summary>
    [RequiredField, MaxItems(PricingLimits.MaxEntries), NoNulls] public ShippingPriceRequest[]? Prices { get; init; }

    /// <summary>The least weight of all units that need shipping, in grams; null for no limit.</summary>
    public long? MinWeightGrams { get; init; }

    /// <summary>The greatest weight of all units that need shipping, in grams; null for no limit.</summary>
    public long? MaxWeightGrams { get; init; }

    /// <summary>The size classes that it carries; empty for all. A product without a size class fits everywhere.</summary>
    [MaxItems(PricingLimits.MaxEntries), Slugs] public string[]? SizeClasses { get; init; }

    /// <summary>The customer groups that it is for; empty for everybody.</summary>
    [MaxItems(PricingLimits.MaxEntries), Slugs] public string[]? CustomerGroups { get; init; }

    public PricingRule ToRule(string id) => PricingRule.Of(
        new ShippingMethod
        {
            Id = id,
            Name = Name!,
            Enabled = Enabled ?? true,
            Kind = Kind ?? ShippingKind.Delivery,
            Carrier = Carrier,
            MinDays = MinDays ?? 0,
            MaxDays = MaxDays ?? MinDays ?? 0,
            TrackingUrlTemplate = TrackingUrlTemplate,
            TaxCategory = TaxCategory ?? SoonShop.Pricing.TaxCategory.Standard,
            Prices = [.. Prices!.Select(p => p.ToPrice())],
            MinWeightGrams = MinWeightGrams,
            MaxWeightGrams = MaxWeightGrams,
            SizeClasses = [.. SizeClasses ?? []],
            CustomerGroups = [.. CustomerGroups ?? []],
        },
        Position);
}

/// <summary>The price of a shipping method in one zone and currency.</summary>
[ValidatableType]
public sealed record ShippingPriceRequest
{
    /// <summary>The id of a shipping zone.</summary>
    [RequiredField, Slug] public string? ZoneId { get; init; }

    /// <summary>The currency (ISO 4217).</summary>
    [RequiredField, CurrencyCode] public string? Currency { get; init; }

    /// <summary>How the price is found. Left out: <c>flat</c>.</summary>
    public ShippingPriceKind? Kind { get; init; }

    /// <summary>The flat price, or the part of a price per item that does not depend on the units, in minor units. Left out: 0.</summary>
    public long? Amount { get; init; }

    /// <summary>The price of each unit that needs shipping, for <c>perItem</c>, in minor units. Left out: 0.</summary>
    public long? AmountPerItem { get; init; }

    /// <summary>The tiers by weight or value, by rising <c>from</c>. Below the first tier the method is not offered.</summary>
    [MaxItems(PricingLimits.MaxEntries), NoNulls] public ShippingTierRequest[]? Tiers { get; init; }

    /// <summary>The value of the goods after discounts, in minor units, from which it is free; null for never.</summary>
    public long? FreeFrom { get; init; }

    internal ShippingPrice ToPrice() => new()
    {
        ZoneId = ZoneId!,
        Currency = Currency!,
        Kind = Kind ?? ShippingPriceKind.Flat,
        Amount = Amount ?? 0,
        AmountPerItem = AmountPerItem ?? 0,
        Tiers = [.. (Tiers ?? []).Select(t => new ShippingTier(t.From!.Value, t.Amount))],
        FreeFrom = FreeFrom,
    };
}

/// <summary>A tier of a shipping price. It ends where the next one begins.</summary>
[ValidatableType]
public sealed record ShippingTierRequest
{
    /// <summary>The least weight in grams, or the least value of the goods after discounts in minor units.</summary>
    [RequiredField] public long? From { get; init; }

    /// <summary>The price in minor units; null to offer nothing from here on, such as above a weight.</summary>
    public long? Amount { get; init; }
}
