using Microsoft.Net.Http.Headers;

namespace SoonShop.ApiFrontend.Localization;

/// <summary>The languages that a client prefers, for texts of the shop's data.</summary>
internal static class LanguageRanges
{
    /// <summary>The most language ranges of a request that are considered.</summary>
    private const int MaxRanges = 20;

    /// <summary>
    /// Returns the tags of <c>Accept-Language</c> by weight, each followed by its more general tags, as RFC 4647, section 3.4 looks them
    /// up: <c>de-AT</c>, <c>de</c>. A range of everything ends the list, because then the shop's own language is as good.
    /// </summary>
    public static ImmutableArray<string> Of(HttpRequest request)
    {
        if (request.Headers.AcceptLanguage.Count == 0
            || !StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptLanguage, out var ranges))
            return [];
        var tags = ImmutableArray.CreateBuilder<string>();
        foreach (var range in ranges.Take(MaxRanges).Where(r => r.Quality is not 0).OrderByDescending(r => r.Quality ?? 1))
        {
            var tag = range.Value.Value!;
            if (tag == "*")
                break;
            for (var end = tag.Length; end > 0; end = tag.LastIndexOf('-', end - 1))
                tags.Add(tag[..end]);
        }
        return tags.ToImmutable();
    }
}
