namespace SoonShop.Pricing;

/// <summary>What tax rates and zones must look like.</summary>
internal static class TaxValidation
{
    /// <summary>Adds what is wrong with a rate.</summary>
    public static void Check(TaxRate rate, RuleProblems problems)
    {
        problems.Id(rate.Id);
        problems.Name(rate.Name);
        problems.Id(rate.ZoneId, "zoneId");
        problems.TaxCategoryOf(rate.Category, "category");
        problems.Range(rate.Ppm, 0, PricingLimits.WholePpm, "ppm");
        problems.Require(rate.Category is null || !TaxCategory.NeedsNoRate(rate.Category) || rate.Ppm == 0, "ppm",
            ErrorText.Of("field.untaxed", "must be 0 for a category that is not taxed"));
        problems.Range(rate.Position, -1_000_000, 1_000_000, "position");
        problems.PeriodEnds(rate.From, rate.To);
    }

    /// <summary>Adds what is wrong with a zone.</summary>
    public static void Check(Zone zone, RuleProblems problems)
    {
        problems.Id(zone.Id);
        problems.Name(zone.Name);
        CheckAreas(zone.Areas, problems);
        problems.Require(zone.Areas.IsDefault || !zone.Areas.IsEmpty, "areas", ErrorText.Of("field.missing", "is required"));
    }

    /// <summary>Adds what is wrong with the areas of a rule.</summary>
    public static void CheckAreas(ImmutableArray<ZoneArea> areas, RuleProblems problems)
    {
        if (!problems.Count(areas, PricingLimits.MaxEntries, "areas"))
            return;
        for (var i = 0; i < areas.Length; i++)
        {
            var area = areas[i];
            problems.Require(area.Country is null || Country.IsCode(area.Country), $"areas[{i}].country",
                ErrorText.Of("field.no-country", "is not a country of ISO 3166-1; the code of the United Kingdom, for example, is GB"));
            problems.Require(
                area.Region is null || (area.Country is not null && IsRegion(area.Region)), $"areas[{i}].region",
                ErrorText.Of("field.area-region", "must be 1–100 characters, and needs a country"));
            problems.Require(area.PostalCodePrefix is null || (area.Country is not null && IsPrefix(area.PostalCodePrefix)),
                $"areas[{i}].postalCodePrefix", ErrorText.Of("field.area-prefix", "must be 1–20 letters or digits, and needs a country"));
        }
    }

    /// <summary>Adds areas that two zones have.</summary>
    public static void CheckAreas(ImmutableArray<Zone> zones, string field, RuleProblems problems)
    {
        var seen = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < zones.Length; i++)
        {
            for (var a = 0; !zones[i].Areas.IsDefault && a < zones[i].Areas.Length; a++)
            {
                var area = zones[i].Areas[a];
                var key = $"{area.Country}|{area.Region?.Trim().ToUpperInvariant()}|{Normalize(area.PostalCodePrefix ?? "")}";
                if (!seen.TryAdd(key, zones[i].Id))
                    problems.Require(false, $"{field}[{i}].areas[{a}]",
                        ErrorText.Of("field.area-twice", $"is in the zone {seen[key]} already"));
            }
        }
    }

    /// <summary>Adds categories with more rates at one time than a quote can have.</summary>
    public static void CheckCounts(ImmutableArray<TaxRate> rates, RuleProblems problems)
    {
        var numbered = rates.Select((rate, index) => (rate, index)).ToArray();
        foreach (var group in numbered.GroupBy(r => (r.rate.ZoneId, r.rate.Category)))
        {
            // The number in force is greatest where a rate begins.
            foreach (var (rate, index) in group)
            {
                var at = rate.From ?? DateTimeOffset.MinValue;
                var inForce = group.Where(r => Period.Contains(r.rate.From, r.rate.To, at)).ToArray();
                problems.Require(inForce.Length <= PricingLimits.MaxRatesOfCategory, $"taxRates[{index}].category",
                    ErrorText.Of("field.many-rates", $"must have at most {PricingLimits.MaxRatesOfCategory} rates in a zone at one time"));
                problems.Require(inForce.Count(r => r.rate.IsCompound) <= PricingLimits.MaxCompoundRates, $"taxRates[{index}].isCompound",
                    ErrorText.Of("field.compound-rates",
                        $"must be true for at most {PricingLimits.MaxCompoundRates} rates of a category in a zone"));
            }
        }
    }

    private static bool IsRegion(string region) => region.Length <= 100 && !string.IsNullOrWhiteSpace(region) && Text.IsLine(region);

    private static bool IsPrefix(string prefix) => prefix.Length <= 40 && Normalize(prefix) is { Length: >= 1 and <= 20 } normal
        && normal.All(char.IsLetterOrDigit);

    private static string Normalize(string prefix)
    {
        Span<char> buffer = stackalloc char[ZoneIndex.MaxPostalCodeLength];
        return buffer[..ZoneIndex.Normalize(prefix, buffer)].ToString();
    }
}
