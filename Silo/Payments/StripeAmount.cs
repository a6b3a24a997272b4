namespace SoonShop.Silo.Payments;

/// <summary>
/// Amounts as Stripe counts them (docs.stripe.com/currencies). They are ISO 4217's minor units, but for currencies that Stripe
/// counts otherwise, and not every amount can be charged.
/// </summary>
internal static class StripeAmount
{
    /// <summary>The largest amount: eight digits.</summary>
    public const long Max = 99_999_999;

    /// <summary>Why Stripe cannot move the amount, in Stripe's own word; null when it can.</summary>
    public static string? Check(Money money)
    {
        if (money.Amount < 1)
            return "amount_too_small";
        if (money.Amount % Currencies.ChargeStep(money.Currency) != 0)
            return "invalid_charge_amount";
        return (Int128)money.Amount * Ratio(money.Currency).Times / Ratio(money.Currency).Over > Max ? "amount_too_large" : null;
    }

    /// <summary>Stripe's amount for an amount that it can move.</summary>
    public static long Of(Money money) => Check(money) is { } reason
        ? throw new ArgumentException($"{money} cannot be moved: {reason}.", nameof(money))
        : money.Amount * Ratio(money.Currency).Times / Ratio(money.Currency).Over;

    /// <summary>ISO 4217 minor units of an amount that Stripe tells.</summary>
    /// <param name="amount">In Stripe's units.</param>
    /// <param name="currency">In either case.</param>
    public static long ToMinor(long amount, string currency)
    {
        var (times, over) = Ratio(currency.ToUpperInvariant());
        return amount * over / times;
    }

    /// <summary>
    /// Stripe's units are this many times, over this many of, ISO's minor units. Króna and shilling have no decimals in ISO and,
    /// for compatibility, two in Stripe's API; the ariary has two in ISO (of which nobody knows a use) and none there. Forint and new
    /// Taiwan dollar have two in both: only payouts are counted in whole ones.
    /// </summary>
    private static (int Times, int Over) Ratio(string currency) => currency switch
    {
        "ISK" or "UGX" => (100, 1),
        "MGA" => (1, 100),
        _ => (1, 1),
    };
}
