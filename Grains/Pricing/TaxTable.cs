namespace SoonShop.Pricing;

/// <summary>The tax rates by zone and category, in the order in which they are charged.</summary>
internal sealed class TaxTable
{
    private readonly ZoneIndex zones;
    private readonly Dictionary<(string ZoneId, string Category), Rates> rates;

    public TaxTable(PricingRules rules)
    {
        zones = new ZoneIndex(rules.TaxZones);
        rates = rules.TaxRates
            .OrderBy(r => r.IsCompound).ThenBy(r => r.Position).ThenBy(r => r.Id, StringComparer.Ordinal)
            .GroupBy(r => (r.ZoneId, r.Category))
            .ToDictionary(g => g.Key, g => new Rates([.. g]));
    }

    /// <summary>Returns the tax zone of a destination; null when the shop does not sell there.</summary>
    public Zone? ZoneOf(Destination destination) => zones.Find(destination);

    /// <summary>
    /// Returns the rates of a category that are in force: its own, or those of the standard category. Equal results are the same array.
    /// Null when the zone has no rate for it.
    /// </summary>
    public TaxRate[]? RatesOf(Zone zone, string category, DateTimeOffset at)
    {
        if (InForce(zone, category, at) is { Length: > 0 } own)
            return own;
        if (TaxCategory.NeedsNoRate(category))
            return [];
        return InForce(zone, TaxCategory.Standard, at) is { Length: > 0 } standard ? standard : null;
    }

    private TaxRate[]? InForce(Zone zone, string category, DateTimeOffset at) =>
        rates.TryGetValue((zone.Id, category), out var found) ? found.At(at) : null;

    /// <summary>The rates of one category in one zone.</summary>
    private sealed class Rates
    {
        private readonly (DateTimeOffset From, TaxRate[] Rates)[] periods;

        public Rates(TaxRate[] all)
        {
            // Between two changes the rates in force are always the same, so they are found once.
            var changes = all.SelectMany(r => new[] { r.From, r.To }).OfType<DateTimeOffset>().Append(DateTimeOffset.MinValue);
            periods = [.. changes.Distinct().Order().Select(from => (from, all.Where(r => Period.Contains(r.From, r.To, from)).ToArray()))];
        }

        public TaxRate[] At(DateTimeOffset at)
        {
            var last = periods.Length - 1;
            while (last > 0 && periods[last].From > at)
                last--;
            return periods[last].Rates;
        }
    }
}
