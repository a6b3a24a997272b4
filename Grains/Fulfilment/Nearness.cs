using SoonShop.Pricing;

namespace SoonShop.Fulfilment;

/// <summary>Tells how near a location is to a destination, by the most specific of its areas that contains the destination.</summary>
internal static class Nearness
{
    private const int Country = 1;
    private const int Region = 2;
    private const int Character = 4;

    /// <summary>
    /// Returns 0 for a destination in no area, and more the more specific the area is: the rest of the world or a country, a region, and
    /// then by the length of the postal code's prefix.
    /// </summary>
    public static int Of(ImmutableArray<ZoneArea> areas, Destination destination) =>
        areas.Length == 0 ? 0 : areas.Max(area => Of(area, destination));

    private static int Of(ZoneArea area, Destination destination)
    {
        if (area.Country is null)
            return Country;
        if (area.Country != destination.Country)
            return 0;
        var rank = Country + 1;
        if (area.Region is { } region)
        {
            if (!string.Equals(region.Trim(), destination.Region?.Trim(), StringComparison.OrdinalIgnoreCase))
                return 0;
            rank += Region;
        }
        if (area.PostalCodePrefix is { } text)
        {
            var prefix = Normalize(text);
            if (destination.PostalCode is not { } code || !Normalize(code).StartsWith(prefix, StringComparison.Ordinal))
                return 0;
            rank += Character * prefix.Length;
        }
        return rank;
    }

    private static string Normalize(string postalCode)
    {
        Span<char> buffer = stackalloc char[ZoneIndex.MaxPostalCodeLength];
        return buffer[..ZoneIndex.Normalize(postalCode, buffer)].ToString();
    }
}
