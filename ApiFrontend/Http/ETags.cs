using System.Globalization;

namespace SoonShop.ApiFrontend.Http;

/// <summary>Versions as ETags (RFC 9110, sections 8.8.3 and 13.1.1).</summary>
internal static class ETags
{
    /// <summary>A version that nothing has: a tag that is not ours matches nothing.</summary>
    private const int NoVersion = -1;

    /// <summary>The strong ETag of a version.</summary>
    public static string Of(int version) => $"\"{version.ToString(CultureInfo.InvariantCulture)}\"";

    /// <summary>The version that <c>If-Match</c> asks for; null when any will do.</summary>
    public static int? IfMatch(HttpContext context)
    {
        var header = context.Request.Headers.IfMatch.ToString().Trim();
        return header is "" or "*" ? null
            : header.Length > 2 && header[0] == '"' && header[^1] == '"'
                && int.TryParse(header.AsSpan(1, header.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version
            : NoVersion;
    }
}
