using System.Buffers.Text;
using System.Text.Json;

namespace SoonShop.Silo.Search;

/// <summary>
/// Where a page ended: the sort values and key of its last row, and a digest of the query they belong to. Opaque to
/// clients, but no secret: a forged one can only begin a page elsewhere in the same list.
/// </summary>
internal static class Cursor
{
    /// <summary>The longest name, each character escaped, is some 1,750.</summary>
    private const int MaxLength = 2000;

    public static string Write(string query, params string[] values) =>
        Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes((string[])[Digest(query), .. values]));

    /// <summary>The values of a cursor; false when it is none, or belongs to another query.</summary>
    public static bool TryRead(string cursor, string query, int count, out string[] values)
    {
        values = [];
        if (cursor.Length > MaxLength || !Base64Url.IsValid(cursor))
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

    public static Refusal Bad { get; } = Refusal.Invalid("cursor", "is none that this list gave; begin without one");

    private static string Digest(string query) => Deterministic.Id("cursor", query).ToString("N")[..12];
}
