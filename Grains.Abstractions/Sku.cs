using System.Diagnostics.CodeAnalysis;

namespace SoonShop;

/// <summary>
/// The rules for stock keeping units: 1–64 of <c>A–Z 0–9 . _ -</c>, beginning with a letter or digit. Accepted in any case, stored in upper
/// case.
/// </summary>
public static class Sku
{
    /// <summary>The longest SKU, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>Converts a client's text to the stored form. False when it cannot be a SKU.</summary>
    public static bool TryNormalize(string? text, [NotNullWhen(true)] out string? sku)
    {
        sku = null;
        if (text is null || text.Length is 0 or > MaxLength || !char.IsAsciiLetterOrDigit(text[0]))
            return false;
        foreach (var c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or '-'))
                return false;
        sku = text.ToUpperInvariant();
        return true;
    }

    /// <summary>Returns the stored form of a client's text; text that cannot be a SKU is returned unchanged.</summary>
    public static string Normalize(string text) => TryNormalize(text, out var sku) ? sku : text;

    /// <summary>
    /// Returns the grain key of a SKU. The prefix keeps Orleans' ADO.NET provider from parsing the key as a number: it would treat "020235"
    /// and "20235" as the same hexadecimal key.
    /// </summary>
    public static string GrainKey(string sku) => GrainKeyPrefix + sku;

    /// <summary>Returns the SKU in a grain key made by <see cref="GrainKey"/>.</summary>
    public static string OfGrainKey(string key) => key[GrainKeyPrefix.Length..];

    private const string GrainKeyPrefix = "sku/";
}
