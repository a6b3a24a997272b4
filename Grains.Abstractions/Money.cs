namespace SoonShop;

/// <summary>An amount of money.</summary>
/// <param name="Amount">Integer minor units of <c>currency</c>: 1999 is USD 19.99, or JPY 1999.</param>
/// <param name="Currency">ISO 4217 code, three upper-case letters.</param>
[GenerateSerializer, Immutable, Alias("soonshop.money")]
public readonly record struct Money(long Amount, string Currency)
{
    /// <summary>The largest amount of a single price, line or total: 10^15 minor units, far from an overflow in sums.</summary>
    public const long MaxAmount = 1_000_000_000_000_000;

    /// <summary>Returns zero in a currency.</summary>
    public static Money Zero(string currency) => new(0, currency);

    /// <summary>True when <paramref name="currency"/> has the form of an ISO 4217 code.</summary>
    public static bool IsCurrency(string? currency) =>
        currency is { Length: 3 } && currency.All(char.IsAsciiLetterUpper);

    /// <inheritdoc/>
    public override string ToString() => $"{Amount} {Currency}";
}
