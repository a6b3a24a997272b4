namespace SoonShop.Pricing;

/// <summary>What a shipping method must look like.</summary>
internal static class ShippingValidation
{
    /// <summary>The most days, and the greatest weight of an order in grams.</summary>
    private const long MaxDays = 365, MaxWeightGrams = 1_000_000_000_000;

    /// <summary>The place of the tracking number in a template. No constant, so that it is an argument of the text.</summary>
    private static readonly string NumberPlace = "{number}";

    private static readonly ErrorText NotUsed = ErrorText.Of("field.not-for-price", "is not used by this kind of price");

    /// <summary>Adds what is wrong with a method.</summary>
    public static void Check(ShippingMethod method, RuleProblems problems)
    {
        problems.Id(method.Id);
        problems.Name(method.Name);
        problems.Require(Enum.IsDefined(method.Kind), "kind", ErrorText.Of("field.missing", "is required"));
        problems.Require(method.Carrier is null || (method.Carrier.Length is >= 1 and <= 100 && Text.IsLine(method.Carrier)), "carrier",
            ErrorText.Of("field.line-100", "must be 1–100 characters on one line"));
        problems.Range(method.MinDays, 0, MaxDays, "minDays");
        problems.Range(method.MaxDays, Math.Max(0, method.MinDays), MaxDays, "maxDays");
        problems.Require(method.TrackingUrlTemplate is null || IsTemplate(method.TrackingUrlTemplate), "trackingUrlTemplate",
            ErrorText.Of("field.tracking-url", $"must be an absolute http or https URL that contains {NumberPlace}"));
        problems.TaxCategoryOf(method.TaxCategory, "taxCategory");
        problems.Range(method.MinWeightGrams, 0, MaxWeightGrams, "minWeightGrams");
        problems.Range(method.MaxWeightGrams, Math.Max(0, method.MinWeightGrams ?? 0), MaxWeightGrams, "maxWeightGrams");
        problems.Each(
            method.SizeClasses, "sizeClasses", RuleProblems.IsShortSlug, ErrorText.Of("field.slug", "must be a slug of a–z, 0–9 and -"),
            PricingLimits.MaxRules);
        problems.CustomerGroups(method.CustomerGroups, "customerGroups");
        if (!problems.Count(method.Prices, PricingLimits.MaxEntries, "prices"))
            return;
        var seen = new HashSet<(string, string)>();
        for (var i = 0; i < method.Prices.Length; i++)
        {
            var price = method.Prices[i];
            problems.In("prices", i, () =>
            {
                CheckPrice(price, problems);
                problems.Require(seen.Add((price.ZoneId, price.Currency)), "zoneId",
                    ErrorText.Of("field.price-twice", "has a price in this currency already"));
            });
        }
    }

    private static void CheckPrice(ShippingPrice price, RuleProblems problems)
    {
        problems.Id(price.ZoneId, "zoneId");
        problems.Currency(price.Currency, "currency");
        problems.Require(Enum.IsDefined(price.Kind), "kind", ErrorText.Of("field.missing", "is required"));
        problems.Range(price.Amount, 0, PricingLimits.MaxPrice, "amount");
        problems.Range(price.AmountPerItem, 0, PricingLimits.MaxPrice, "amountPerItem");
        problems.Range(price.FreeFrom, 0, PricingLimits.MaxThreshold, "freeFrom");
        var hasTiers = price.Kind is ShippingPriceKind.ByWeight or ShippingPriceKind.ByValue;
        problems.Require(!hasTiers || price.Amount == 0, "amount", NotUsed);
        problems.Require(price.Kind == ShippingPriceKind.PerItem || price.AmountPerItem == 0, "amountPerItem", NotUsed);
        if (!problems.Count(price.Tiers, PricingLimits.MaxRules, "tiers"))
            return;
        problems.Require(hasTiers != price.Tiers.IsEmpty, "tiers", hasTiers ? ErrorText.Of("field.missing", "is required") : NotUsed);
        for (var i = 0; i < price.Tiers.Length; i++)
        {
            problems.Range(price.Tiers[i].From, 0, PricingLimits.MaxThreshold, $"tiers[{i}].from");
            problems.Range(price.Tiers[i].Amount, 0, PricingLimits.MaxPrice, $"tiers[{i}].amount");
            problems.Require(i == 0 || price.Tiers[i - 1].From < price.Tiers[i].From, $"tiers[{i}].from",
                ErrorText.Of("field.tiers-rise", "must be more than that of the tier before"));
        }
    }

    private static bool IsTemplate(string template)
    {
        var example = template.Replace(NumberPlace, "1", StringComparison.Ordinal);
        return template.Length <= 2000 && example != template && Text.IsLine(template)
            && Uri.TryCreate(example, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https";
    }
}
