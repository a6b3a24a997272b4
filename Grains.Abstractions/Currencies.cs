using System.Collections.Frozen;
using System.Globalization;

namespace SoonShop;

/// <summary>The minor units of currencies (ISO 4217), and what card networks require of amounts beyond that.</summary>
public static class Currencies
{
    /// <summary>
    /// The currencies of ISO 4217, table A.1, of 2026, without metals, units of account between central banks, and codes for tests. The
    /// leva and the guilders that the euro and <c>XCG</c> replaced stay for prices and orders of before.
    /// </summary>
    private static readonly FrozenSet<string> Codes = """
        AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF
        CHE CHF CHW CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF
        GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD
        LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP
        PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP
        TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
        """.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>True for a currency of ISO 4217. A code that is none may still be in data of earlier versions.</summary>
    public static bool IsKnown(string? currency) => currency is not null && Codes.Contains(currency);

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
