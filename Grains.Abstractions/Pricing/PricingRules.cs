using SoonShop.Inventory;

namespace SoonShop.Pricing;

/// <summary>
/// Everything that decides what a cart costs, except for the prices of the products themselves: an immutable snapshot with a version. It is
/// plain data and can be stored as JSON. All amounts are minor units of a named currency, and all times are instants.
/// </summary>
[GenerateSerializer, Immutable, Alias("soonshop.pricing-rules")]
public sealed record PricingRules
{
    /// <summary>The number of changes of the rules. Each quote carries the version of its rules.</summary>
    [Id(0)] public long Version { get; init; }

    /// <summary>The promotions, in any order.</summary>
    [Id(1)] public ImmutableArray<Promotion> Promotions { get; init; } = [];

    /// <summary>The price lists, in any order.</summary>
    [Id(2)] public ImmutableArray<PriceList> PriceLists { get; init; } = [];

    /// <summary>The zones of taxes. A destination without a zone is refused.</summary>
    [Id(3)] public ImmutableArray<Zone> TaxZones { get; init; } = [];

    /// <summary>The tax rates, in any order.</summary>
    [Id(4)] public ImmutableArray<TaxRate> TaxRates { get; init; } = [];

    /// <summary>How taxes are rounded.</summary>
    [Id(5)] public TaxRounding TaxRounding { get; init; } = TaxRounding.PerLine;

    /// <summary>The currencies (ISO 4217) whose prices include tax. Tax is added to the prices of all others.</summary>
    [Id(6)] public ImmutableArray<string> TaxInsideCurrencies { get; init; } = [];

    /// <summary>The zones of shipping. They need not be those of taxes.</summary>
    [Id(7)] public ImmutableArray<Zone> ShippingZones { get; init; } = [];

    /// <summary>The shipping methods, in the order in which shoppers see them.</summary>
    [Id(8)] public ImmutableArray<ShippingMethod> ShippingMethods { get; init; } = [];

    /// <summary>The customer groups, in any order. No price depends on them: the other rules name groups by their ids.</summary>
    [Id(9)] public ImmutableArray<CustomerGroup> CustomerGroups { get => field.IsDefault ? [] : field; init; } = [];

    /// <summary>
    /// The locations that hold stock, in any order; see <see cref="Location.WithDefault"/>. They change no price: they are here because
    /// orders are routed by rules that all silos hold, too.
    /// </summary>
    [Id(10)] public ImmutableArray<Location> Locations { get => field.IsDefault ? [] : field; init; } = [];
}

/// <summary>The limits of rules and requests. They keep every sum far from an overflow of 64 bits, and every quote short.</summary>
public static class PricingLimits
{
    /// <summary>100 % in parts per million.</summary>
    public const int WholePpm = 1_000_000;

    /// <summary>The most lines of a request.</summary>
    public const int MaxLines = 100;

    /// <summary>The most units of a line.</summary>
    public const int MaxQuantity = 999;

    /// <summary>The highest price of a unit, of shipping or of a tier, in minor units.</summary>
    public const long MaxPrice = 1_000_000_000;

    /// <summary>The highest threshold, cap or budget of a rule, in minor units.</summary>
    public const long MaxThreshold = Money.MaxAmount;

    /// <summary>The most codes of a request.</summary>
    public const int MaxCodes = 10;

    /// <summary>The most prices of a product.</summary>
    public const int MaxPrices = 500;

    /// <summary>The most promotions of a snapshot.</summary>
    public const int MaxPromotions = 10_000;

    /// <summary>The most price lists, customer groups, shipping methods or zones of a snapshot.</summary>
    public const int MaxRules = 1_000;

    /// <summary>The most tax rates of a snapshot.</summary>
    public const int MaxTaxRates = 20_000;

    /// <summary>The most tax rates of one category in one zone at one time.</summary>
    public const int MaxRatesOfCategory = 8;

    /// <summary>The most compound rates among them.</summary>
    public const int MaxCompoundRates = 2;

    /// <summary>The most entries of a list within a rule, such as SKUs, areas or tiers.</summary>
    public const int MaxEntries = 10_000;

    /// <summary>The longest id of a rule, in characters.</summary>
    public const int MaxIdLength = 64;

    /// <summary>The longest name of a rule, in characters.</summary>
    public const int MaxNameLength = 200;

    /// <summary>
    /// The most sets of promotions that are compared when promotions exclude each other. Where there are more, only the best promotions
    /// of each kind are compared.
    /// </summary>
    public const int MaxCombinations = 1_000;
}
