using System.Diagnostics.CodeAnalysis;

namespace SoonShop;

/// <summary>
/// The rules for stock keeping units: 1–64 of <c>A–Z 0–9 . _ -</c>, the first a letter or digit.
/// Written in any case, kept in upper case.
/// </summary>
public static class Sku
{
    /// <summary>The longest SKU, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>Brings what a client wrote into the kept form. False when it cannot be a SKU.</summary>
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

    /// <summary>
    /// The grain key of a SKU. The prefix keeps keys apart that Orleans' ADO.NET provider would take for numbers:
    /// it reads "020235" and "20235" as the same hexadecimal key.
    /// </summary>
    public static string GrainKey(string sku) => GrainKeyPrefix + sku;

    /// <summary>The SKU in a grain key made by <see cref="GrainKey"/>.</summary>
    public static string OfGrainKey(string key) => key[GrainKeyPrefix.Length..];

    private const string GrainKeyPrefix = "sku/";
}
