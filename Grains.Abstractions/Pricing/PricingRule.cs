using SoonShop.Inventory;

namespace SoonShop.Pricing;

/// <summary>A rule of any kind.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Id">Its id, unique within the kind.</param>
/// <param name="Content">
/// The rule: a <see cref="Promotion"/>, <see cref="Zone"/>, <see cref="TaxRate"/>, <see cref="TaxSettings"/>,
/// <see cref="ShippingMethod"/>, <see cref="PriceList"/>, <see cref="CustomerGroup"/> or <see cref="Location"/> with the same id.
/// </param>
[GenerateSerializer, Immutable, Alias("soonshop.pricing-rule")]
public sealed record PricingRule(PricingRuleKind Kind, string Id, object Content)
{
    /// <summary>The place of a shipping method among the others, from 0; null to leave it, or to put a new one at the end.</summary>
    [Id(0)] public int? Position { get; init; }

    /// <summary>The name of the rule in the audit log and in texts, such as <c>tax-rate/de</c>.</summary>
    public static string SubjectOf(PricingRuleKind kind, string id) => kind switch
    {
        PricingRuleKind.Promotion => $"promotion/{id}",
        PricingRuleKind.TaxZone => $"tax-zone/{id}",
        PricingRuleKind.TaxRate => $"tax-rate/{id}",
        PricingRuleKind.TaxSettings => $"tax/{id}",
        PricingRuleKind.ShippingZone => $"shipping-zone/{id}",
        PricingRuleKind.ShippingMethod => $"shipping-method/{id}",
        PricingRuleKind.PriceList => $"price-list/{id}",
        PricingRuleKind.CustomerGroup => $"customer-group/{id}",
        PricingRuleKind.Location => $"location/{id}",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>Creates the rule of a promotion.</summary>
    public static PricingRule Of(Promotion promotion) => new(PricingRuleKind.Promotion, promotion.Id, promotion);

    /// <summary>Creates the rule of a tax rate.</summary>
    public static PricingRule Of(TaxRate rate) => new(PricingRuleKind.TaxRate, rate.Id, rate);

    /// <summary>Creates the rule of a shipping method.</summary>
    public static PricingRule Of(ShippingMethod method, int? position = null) =>
        new(PricingRuleKind.ShippingMethod, method.Id, method) { Position = position };

    /// <summary>Creates the rule of a price list.</summary>
    public static PricingRule Of(PriceList list) => new(PricingRuleKind.PriceList, list.Id, list);

    /// <summary>Creates the rule of a customer group.</summary>
    public static PricingRule Of(CustomerGroup group) => new(PricingRuleKind.CustomerGroup, group.Id, group);

    /// <summary>Creates the rule of a location.</summary>
    public static PricingRule Of(Location location) => new(PricingRuleKind.Location, location.Id, location);

    /// <summary>Creates the rule of a tax zone.</summary>
    public static PricingRule OfTaxZone(Zone zone) => new(PricingRuleKind.TaxZone, zone.Id, zone);

    /// <summary>Creates the rule of a shipping zone.</summary>
    public static PricingRule OfShippingZone(Zone zone) => new(PricingRuleKind.ShippingZone, zone.Id, zone);

    /// <summary>Creates the rule of the tax settings.</summary>
    public static PricingRule Of(TaxSettings settings) => new(PricingRuleKind.TaxSettings, TaxSettings.Id, settings);
}

/// <summary>A rule as it is stored.</summary>
/// <param name="Rule">The rule. A shipping method has its position, unless it is archived.</param>
/// <param name="Version">
/// The version of the rules with which it last changed; used as the ETag. 0 for a rule of the configuration that was never changed.
/// </param>
/// <param name="Status">Whether it applies now.</param>
/// <param name="CreatedAt">When it was created; null for a rule of the configuration.</param>
/// <param name="ChangedAt">When it was last changed; null for a rule of the configuration that was never changed.</param>
/// <param name="ArchivedAt">When it was archived; null for a rule that is not.</param>
[GenerateSerializer, Immutable, Alias("soonshop.stored-pricing-rule")]
public sealed record StoredRule(
    PricingRule Rule, long Version, PricingRuleStatus Status, DateTimeOffset? CreatedAt, DateTimeOffset? ChangedAt,
    DateTimeOffset? ArchivedAt);

/// <summary>Kinds of pricing rules.</summary>
[Alias("soonshop.pricing-rule-kind")]
public enum PricingRuleKind
{
    /// <summary>A promotion.</summary>
    Promotion,
    /// <summary>A zone of taxes.</summary>
    TaxZone,
    /// <summary>A tax rate.</summary>
    TaxRate,
    /// <summary>How taxes are computed. There is one such rule, which cannot be archived.</summary>
    TaxSettings,
    /// <summary>A zone of shipping.</summary>
    ShippingZone,
    /// <summary>A shipping method.</summary>
    ShippingMethod,
    /// <summary>A price list.</summary>
    PriceList,
    /// <summary>A customer group.</summary>
    CustomerGroup,
    /// <summary>A location that holds stock.</summary>
    Location,
}

/// <summary>Whether a rule applies at a time.</summary>
[Alias("soonshop.pricing-rule-status")]
public enum PricingRuleStatus
{
    /// <summary>It is switched on, and its time has come.</summary>
    Active,
    /// <summary>It is switched on, and its time is still to come.</summary>
    Scheduled,
    /// <summary>It is switched on, and its time has passed.</summary>
    Ended,
    /// <summary>It is switched off.</summary>
    Disabled,
    /// <summary>It is archived.</summary>
    Archived,
}

/// <summary>How taxes are computed.</summary>
/// <param name="Rounding">Where taxes are rounded.</param>
/// <param name="TaxInsideCurrencies">The currencies (ISO 4217) whose prices include tax. Tax is added to the prices of all others.</param>
[GenerateSerializer, Immutable, Alias("soonshop.tax-settings")]
public sealed record TaxSettings(TaxRounding Rounding, ImmutableArray<string> TaxInsideCurrencies)
{
    /// <summary>The id of the only tax settings.</summary>
    public const string Id = "settings";
}

/// <summary>The limits of the stored rules.</summary>
public static class PricingRuleLimits
{
    /// <summary>The most archived rules of one kind. Beyond it, those that were archived first are removed.</summary>
    public const int MaxArchived = 1_000;

    /// <summary>The largest size of all rules in force, and of all archived ones, as JSON in bytes.</summary>
    public const int MaxBytes = 8 * 1024 * 1024;

    /// <summary>The most currencies in the tax settings.</summary>
    public const int MaxCurrencies = 200;
}
