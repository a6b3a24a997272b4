using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Localization;
using Microsoft.Net.Http.Headers;

namespace SoonShop.ApiFrontend.Localization;

/// <summary>
/// The texts of one language, by key, from the embedded file <c>Localization/&lt;language&gt;.json</c>. Arguments fill the places
/// <c>{0}</c>, <c>{1}</c>, …. The files are JSON instead of <c>.resx</c>: resource managers choose by culture, and
/// <c>InvariantGlobalization</c> has one only.
/// </summary>
internal sealed class Messages : IStringLocalizer
{
    /// <summary>The most language ranges of a request that are considered.</summary>
    private const int MaxRanges = 20;

    private readonly FrozenDictionary<string, string> texts;

    private Messages(string language)
    {
        Language = language;
        using var file = typeof(Messages).Assembly.GetManifestResourceStream($"SoonShop.ApiFrontend.Localization.{language}.json")!;
        texts = JsonSerializer.Deserialize<Dictionary<string, string>>(file)!.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>English, the language of everything that has no translation.</summary>
    public static Messages English { get; } = new("en");

    /// <summary>All languages.</summary>
    public static readonly ImmutableArray<Messages> All = [English, new("zh")];

    /// <summary>The language, as in <c>Content-Language</c>.</summary>
    public string Language { get; }

    /// <inheritdoc/>
    public LocalizedString this[string name] =>
        texts.TryGetValue(name, out var text) ? new(name, text) : new(name, name, resourceNotFound: true);

    /// <inheritdoc/>
    public LocalizedString this[string name, params object[] arguments]
    {
        get
        {
            if (!texts.TryGetValue(name, out var text))
                return new(name, name, resourceNotFound: true);
            try
            {
                return new(name, string.Format(CultureInfo.InvariantCulture, text, arguments));
            }
            // A silo of another version has fewer arguments than this version's text has places.
            catch (FormatException)
            {
                return new(name, name, resourceNotFound: true);
            }
        }
    }

    /// <inheritdoc/>
    public IEnumerable<LocalizedString> GetAllStrings(bool includeParentCultures) => texts.Select(t => new LocalizedString(t.Key, t.Value));

    /// <summary>
    /// Returns the client's preferred language (RFC 9110, section 12.5.4): English, unless another one has a higher weight.
    /// </summary>
    public static Messages For(HttpRequest request)
    {
        if (request.Headers.AcceptLanguage.Count == 0
            || !StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptLanguage, out var ranges))
            return English;
        foreach (var range in ranges.Take(MaxRanges).Where(r => r.Quality is not 0).OrderByDescending(r => r.Quality ?? 1))
        {
            var primary = range.Value.Value!.Split('-')[0];
            foreach (var messages in All)
            {
                if (primary.Equals(messages.Language, StringComparison.OrdinalIgnoreCase))
                    return messages;
            }
            if (primary == "*")
                return English;
        }
        return English;
    }
}
