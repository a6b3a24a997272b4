namespace SoonShop.Silo.Payments;

/// <summary>
/// Converts amounts to and from Stripe's units (docs.stripe.com/currencies). These are ISO 4217's minor units except for some currencies.
/// Stripe cannot charge every amount.
/// </summary>
internal static class StripeAmount
{
    /// <summary>The largest amount: eight digits.</summary>
    public const long Max = 99_999_999;

    /// <summary>Returns why Stripe cannot charge the amount, as Stripe's error code; null when it can.</summary>
    public static string? Check(Money money)
    {
        if (money.Amount < 1)
            return "amount_too_small";
        if (money.Amount % Currencies.ChargeStep(money.Currency) != 0)
            return "invalid_charge_amount";
        return (Int128)money.Amount * Ratio(money.Currency).Times / Ratio(money.Currency).Over > Max ? "amount_too_large" : null;
    }

    /// <summary>Converts a chargeable amount to Stripe's units.</summary>
    public static long Of(Money money) => Check(money) is { } reason
        ? throw new ArgumentException($"{money} cannot be charged: {reason}.", nameof(money))
        : money.Amount * Ratio(money.Currency).Times / Ratio(money.Currency).Over;

    /// <summary>Converts an amount from Stripe to ISO 4217 minor units.</summary>
    /// <param name="amount">The amount in Stripe's units.</param>
    /// <param name="currency">The currency, in upper or lower case.</param>
    public static long ToMinor(long amount, string currency)
    {
        var (times, over) = Ratio(currency.ToUpperInvariant());
        return amount * over / times;
    }

    /// <summary>
    /// Returns the ratio of Stripe's units to ISO's minor units. The króna and the Ugandan shilling have no decimals in ISO and, for
    /// compatibility, two in Stripe's API. The ariary has two in ISO (no practical use is known) and none in Stripe's API. The forint and
    /// the new Taiwan dollar have two in both; only their payouts use whole units.
    /// </summary>
    private static (int Times, int Over) Ratio(string currency) => currency switch
    {
        "ISK" or "UGX" => (100, 1),
        "MGA" => (1, 100),
        _ => (1, 1),
    };
}
