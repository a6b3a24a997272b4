using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SoonShop;

/// <summary>
/// Encodes where a page ended: the sort values and key of its last row, and a digest of its query. A cursor is opaque to clients but not
/// secret: a forged one can only start a page at another place of the same list.
/// </summary>
public static class Cursor
{
    /// <summary>Escapes only what JSON requires, so that names in any script stay short.</summary>
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Returns the cursor of a place in a query's results.</summary>
    /// <param name="query">The query: another one refuses the cursor.</param>
    /// <param name="values">The sort values and the key of the last row.</param>
    /// <exception cref="InvalidOperationException">The cursor is longer than the longest that is accepted.</exception>
    public static string Write(string query, params string[] values)
    {
        var cursor = Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes((string[])[Digest(query), .. values], Json));
        return cursor.Length <= PageRequest.MaxCursorLength ? cursor
            : throw new InvalidOperationException($"A cursor of {cursor.Length} characters exceeds the longest that is accepted.");
    }

    /// <summary>Reads the values of a cursor; false when it is not valid or belongs to another query.</summary>
    public static bool TryRead(string cursor, string query, int count, out string[] values)
    {
        values = [];
        if (cursor.Length > PageRequest.MaxCursorLength || !Base64Url.IsValid(cursor))
            return false;
        try
        {
            if (JsonSerializer.Deserialize<string?[]>(Base64Url.DecodeFromChars(cursor)) is not { } parts
                || parts.Length != count + 1 || parts[0] != Digest(query) || parts.Any(p => p is null || !Text.IsClean(p)))
                return false;
            values = [.. parts.Skip(1).Select(p => p!)];
            return true;
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return false;
        }
    }

    /// <summary>The error for a cursor that is not valid.</summary>
    public static Error Bad { get; } = Error.Invalid("cursor", "field.cursor", "is not a valid cursor; start without one");

    private static string Digest(string query) => Deterministic.Id("cursor", query).ToString("N")[..12];
}
