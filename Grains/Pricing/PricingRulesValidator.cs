using SoonShop.Inventory;

namespace SoonShop.Pricing;

/// <summary>
/// Finds everything that is wrong with rules. Each result has the problems by field, such as <c>action.percentPpm</c>, or
/// <c>promotions[3].action.percentPpm</c> in a snapshot; it is empty for good rules.
/// </summary>
public static class PricingRulesValidator
{
    /// <summary>Checks a snapshot: each rule, and whether the rules fit together.</summary>
    public static IReadOnlyDictionary<string, ErrorText[]> Check(PricingRules rules)
    {
        var problems = new RuleProblems();
        problems.Range(rules.Version, 0, long.MaxValue, "version");
        problems.Require(Enum.IsDefined(rules.TaxRounding), "taxRounding", ErrorText.Of("field.missing", "is required"));
        var isWhole = Each(rules.Promotions, PricingLimits.MaxPromotions, "promotions", problems, PromotionValidation.Check, p => p.Id);
        isWhole &= Each(rules.PriceLists, PricingLimits.MaxRules, "priceLists", problems, CheckList, l => l.Id);
        isWhole &= Each(rules.TaxZones, PricingLimits.MaxRules, "taxZones", problems, TaxValidation.Check, z => z.Id);
        isWhole &= Each(rules.TaxRates, PricingLimits.MaxTaxRates, "taxRates", problems, TaxValidation.Check, r => r.Id);
        isWhole &= Each(rules.ShippingZones, PricingLimits.MaxRules, "shippingZones", problems, TaxValidation.Check, z => z.Id);
        isWhole &= Each(rules.ShippingMethods, PricingLimits.MaxRules, "shippingMethods", problems, ShippingValidation.Check, m => m.Id);
        isWhole &= Each(rules.CustomerGroups, PricingLimits.MaxRules, "customerGroups", problems, CheckGroup, g => g.Id);
        isWhole &= Each(rules.Locations, Location.MaxLocations, "locations", problems, CheckLocation, l => l.Id);
        problems.Each(
            rules.TaxInsideCurrencies, "taxInsideCurrencies", Money.IsCurrency,
            ErrorText.Of("field.currency-code", "must be a currency such as USD"));
        if (isWhole && problems.All.Count == 0)
            CheckReferences(rules, problems);
        return problems.All;
    }

    /// <summary>Checks one promotion.</summary>
    public static IReadOnlyDictionary<string, ErrorText[]> Check(Promotion promotion) => One(promotion, PromotionValidation.Check);

    /// <summary>Checks one price list.</summary>
    public static IReadOnlyDictionary<string, ErrorText[]> Check(PriceList list) => One(list, CheckList);

    /// <summary>Checks one customer group.</summary>
    public static IReadOnlyDictionary<string, ErrorText[]> Check(CustomerGroup group) => One(group, CheckGroup);

    /// <summary>Checks one zone.</summary>
    public static IReadOnlyDictionary<string, ErrorText[]> Check(Zone zone) => One(zone, TaxValidation.Check);

    /// <summary>Checks one tax rate.</summary>
    public static IReadOnlyDictionary<string, ErrorText[]> Check(TaxRate rate) => One(rate, TaxValidation.Check);

    /// <summary>Checks one shipping method.</summary>
    public static IReadOnlyDictionary<string, ErrorText[]> Check(ShippingMethod method) => One(method, ShippingValidation.Check);

    /// <summary>Checks the prices of one product. The fields are those of a list <c>prices</c>.</summary>
    public static IReadOnlyDictionary<string, ErrorText[]> Check(ImmutableArray<ProductPrice> prices)
    {
        var problems = new RuleProblems();
        if (!problems.Count(prices, PricingLimits.MaxPrices, "prices"))
            return problems.All;
        var seen = new HashSet<(string?, string, int, DateTimeOffset?)>();
        for (var i = 0; i < prices.Length; i++)
        {
            var price = prices[i];
            problems.In("prices", i, () =>
            {
                if (price.ListId is not null)
                    problems.Id(price.ListId, "listId");
                problems.Currency(price.Currency, "currency");
                var step = price.Currency is null ? 1 : Currencies.ChargeStep(price.Currency);
                problems.Require(
                    price.Amount is >= 0 and <= PricingLimits.MaxPrice && price.Amount % step == 0, "amount",
                    step > 1 ? ErrorText.Of("field.price-steps", $"must be 0–{PricingLimits.MaxPrice} minor units, in steps of {step}")
                        : ErrorText.Of("field.price", $"must be 0–{PricingLimits.MaxPrice} minor units"));
                problems.Require(
                    price.CompareAt is null
                        || (price is { CompareAt: >= 0 and <= PricingLimits.MaxPrice, ListId: null, MinQuantity: <= 1 }
                            && price.CompareAt % step == 0),
                    "compareAtPrice", ErrorText.Of(
                        "field.compare-at-price",
                        $"must be 0–{PricingLimits.MaxPrice} minor units, and only for a base price of one unit"));
                problems.Range(price.MinQuantity, 0, PricingLimits.MaxLines * PricingLimits.MaxQuantity, "minQuantity");
                problems.PeriodEnds(price.From, price.To);
                problems.Require(seen.Add((price.ListId, price.Currency!, Math.Max(1, price.MinQuantity), price.From)), "minQuantity",
                    ErrorText.Of("field.same-price", "has a price in this list and currency from the same time already"));
            });
        }
        return problems.All;
    }

    private static IReadOnlyDictionary<string, ErrorText[]> One<T>(T rule, Action<T, RuleProblems> check)
    {
        var problems = new RuleProblems();
        check(rule, problems);
        return problems.All;
    }

    private static bool Each<T>(
        ImmutableArray<T> list, int most, string field, RuleProblems problems, Action<T, RuleProblems> check, Func<T, string> id)
    {
        if (!problems.Count(list, most, field))
            return false;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < list.Length; i++)
        {
            var rule = list[i];
            problems.In(field, i, () =>
            {
                check(rule, problems);
                problems.Require(id(rule) is null || seen.Add(id(rule)), "id", ErrorText.Of("field.repeated", "is given more than once"));
            });
        }
        return true;
    }

    private static void CheckList(PriceList list, RuleProblems problems)
    {
        problems.Id(list.Id);
        problems.Name(list.Name);
        problems.Range(list.Priority, -1_000_000, 1_000_000, "priority");
        problems.CustomerGroups(list.CustomerGroups, "customerGroups");
        problems.PeriodEnds(list.From, list.To);
    }

    private static void CheckGroup(CustomerGroup group, RuleProblems problems)
    {
        problems.Id(group.Id);
        problems.Name(group.Name);
        const int Most = CustomerGroup.MaxDescriptionLength;
        problems.Require(
            group.Description is not { } text || (text.Length <= Most && Text.IsClean(text)), "description",
            ErrorText.Of("field.clean-text", $"must be at most {Most} characters without control characters"));
    }

    private static void CheckLocation(Location location, RuleProblems problems)
    {
        problems.Id(location.Id);
        problems.Name(location.Name);
        problems.Range(location.Priority, -1_000_000, 1_000_000, "priority");
        TaxValidation.CheckAreas(location.Areas, problems);
    }

    /// <remarks>Customer groups are not checked: those that were named before groups could be created need not exist.</remarks>
    private static void CheckReferences(PricingRules rules, RuleProblems problems)
    {
        var unknown = ErrorText.Of("field.unknown-rule", "does not exist");
        var taxZones = rules.TaxZones.Select(z => z.Id).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < rules.TaxRates.Length; i++)
            problems.Require(taxZones.Contains(rules.TaxRates[i].ZoneId), $"taxRates[{i}].zoneId", unknown);
        var shippingZones = rules.ShippingZones.Select(z => z.Id).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < rules.ShippingMethods.Length; i++)
        {
            var prices = rules.ShippingMethods[i].Prices;
            for (var p = 0; p < prices.Length; p++)
                problems.Require(shippingZones.Contains(prices[p].ZoneId), $"shippingMethods[{i}].prices[{p}].zoneId", unknown);
        }
        TaxValidation.CheckAreas(rules.TaxZones, "taxZones", problems);
        TaxValidation.CheckAreas(rules.ShippingZones, "shippingZones", problems);
        TaxValidation.CheckCounts(rules.TaxRates, problems);
        var locations = Location.WithDefault(rules.Locations);
        for (var i = 0; i < rules.Locations.Length; i++)
            problems.Require(
                locations.Any(l => l.Enabled), $"locations[{i}].enabled",
                ErrorText.Of("field.last-location", "cannot be false for all locations: one has to sell"));
        var methods = rules.ShippingMethods.Select(m => m.Id).ToHashSet(StringComparer.Ordinal);
        var codes = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < rules.Promotions.Length; i++)
        {
            var promotion = rules.Promotions[i];
            var reduced = promotion.Action.ShippingMethods;
            for (var m = 0; m < reduced.Length; m++)
                problems.Require(methods.Contains(reduced[m]), $"promotions[{i}].action.shippingMethods[{m}]", unknown);
            problems.Require(
                promotion is not { Enabled: true, Code: { } code } || codes.Add(PromotionCode.Normalize(code)), $"promotions[{i}].code",
                ErrorText.Of("field.code-taken", "is the code of another promotion that is switched on"));
        }
    }
}
