using SoonShop.Silo.Payments;

namespace SoonShop.Tests.Rules;

public sealed class StripeAmountTests
{
    [Theory]
    [InlineData("USD", 1999, 1999)]
    [InlineData("EUR", 1, 1)]
    [InlineData("JPY", 500, 500)]
    [InlineData("KRW", 500, 500)]
    [InlineData("VND", 10_000, 10_000)]
    // No decimals in ISO 4217, two in Stripe's API.
    [InlineData("ISK", 5, 500)]
    [InlineData("UGX", 5, 500)]
    // Two in ISO 4217, none in Stripe's API.
    [InlineData("MGA", 1500, 15)]
    // Whole ones only in payouts.
    [InlineData("HUF", 1045, 1045)]
    [InlineData("TWD", 80_045, 80_045)]
    [InlineData("KWD", 5120, 5120)]
    [InlineData("USD", StripeAmount.Max, StripeAmount.Max)]
    public void amounts_are_told_as_stripe_counts_them_and_come_back(string currency, long minor, long stripe)
    {
        Assert.Null(StripeAmount.Check(new Money(minor, currency)));
        Assert.Equal(stripe, StripeAmount.Of(new Money(minor, currency)));
        Assert.Equal(minor, StripeAmount.ToMinor(stripe, currency.ToLowerInvariant()));
    }

    [Theory]
    [InlineData("USD", 0, "amount_too_small")]
    [InlineData("USD", -1, "amount_too_small")]
    [InlineData("KWD", 5124, "invalid_charge_amount")]
    [InlineData("MGA", 1550, "invalid_charge_amount")]
    [InlineData("USD", StripeAmount.Max + 1, "amount_too_large")]
    [InlineData("ISK", 1_000_000, "amount_too_large")]
    [InlineData("USD", Money.MaxAmount, "amount_too_large")]
    [InlineData("UGX", long.MaxValue, "amount_too_large")]
    public void what_cannot_be_charged_is_known_before_anything_is_sent(string currency, long minor, string reason)
    {
        Assert.Equal(reason, StripeAmount.Check(new Money(minor, currency)));
        Assert.Throws<ArgumentException>(() => StripeAmount.Of(new Money(minor, currency)));
    }

    [Fact]
    public void a_multiple_of_the_step_can_be_charged_in_every_currency() => Assert.All(
        ["USD", "JPY", "ISK", "UGX", "MGA", "HUF", "TWD", "BHD", "JOD", "KWD", "OMR", "TND"],
        currency => Assert.Null(StripeAmount.Check(new Money(7 * Currencies.ChargeStep(currency), currency))));
}
