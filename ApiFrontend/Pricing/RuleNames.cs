using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>The names of one kind of rules in routes, operation ids and texts.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Path">The path below <c>/admin</c>.</param>
/// <param name="Tag">The tag of its operations.</param>
/// <param name="Singular">Its name in operation ids, such as <c>TaxRate</c>.</param>
/// <param name="Noun">Its name in texts, such as <c>tax rate</c>.</param>
internal sealed record RuleNames(PricingRuleKind Kind, string Path, string Tag, string Singular, string Noun)
{
    public static readonly RuleNames Promotions =
        new(PricingRuleKind.Promotion, "/promotions", "Admin: promotions", "Promotion", "promotion");

    public static readonly RuleNames TaxZones = new(PricingRuleKind.TaxZone, "/tax/zones", "Admin: taxes", "TaxZone", "tax zone");

    public static readonly RuleNames TaxRates = new(PricingRuleKind.TaxRate, "/tax/rates", "Admin: taxes", "TaxRate", "tax rate");

    public static readonly RuleNames ShippingZones =
        new(PricingRuleKind.ShippingZone, "/shipping/zones", "Admin: shipping", "ShippingZone", "shipping zone");

    public static readonly RuleNames ShippingMethods =
        new(PricingRuleKind.ShippingMethod, "/shipping/methods", "Admin: shipping", "ShippingMethod", "shipping method");

    public static readonly RuleNames PriceLists =
        new(PricingRuleKind.PriceList, "/price-lists", "Admin: price lists", "PriceList", "price list");

    public static readonly RuleNames CustomerGroups =
        new(PricingRuleKind.CustomerGroup, "/customer-groups", "Admin: customer groups", "CustomerGroup", "customer group");

    public static readonly RuleNames Locations =
        new(PricingRuleKind.Location, "/locations", "Admin: stock", "Location", "location") { Scope = "inventory" };

    /// <summary>All kinds that have the routes of <see cref="RuleRoutes{TRequest,TResponse}"/>.</summary>
    public static readonly ImmutableArray<RuleNames> All =
        [Promotions, TaxZones, TaxRates, ShippingZones, ShippingMethods, PriceLists, CustomerGroups, Locations];

    /// <summary>The scope of its routes for API keys.</summary>
    public string Scope { get; init; } = "pricing";

    /// <summary>Its name in ids of operations on several.</summary>
    public string Plural => Singular + "s";

    /// <summary>The name of several in texts.</summary>
    public string PluralNoun => Noun + "s";
}
