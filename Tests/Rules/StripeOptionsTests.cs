using SoonShop.Silo.Payments;

namespace SoonShop.Tests.Rules;

public sealed class StripeOptionsTests
{
    private const string TestKey =
        "sk_test_51PlantedKey0123456789", LiveKey = "rk_live_51PlantedKey0123456789", Secret = "whsec_PlantedSecret0123456789";

    [Fact]
    public void nothing_but_a_key_and_a_webhook_secret_is_needed() => Assert.Empty(Problems(Good()));

    [Fact]
    public void what_stripe_needs_is_asked_of_those_only_who_use_it() => Assert.Empty(new PaymentsOptions().Problems());

    [Fact]
    public void without_a_key_and_a_secret_both_are_named()
    {
        var problems = new PaymentsOptions { Provider = "stripe" }.Problems().ToArray();

        Assert.Equal(2, problems.Length);
        Assert.Contains("Payments__Stripe__ApiKey", problems[0], StringComparison.Ordinal);
        Assert.Contains("Payments__Stripe__WebhookSecrets__0", problems[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://api.stripe.com", LiveKey, null)]
    [InlineData("http://127.0.0.1:12111", TestKey, null)]
    [InlineData("http://localhost:12111/", TestKey, null)]
    [InlineData("http://127.0.0.1:12111", LiveKey, "Payments__Stripe__ApiKey")]
    [InlineData("http://stripe.example", TestKey, "Payments__Stripe__ApiBase")]
    [InlineData("ftp://127.0.0.1", TestKey, "Payments__Stripe__ApiBase")]
    [InlineData("https://api.stripe.com/v1", TestKey, "Payments__Stripe__ApiBase")]
    [InlineData("api.stripe.com", TestKey, "Payments__Stripe__ApiBase")]
    [InlineData("https://api.stripe.com", "pk_test_51PlantedKey0123456789", "Payments__Stripe__ApiKey")]
    [InlineData("https://api.stripe.com", "sk_test_ 51PlantedKey0123456789", "Payments__Stripe__ApiKey")]
    public void a_key_goes_only_where_it_is_safe(string address, string key, string? named)
    {
        var options = Good();
        (options.ApiBase, options.ApiKey) = (address, key);
        var problems = Problems(options);

        if (named is null)
            Assert.Empty(problems);
        else
            Assert.Contains(named, Assert.Single(problems), StringComparison.Ordinal);
        Assert.All(problems, p => Assert.DoesNotContain("51PlantedKey", p, StringComparison.Ordinal));
    }

    [Fact]
    public void every_limit_is_checked()
    {
        var options = Good();
        options.WebhookSecrets = [Secret, "secret"];
        options.ApiVersion = "new\r\nX: y";
        (options.TimeoutSeconds, options.TryTimeoutSeconds, options.Retries, options.RetryDelayMilliseconds) = (8, 0, 11, 0);
        (options.MaxConcurrent, options.MaxWaiting, options.WebhookToleranceSeconds) = (0, -1, 0);
        (options.BreakerFailureRatio, options.BreakerMinimumRequests, options.BreakerSamplingSeconds, options.BreakerBreakSeconds) = (
            double.NaN, 1, 0, 0);
        (options.FindAfterHours, options.UnknownOutcomeSeconds) = (24, -1);

        var problems = Problems(options);

        Assert.Equal(15, problems.Length);
        Assert.All(problems, p => Assert.Contains("Payments__Stripe__", p, StringComparison.Ordinal));
    }

    private static StripeOptions Good() => new() { ApiKey = LiveKey, WebhookSecrets = [Secret] };

    private static string[] Problems(StripeOptions options) => [.. options.Problems()];
}
