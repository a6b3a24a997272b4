using System.Collections.Frozen;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SoonShop.Addresses;

/// <summary>
/// The parts and formats of a country's addresses, from <c>address-table.json</c>. That file names its sources and their dates, and
/// <c>make-table.py</c> regenerates it from them.
/// </summary>
public sealed class AddressFormat
{
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    /// <summary>The longest postal code of any country, in characters.</summary>
    private const int MaxPostalCodeLength = 20;

    private const char City = 'C';
    private const char RegionPart = 'S';
    private const char PostalCodePart = 'Z';

    private static readonly FrozenDictionary<string, AddressFormat> Countries = Load();

    private readonly string required;
    private readonly Lazy<Regex>? postalCode;
    private readonly string? postalCodePrefix;
    private readonly char[] separators;
    private readonly FrozenDictionary<string, string> regions;
    private readonly bool needsKnownRegion;

    private AddressFormat(string country, Entry entry)
    {
        Country = country;
        required = entry.Required;
        PostalCodeExamples = entry.Examples ?? [];
        postalCodePrefix = entry.Prefix is null ? null : PostalText.Compact(PostalText.Plain(entry.Prefix));
        separators = [.. PostalCodeExamples.SelectMany(e => e).Where(PostalText.IsSeparator).Distinct()];
        // The match is linear in the text's length for any pattern, so it needs no time limit.
        if (entry.PostalCode is { } pattern)
            postalCode = new(() => new Regex($@"\A(?:{pattern})\z", Linear));
        var groups = entry.Regions ?? [];
        var names = new Dictionary<string, string>();
        // The official spelling of a region takes precedence over other names.
        foreach (var (name, group) in groups.Select(g => (g[0], g)).Concat(groups.SelectMany(g => g.Skip(1).Select(name => (name, g)))))
            names.TryAdd(PostalText.Fold(name), group[0]);
        regions = names.ToFrozenDictionary();
        Regions = [.. groups.Select(g => g[0])];
        // Where the post sorts by region codes, only known codes can be delivered. Other regions have many spellings, and the carrier
        // interprets them.
        var areCodes = groups.Length > 0 && groups.All(g => g[0].Length <= 3 && g[0].All(char.IsAsciiLetterUpper));
        needsKnownRegion = RequiresRegion && RequiresPostalCode && areCodes;
    }

    /// <summary>The country codes of ISO 3166-1.</summary>
    public static IReadOnlyCollection<string> All => Countries.Keys;

    /// <summary>The country code (ISO 3166-1 alpha-2).</summary>
    public string Country { get; }

    /// <summary>True where an address must have a city.</summary>
    public bool RequiresCity => required.Contains(City);

    /// <summary>True where an address must have a state, province or similar region.</summary>
    public bool RequiresRegion => required.Contains(RegionPart);

    /// <summary>True where an address must have a postal code.</summary>
    public bool RequiresPostalCode => required.Contains(PostalCodePart);

    /// <summary>Examples of postal codes, as the country writes them.</summary>
    public ImmutableArray<string> PostalCodeExamples { get; }

    /// <summary>The known regions as written in addresses; empty where the table has no list.</summary>
    public ImmutableArray<string> Regions { get; }

    /// <summary>Returns the format of a country; null when the text is not a code of ISO 3166-1.</summary>
    public static AddressFormat? Of(string country) => Countries.GetValueOrDefault(country);

    /// <summary>
    /// Returns a postal code as the country writes it: upper case, ASCII digits, the country's separators, without the country's prefix.
    /// Null when the text is not a postal code.
    /// </summary>
    public string? PostalCodeOf(string text)
    {
        var plain = PostalText.Plain(text);
        if (postalCode is null)
            return PostalText.Tidy(text);
        if (plain.Length > MaxPostalCodeLength)
            return null;
        var compact = PostalText.Compact(plain);
        return Written(compact)
            ?? (Fits(plain) ? plain : null)
            ?? (WithoutPrefix(plain, compact) is { } rest ? Written(rest) : null)
            ?? Written(Country + compact);
    }

    /// <summary>
    /// Returns a region as written in addresses: <c>CA</c> for <c>California</c>. Null when the region is unknown and the country requires
    /// a known one.
    /// </summary>
    public string? RegionOf(string text) => KnownRegion(text) ?? (needsKnownRegion ? null : PostalText.Tidy(text));

    /// <summary>Returns the region in the table with any of its names; null for none.</summary>
    public string? KnownRegion(string text) => regions.GetValueOrDefault(PostalText.Fold(text));

    /// <summary>Inserts the country's separators, or none.</summary>
    private string? Written(string compact)
    {
        foreach (var separator in separators)
        {
            for (var i = 1; i < compact.Length; i++)
            {
                var separated = compact.Insert(i, separator.ToString());
                if (Fits(separated))
                    return separated;
            }
        }
        return Fits(compact) ? compact : null;
    }

    /// <summary>Removes a prefix such as <c>D-</c>, <c>CH</c> or <c>FL-</c>; null when there is none.</summary>
    private string? WithoutPrefix(string plain, string compact)
    {
        var letters = compact.TakeWhile(char.IsAsciiLetterUpper).Count();
        if (letters is 0 or > 3 || letters == compact.Length)
            return null;
        var prefix = compact[..letters];
        var isPrefix = prefix == Country || prefix == postalCodePrefix || PostalText.IsSeparator(plain[letters]);
        return isPrefix ? compact[letters..] : null;
    }

    private bool Fits(string text) => postalCode!.Value.IsMatch(text);

    private static FrozenDictionary<string, AddressFormat> Load()
    {
        using var file = typeof(AddressFormat).Assembly.GetManifestResourceStream("SoonShop.Addresses.address-table.json")!;
        var table = JsonSerializer.Deserialize<Table>(file, JsonSerializerOptions.Web)!;
        return table.Countries.ToFrozenDictionary(c => c.Key, c => new AddressFormat(c.Key, c.Value));
    }

    /// <summary>The content of the file.</summary>
    private sealed record Table(Dictionary<string, Entry> Countries);

    /// <summary>A country in the file.</summary>
    /// <param name="Required">Letters of the required parts: <c>A</c> street, <c>C</c> city, <c>S</c> region, <c>Z</c> postal code.</param>
    /// <param name="PostalCode">A regular expression for a whole postal code.</param>
    /// <param name="Examples">Examples of postal codes.</param>
    /// <param name="Prefix">The prefix of postal codes on mail from abroad.</param>
    /// <param name="Regions">The names of each region; the first one is written in addresses.</param>
    private sealed record Entry(string Required, string? PostalCode, ImmutableArray<string>? Examples, string? Prefix, string[][]? Regions);
}
