using System.Globalization;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Versions as ETags (RFC 9110, sections 8.8.3 and 13.1.1).</summary>
internal static class ETags
{
    /// <summary>A version that no resource has: an unknown tag matches nothing.</summary>
    private const int NoVersion = -1;

    /// <summary>Returns the strong ETag of a version.</summary>
    /// <param name="version">The version, which <c>If-Match</c> compares.</param>
    /// <param name="rest">What the response depends on besides the version; it follows the version after a hyphen.</param>
    public static string Of(int version, string? rest = null) =>
        rest is null
            ? string.Create(CultureInfo.InvariantCulture, $"\"{version}\"")
            : string.Create(CultureInfo.InvariantCulture, $"\"{version}-{rest}\"");

    /// <summary>Returns the strong ETag of a tag that is not a number.</summary>
    public static string Of(string tag) => $"\"{tag}\"";

    /// <summary>
    /// Returns the tag in <c>If-Match</c>. Null when any tag is allowed. Empty, which matches nothing, when it is not a strong ETag.
    /// </summary>
    public static string? IfMatchTag(HttpContext context) => context.Request.Headers.IfMatch.ToString().Trim() switch
    {
        "" or "*" => null,
        ['"', .. var tag, '"'] when !tag.Contains('"') => tag,
        _ => "",
    };

    /// <summary>
    /// Returns the version in <c>If-Match</c>; null when any version is allowed. The part after the version does not matter for edits.
    /// </summary>
    public static int? IfMatch(HttpContext context)
    {
        var header = context.Request.Headers.IfMatch.ToString().Trim();
        if (header is "" or "*")
            return null;
        if (header.Length <= 2 || header[0] != '"' || header[^1] != '"')
            return NoVersion;
        var tag = header.AsSpan(1, header.Length - 2);
        var hyphen = tag.IndexOf('-');
        return int.TryParse(hyphen < 0 ? tag : tag[..hyphen], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? version
            : NoVersion;
    }
}
