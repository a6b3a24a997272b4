using System.Collections.Frozen;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SoonShop.Addresses;

/// <summary>
/// Which parts the addresses of a country have, and in which form, from <c>address-table.json</c>. It names its sources and their dates;
/// <c>make-table.py</c> makes it anew from them.
/// </summary>
public sealed class AddressFormat
{
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture;

    /// <summary>No postal code is longer.</summary>
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
        // Linear in the text whatever the pattern, so it needs no time limit.
        if (entry.PostalCode is { } pattern)
            postalCode = new(() => new Regex($@"\A(?:{pattern})\z", Linear));
        var groups = entry.Regions ?? [];
        var names = new Dictionary<string, string>();
        // How a region is written goes before what others call it.
        foreach (var (name, group) in groups.Select(g => (g[0], g)).Concat(groups.SelectMany(g => g.Skip(1).Select(name => (name, g)))))
            names.TryAdd(PostalText.Fold(name), group[0]);
        regions = names.ToFrozenDictionary();
        Regions = [.. groups.Select(g => g[0])];
        // Where the post sorts by codes, what it does not know is lost. Names are written in many ways; those are left to the carrier.
        var areCodes = groups.Length > 0 && groups.All(g => g[0].Length <= 3 && g[0].All(char.IsAsciiLetterUpper));
        needsKnownRegion = RequiresRegion && RequiresPostalCode && areCodes;
    }

    /// <summary>The countries of ISO 3166-1.</summary>
    public static IReadOnlyCollection<string> All => Countries.Keys;

    /// <summary>ISO 3166-1 alpha-2.</summary>
    public string Country { get; }

    /// <summary>True where an address must name a town.</summary>
    public bool RequiresCity => required.Contains(City);

    /// <summary>True where an address must name a state, province or the like.</summary>
    public bool RequiresRegion => required.Contains(RegionPart);

    /// <summary>True where an address must have a postal code.</summary>
    public bool RequiresPostalCode => required.Contains(PostalCodePart);

    /// <summary>Postal codes that are, as the country writes them.</summary>
    public ImmutableArray<string> PostalCodeExamples { get; }

    /// <summary>The known regions, as they are written in addresses; empty where the table has no list.</summary>
    public ImmutableArray<string> Regions { get; }

    /// <summary>The format of a country; null for what is no code of ISO 3166-1.</summary>
    public static AddressFormat? Of(string country) => Countries.GetValueOrDefault(country);

    /// <summary>
    /// A postal code as the country writes it: upper case, ASCII digits, its own separators, without the country's prefix. Null for what is
    /// none.
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
    /// A region as it is written in addresses: <c>California</c> is <c>CA</c>. Null for what is none where only known ones will do.
    /// </summary>
    public string? RegionOf(string text) => KnownRegion(text) ?? (needsKnownRegion ? null : PostalText.Tidy(text));

    /// <summary>A region of the table, by any of its names; null for none.</summary>
    public string? KnownRegion(string text) => regions.GetValueOrDefault(PostalText.Fold(text));

    /// <summary>With a separator where the country puts one, or without.</summary>
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

    /// <summary>What follows <c>D-</c>, <c>CH</c>, <c>FL-</c>; null where nothing of the kind stands before it.</summary>
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

    /// <summary>The file.</summary>
    private sealed record Table(Dictionary<string, Entry> Countries);

    /// <summary>A country in the file.</summary>
    /// <param name="Required">Letters of the required parts: <c>A</c> street, <c>C</c> town, <c>S</c> region, <c>Z</c> postal code.</param>
    /// <param name="PostalCode">A regular expression for all of a postal code.</param>
    /// <param name="Examples">Postal codes.</param>
    /// <param name="Prefix">What stands before postal codes on mail from abroad.</param>
    /// <param name="Regions">Names of one region each, first the one to write.</param>
    private sealed record Entry(string Required, string? PostalCode, ImmutableArray<string>? Examples, string? Prefix, string[][]? Regions);
}
