namespace SoonShop.Pricing;

/// <summary>Finds the zone of a destination. See <see cref="Zone"/> for which one it is.</summary>
internal sealed class ZoneIndex
{
    /// <summary>The most characters of a postal code that are compared.</summary>
    public const int MaxPostalCodeLength = 32;

    private readonly Dictionary<string, CountryZones> countries = [];
    private readonly Zone? restOfWorld;

    public ZoneIndex(ImmutableArray<Zone> zones)
    {
        // The first zone of an area keeps it, so ties go to the smaller id.
        foreach (var zone in zones.OrderBy(z => z.Id, StringComparer.Ordinal))
        {
            foreach (var area in zone.Areas)
            {
                if (area.Country is null)
                    restOfWorld ??= zone;
                else if (countries.TryGetValue(area.Country, out var country))
                    country.Add(area, zone);
                else
                    (countries[area.Country] = new CountryZones()).Add(area, zone);
            }
        }
    }

    /// <summary>Returns the zone of a destination; null for none.</summary>
    public Zone? Find(Destination destination) =>
        (countries.TryGetValue(destination.Country, out var country) ? country.Find(destination) : null) ?? restOfWorld;

    /// <summary>Returns a postal code as it is compared: upper case, without spaces and hyphens.</summary>
    public static int Normalize(ReadOnlySpan<char> postalCode, Span<char> normal)
    {
        var length = 0;
        foreach (var c in postalCode)
        {
            if (c is not (' ' or '-') && length < normal.Length)
                normal[length++] = char.ToUpperInvariant(c);
        }
        return length;
    }

    private sealed class CountryZones
    {
        private readonly Dictionary<string, Zone> regions = new(StringComparer.OrdinalIgnoreCase);
        private readonly Dictionary<string, Prefix> prefixes = [];
        private Zone? whole;
        private int longestPrefix;

        public void Add(ZoneArea area, Zone zone)
        {
            if (area.PostalCodePrefix is { } text)
            {
                Span<char> buffer = stackalloc char[MaxPostalCodeLength];
                var prefix = buffer[..Normalize(text, buffer)].ToString();
                longestPrefix = Math.Max(longestPrefix, prefix.Length);
                if (!prefixes.TryGetValue(prefix, out var known))
                    prefixes[prefix] = known = new Prefix();
                if (area.Region is { } region)
                    known.Regions.TryAdd(region.Trim(), zone);
                else
                    known.Anywhere ??= zone;
            }
            else if (area.Region is { } region)
                regions.TryAdd(region.Trim(), zone);
            else
                whole ??= zone;
        }

        public Zone? Find(Destination destination)
        {
            var region = destination.Region?.Trim();
            if (destination.PostalCode is { } postalCode && longestPrefix > 0)
            {
                Span<char> buffer = stackalloc char[MaxPostalCodeLength];
                var known = prefixes.GetAlternateLookup<ReadOnlySpan<char>>();
                for (var length = Math.Min(Normalize(postalCode, buffer), longestPrefix); length > 0; length--)
                {
                    if (!known.TryGetValue(buffer[..length], out var prefix))
                        continue;
                    if (region is not null && prefix.Regions.TryGetValue(region, out var inRegion))
                        return inRegion;
                    if (prefix.Anywhere is { } anywhere)
                        return anywhere;
                }
            }
            return region is not null && regions.TryGetValue(region, out var zone) ? zone : whole;
        }
    }

    private sealed class Prefix
    {
        public Dictionary<string, Zone> Regions { get; } = new(StringComparer.OrdinalIgnoreCase);

        public Zone? Anywhere { get; set; }
    }
}
