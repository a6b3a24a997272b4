using System.Globalization;

namespace SoonShop.Silo.Notifications;

/// <summary>
/// Formats amounts and times for people. The shop runs without ICU and its cultures, so the rules for the templates' languages are in this
/// class.
/// </summary>
internal static class MoneyText
{
    /// <summary>Unambiguous symbols, from the Unicode CLDR for English and Chinese.</summary>
    private static readonly Dictionary<string, (string English, string Chinese)> Symbols = new()
    {
        ["USD"] = ("$", "US$"),
        ["EUR"] = ("€", "€"),
        ["GBP"] = ("£", "£"),
        ["JPY"] = ("¥", "JP¥"),
        ["CNY"] = ("CN¥", "¥"),
        ["HKD"] = ("HK$", "HK$"),
        ["TWD"] = ("NT$", "NT$"),
        ["KRW"] = ("₩", "￦"),
        ["INR"] = ("₹", "₹"),
        ["AUD"] = ("A$", "AU$"),
        ["CAD"] = ("CA$", "CA$"),
        ["NZD"] = ("NZ$", "NZ$"),
        ["VND"] = ("₫", "₫"),
        ["ILS"] = ("₪", "₪"),
        ["BRL"] = ("R$", "R$"),
        ["MXN"] = ("MX$", "MX$"),
    };

    /// <summary>Number formats by the number of decimals.</summary>
    private static readonly string[] Formats = ["N0", "N1", "N2", "N3", "N4"];

    /// <summary>The length of the longest number with its separators, in characters.</summary>
    private const int MaxLength = 64;

    /// <summary>
    /// Formats an amount, such as <c>$1,999.00</c> or <c>JP¥500</c>. Without a symbol, the currency code precedes the number.
    /// </summary>
    public static string Of(Money money, string language)
    {
        var decimals = Currencies.Decimals(money.Currency);
        var digits = Math.Abs((decimal)money.Amount);
        for (var i = 0; i < decimals; i++)
            digits /= 10;
        Span<char> buffer = stackalloc char[MaxLength];
        if (!digits.TryFormat(buffer, out var length, Formats[decimals], CultureInfo.InvariantCulture))
            throw new FormatException($"{money.Amount} has too many digits.");
        ReadOnlySpan<char> number = buffer[..length];
        var sign = money.Amount < 0 ? "-" : "";
        return Symbols.TryGetValue(money.Currency, out var symbol)
            ? string.Concat(sign, language == "zh" ? symbol.Chinese : symbol.English, number)
            // The no-break space keeps the amount on one line.
            : string.Concat(sign, money.Currency, "\u00A0", number);
    }

    /// <summary>Formats a time, such as <c>3 March 2026, 09:30 UTC</c>.</summary>
    public static string Of(DateTimeOffset time, string language) => language == "zh"
        ? time.UtcDateTime.ToString("yyyy年M月d日 HH:mm 'UTC'", CultureInfo.InvariantCulture)
        : time.UtcDateTime.ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
