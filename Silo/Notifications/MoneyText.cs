using System.Globalization;

namespace SoonShop.Silo.Notifications;

/// <summary>
/// Amounts and times as people read them. Written out here because the shop runs without ICU, whose cultures would know: the rules
/// for the languages there are templates for are few.
/// </summary>
internal static class MoneyText
{
    /// <summary>Currencies whose minor unit is not a hundredth (ISO 4217, table A.1).</summary>
    private static readonly Dictionary<string, int> Decimals = new()
    {
        ["BIF"] = 0,
        ["CLP"] = 0,
        ["DJF"] = 0,
        ["GNF"] = 0,
        ["ISK"] = 0,
        ["JPY"] = 0,
        ["KMF"] = 0,
        ["KRW"] = 0,
        ["PYG"] = 0,
        ["RWF"] = 0,
        ["UGX"] = 0,
        ["UYI"] = 0,
        ["VND"] = 0,
        ["VUV"] = 0,
        ["XAF"] = 0,
        ["XOF"] = 0,
        ["XPF"] = 0,
        ["BHD"] = 3,
        ["IQD"] = 3,
        ["JOD"] = 3,
        ["KWD"] = 3,
        ["LYD"] = 3,
        ["OMR"] = 3,
        ["TND"] = 3,
        ["CLF"] = 4,
        ["UYW"] = 4,
    };

    /// <summary>Symbols that leave no doubt, as the Unicode CLDR has them for English and Chinese.</summary>
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

    /// <summary>By the number of decimals.</summary>
    private static readonly string[] Formats = ["N0", "N1", "N2", "N3", "N4"];

    /// <summary>Characters of the longest number, with its separators.</summary>
    private const int MaxLength = 64;

    /// <summary>Such as <c>$1,999.00</c> or <c>JP¥500</c>; a currency without a symbol here stands before the number.</summary>
    public static string Of(Money money, string language)
    {
        var decimals = Decimals.GetValueOrDefault(money.Currency, 2);
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
            // A no-break space: the amount stays on one line.
            : string.Concat(sign, money.Currency, "\u00A0", number);
    }

    /// <summary>Such as <c>3 March 2026, 09:30 UTC</c>.</summary>
    public static string Of(DateTimeOffset time, string language) => language == "zh"
        ? time.UtcDateTime.ToString("yyyy年M月d日 HH:mm 'UTC'", CultureInfo.InvariantCulture)
        : time.UtcDateTime.ToString("d MMMM yyyy, HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
