namespace SoonShop;

/// <summary>Requirements of card networks for amounts, by currency, beyond ISO 4217.</summary>
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
}
