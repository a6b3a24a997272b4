namespace SoonShop;

/// <summary>What card networks ask of amounts, by currency, beyond ISO 4217.</summary>
public static class Currencies
{
    /// <summary>
    /// The minor units of which every amount that is charged or given back must be a multiple: networks know no fils below ten in
    /// three-decimal currencies, and no parts of an ariary. 1 for nearly all currencies.
    /// </summary>
    public static int ChargeStep(string currency) => currency switch
    {
        "BHD" or "JOD" or "KWD" or "OMR" or "TND" => 10,
        "MGA" => 100,
        _ => 1,
    };
}
