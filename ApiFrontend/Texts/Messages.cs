using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Net.Http.Headers;

namespace SoonShop.ApiFrontend.Texts;

/// <summary>
/// The texts of problems in one language, from <c>Texts/*.json</c>. Grains, validation rules and the framework report errors with the
/// English texts. This class finds the text and its arguments again and translates it to the client's preferred language. Unknown texts
/// stay English.
/// </summary>
internal sealed class Messages
{
    /// <summary>The most language ranges of a request that are considered.</summary>
    private const int MaxRanges = 20;

    /// <summary>How deep the arguments of a text are translated.</summary>
    private const int MaxDepth = 2;

    private static readonly TimeSpan MatchLimit = TimeSpan.FromMilliseconds(50);

    private readonly Dictionary<string, string> texts;

    private Messages(string language)
    {
        Language = language;
        using var file = typeof(Messages).Assembly.GetManifestResourceStream($"SoonShop.ApiFrontend.Texts.{language}.json")!;
        texts = JsonSerializer.Deserialize<Dictionary<string, string>>(file)!;
    }

    public static Messages English { get; } = new("en");

    public static Messages Chinese { get; } = new("zh");

    /// <summary>All languages.</summary>
    public static readonly ImmutableArray<Messages> All = [English, Chinese];

    /// <summary>The English texts without placeholders, with their keys.</summary>
    private static readonly Dictionary<string, string> Whole = English.texts
        .Where(t => !t.Value.Contains("{0}", StringComparison.Ordinal)).DistinctBy(t => t.Value).ToDictionary(t => t.Value, t => t.Key, StringComparer.Ordinal);

    /// <summary>The English texts with placeholders; longer texts, which are more specific, come first.</summary>
    private static readonly (string Key, Regex Pattern)[] Patterns =
    [
        .. English.texts.Where(t => t.Value.Contains("{0}", StringComparison.Ordinal)).OrderByDescending(t => t.Value.Length).Select(t => (t.Key, PatternOf(t.Value))),
    ];

    /// <summary>The language, as in <c>Content-Language</c>.</summary>
    public string Language { get; }

    /// <summary>The keys of all texts.</summary>
    public IReadOnlyCollection<string> Keys => texts.Keys;

    /// <summary>Returns a text as in the file.</summary>
    public string Text(string key) => texts[key];

    /// <summary>Returns the text with a key; null when there is none.</summary>
    public string? Find(string key) => texts.GetValueOrDefault(key);

    /// <summary>Translates an English text to this language.</summary>
    public string Say(string english) => this == English ? english : Say(english, MaxDepth) ?? english;

    /// <summary>Returns the client's preferred language (RFC 9110, section 12.5.4): English, unless Chinese has a higher weight.</summary>
    public static Messages For(HttpRequest request)
    {
        if (request.Headers.AcceptLanguage.Count == 0
            || !StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptLanguage, out var ranges))
            return English;
        foreach (var range in ranges.Take(MaxRanges).Where(r => r.Quality is not 0).OrderByDescending(r => r.Quality ?? 1))
        {
            var primary = range.Value.Value!.Split('-')[0];
            foreach (var catalog in All)
            {
                if (primary.Equals(catalog.Language, StringComparison.OrdinalIgnoreCase))
                    return catalog;
            }
            if (primary == "*")
                return English;
        }
        return English;
    }

    private string? Say(string english, int depth)
    {
        if (depth == 0)
            return null;
        if (Whole.TryGetValue(english, out var key))
            return texts[key];
        foreach (var (candidate, pattern) in Patterns)
        {
            if (Match(pattern, english) is { } match)
                return string.Format(CultureInfo.InvariantCulture, texts[candidate], [.. Places(match).Select(p => (object)(Say(p, depth - 1) ?? p))]);
        }
        return null;
    }

    private static Match? Match(Regex pattern, string text)
    {
        try
        {
            return pattern.Match(text) is { Success: true } match ? match : null;
        }
        catch (RegexMatchTimeoutException)
        {
            return null;
        }
    }

    private static IEnumerable<string> Places(Match match) => Enumerable.Range(0, 10)
        .Select(i => match.Groups[$"p{i}"]).TakeWhile(g => g.Success).Select(g => g.Value);

    /// <summary>Converts <c>The field {0} must be between {1} and {2}.</c> to a pattern with a group for each placeholder.</summary>
    private static Regex PatternOf(string template)
    {
        var pattern = Regex.Replace(Regex.Escape(template), @"\\\{(\d)}", "(?<p$1>.+?)");
        return new Regex($@"\A{pattern}\z", RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, MatchLimit);
    }
}
