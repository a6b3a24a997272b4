using System.Text.Json;
using SoonShop.Aggregates;
using SoonShop.Catalog;
using SoonShop.Pricing;

namespace SoonShop.Silo.Seed;

/// <summary>
/// Loads the demo's prices (<c>pricing.json</c>): taxes, shipping, promotions, a price list with its customer group, prices in other
/// currencies. Repeating it changes nothing, and what somebody has changed since stays as it is.
/// </summary>
internal sealed class DemoPricing
{
    private static readonly JsonSerializerOptions Options = MakeOptions();

    private readonly Data data;

    private DemoPricing(Data data) => this.data = data;

    /// <summary>Reads the file.</summary>
    public static async Task<DemoPricing> ReadAsync(string path, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        return new DemoPricing(
            await JsonSerializer.DeserializeAsync<Data>(file, Options, cancellation) ?? throw new JsonException($"{path} is empty."));
    }

    /// <summary>
    /// Stores the rules. Those that the shop has already stay, unless they are still the configuration's. Returns those that do not fit the
    /// shop's other rules, such as a rate of a zone that the configuration does not have, each with the reason.
    /// </summary>
    public async Task<IReadOnlyList<string>> StoreRulesAsync(IGrainFactory grains)
    {
        var left = new List<string>();
        var rules = grains.GetGrain<IPricingRulesGrain>(0);
        foreach (var rule in data.Rules)
        {
            var known = await rules.FindAsync(rule.Kind, rule.Id);
            if (!known.IsError && known.Value is not { Version: 0, ArchivedAt: null })
                continue;
            var stored = known.IsError ? await rules.CreateAsync(rule) : await rules.PutAsync(rule, 0);
            if (stored.IsError)
                left.Add($"{rule.Kind} {rule.Id}: {stored.Error.Detail} {JsonSerializer.Serialize(stored.Error.Errors)}");
        }
        return left;
    }

    /// <summary>
    /// Returns the content of a demo product with weight, size class, tax category, and prices beside the one in the shop's currency.
    /// </summary>
    public ProductContent Complete(ProductContent content) => content with
    {
        WeightGrams = data.Weights.Where(w => IsIn(content.Category, w.Key)).MaxBy(w => w.Key.Length).Value,
        SizeClass = data.BulkyCategories.Any(c => IsIn(content.Category, c)) ? "bulky" : null,
        TaxCategory = data.ReducedTaxCategories.Any(c => IsIn(content.Category, c)) ? TaxCategory.Reduced : TaxCategory.Standard,
        Prices = PricesOf(content.Price),
    };

    private ImmutableArray<ProductPrice> PricesOf(Money price) =>
    [
        .. data.Currencies.Where(c => c.Currency != price.Currency).Select(c =>
            new ProductPrice(c.Currency, c.Of(price.Amount)) { MinQuantity = 1 }),
        new ProductPrice(price.Currency, data.Wholesale.Of(price.Amount))
        { ListId = data.Wholesale.ListId, MinQuantity = data.Wholesale.MinQuantity },
    ];

    private static JsonSerializerOptions MakeOptions()
    {
        var options = new JsonSerializerOptions(StateJson.Options) { ReadCommentHandling = JsonCommentHandling.Skip };
        options.Converters.Insert(0, new PromotionStagesConverter());
        return options;
    }

    private static bool IsIn(string category, string parent) =>
        parent.Length == 0 || category == parent || category.StartsWith(parent + "/", StringComparison.Ordinal);

    private sealed record Data(
        TaxSettings TaxSettings, ImmutableArray<Zone> TaxZones, ImmutableArray<TaxRate> TaxRates, ImmutableArray<Zone> ShippingZones,
        ImmutableArray<ShippingMethod> ShippingMethods, ImmutableArray<CustomerGroup> CustomerGroups, ImmutableArray<PriceList> PriceLists,
        ImmutableArray<Promotion> Promotions, ImmutableArray<Factor> Currencies, Factor Wholesale,
        ImmutableArray<string> ReducedTaxCategories, Dictionary<string, int> Weights, ImmutableArray<string> BulkyCategories)
    {
        public IEnumerable<PricingRule> Rules =>
        [
            .. CustomerGroups.Select(PricingRule.Of),
            .. TaxZones.Select(PricingRule.OfTaxZone), .. TaxRates.Select(PricingRule.Of), PricingRule.Of(TaxSettings),
            .. ShippingZones.Select(PricingRule.OfShippingZone), .. ShippingMethods.Select(m => PricingRule.Of(m)),
            .. PriceLists.Select(PricingRule.Of), .. Promotions.Select(PricingRule.Of),
        ];
    }

    private sealed record Factor(string Currency, string ListId, int MinQuantity, long FactorPpm, long Step)
    {
        /// <summary>Returns the price that follows from one in the shop's currency, in minor units.</summary>
        public long Of(long amount)
        {
            var exact = amount * FactorPpm;
            var step = Step * PricingLimits.WholePpm;
            return (exact + step - 1) / step * Step;
        }
    }
}
