using System.Globalization;

namespace SoonShop.Imports;

/// <summary>Numbers and times in cells.</summary>
public static class CsvNumber
{
    private static readonly string[] TimeFormats =
    [
        "yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss",
    ];

    /// <summary>
    /// Reads an amount in major units, such as <c>19.99</c>, to minor units of its currency, without rounding. A decimal comma is accepted
    /// where it cannot be the separator of cells: in files with semicolons. More decimals than the currency has are wrong.
    /// </summary>
    /// <returns>What is wrong; null when the amount was read.</returns>
    public static ErrorText? ReadAmount(string text, string currency, char separator, out long minor)
    {
        minor = 0;
        var decimals = Currencies.Decimals(currency);
        var point = separator == ';' ? text.IndexOfAny(['.', ',']) : text.IndexOf('.', StringComparison.Ordinal);
        var (whole, fraction) = point < 0 ? (text, "") : (text[..point], text[(point + 1)..]);
        if (!IsDigits(whole) || (point >= 0 && !IsDigits(fraction)))
            return ErrorText.Of("import.amount", $"must be an amount such as {Currencies.Format(1999, currency)}");
        // 1.000 may mean a thousand. Only amounts of currencies without decimals are often written with two zeros.
        var digits = decimals == 0 && fraction is "0" or "00" ? "" : fraction;
        if (digits.Length > decimals)
            return ErrorText.Of("import.decimals", $"has too many decimals: {currency} has {decimals}");
        // At most 15 + 4 digits may not fit.
        return long.TryParse(whole + digits.PadRight(decimals, '0'), NumberStyles.None, CultureInfo.InvariantCulture, out minor)
            && minor <= Money.MaxAmount ? null : ErrorText.Of("import.amount-large", "is too large");
    }

    private static bool IsDigits(string text) => text.Length is >= 1 and <= 15 && text.All(char.IsAsciiDigit);

    /// <summary>Reads a whole number, such as <c>-5</c>.</summary>
    /// <returns>What is wrong; null when it was read.</returns>
    public static ErrorText? ReadWhole(string text, int min, int max, out int number) =>
        int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number) && number >= min && number <= max
            ? null
            : ErrorText.Of("import.whole", $"must be a whole number, {min}–{max}");

    /// <summary>Reads a time (RFC 3339), or a date as its first moment; UTC without an offset.</summary>
    /// <returns>What is wrong; null when it was read.</returns>
    public static ErrorText? ReadTime(string text, out DateTimeOffset time) =>
        DateTimeOffset.TryParseExact(
            text, TimeFormats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time)
            ? null
            : ErrorText.Of("import.time", "must be a time such as 2026-03-01T09:30:00Z, or a date such as 2026-03-01");
}
