using System.Globalization;

namespace SoonShop;

/// <summary>The minor units of currencies (ISO 4217), and what card networks require of amounts beyond that.</summary>
public static class Currencies
{
    /// <summary>
    /// Returns the number of minor units that every charged or refunded amount must be a multiple of. Networks support no fils below ten in
    /// three-decimal currencies, and no fractions of an ariary. 1 for nearly all currencies.
    /// </summary>
    public static int ChargeStep(string currency) => currency switch
    {
        "BHD" or "JOD" or "KWD" or "OMR" or "TND" => 10,
        "MGA" => 100,
        _ => 1,
    };

    /// <summary>Returns the number of decimals of amounts in a currency (ISO 4217, table A.1); 2 for unknown currencies.</summary>
    public static int Decimals(string currency) => currency switch
    {
        "BIF" or "CLP" or "DJF" or "GNF" or "ISK" or "JPY" or "KMF" or "KRW" or "PYG" or "RWF" => 0,
        "UGX" or "UYI" or "VND" or "VUV" or "XAF" or "XOF" or "XPF" => 0,
        "BHD" or "IQD" or "JOD" or "KWD" or "LYD" or "OMR" or "TND" => 3,
        "CLF" or "UYW" => 4,
        _ => 2,
    };

    /// <summary>Returns an amount in major units with all decimals of its currency, such as <c>50.00</c>, without separators.</summary>
    public static string Format(long amountMinor, string currency)
    {
        var decimals = Decimals(currency);
        decimal amount = amountMinor;
        for (var i = 0; i < decimals; i++)
            amount /= 10;
        return amount.ToString($"F{decimals}", CultureInfo.InvariantCulture);
    }
}
