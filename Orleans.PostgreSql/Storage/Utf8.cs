using System.Text;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>Text as PostgreSQL receives it.</summary>
internal static class Utf8
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text's length in bytes. Throws when it is not valid Unicode.</summary>
    public static int BytesOf(string? text) => text is null ? 0 : Strict.GetByteCount(text);
}
