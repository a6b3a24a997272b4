using System.Buffers.Text;
using System.Text;

namespace SoonShop.Pricing;

/// <summary>Cursors that hold a place with the list that it is a place of. They are opaque to clients but not secret.</summary>
internal static class ListCursor
{
    /// <summary>The error for a cursor that is not of the list.</summary>
    public static Error Invalid => Error.Invalid("cursor", "field.cursor", "is not a valid cursor; start without one");

    /// <summary>Returns the cursor of a place.</summary>
    public static string Write(string list, string place) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(list + place));

    /// <summary>Returns the place; null for a cursor that is not of the list.</summary>
    public static string? Read(string cursor, string list) =>
        cursor.Length <= PageRequest.MaxCursorLength && Base64Url.IsValid(cursor)
        && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor)) is var text && text.StartsWith(list, StringComparison.Ordinal)
            ? text[list.Length..] : null;
}
