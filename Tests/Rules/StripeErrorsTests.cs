using System.Net;
using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Polly.Timeout;
using SoonShop.Orders;
using SoonShop.Silo.Payments;
using Stripe;

namespace SoonShop.Tests.Rules;

public sealed class StripeErrorsTests
{
    [Theory]
    // docs.stripe.com/error-codes and /declines/codes
    [InlineData(402, "card_error", "card_declined", "insufficient_funds", null, "Declined", "insufficient_funds")]
    [InlineData(402, "card_error", "card_declined", "stolen_card", null, "Declined", "stolen_card")]
    [InlineData(402, "card_error", "expired_card", null, null, "Declined", "expired_card")]
    [InlineData(402, "card_error", null, null, null, "Declined", "generic_decline")]
    [InlineData(400, "invalid_request_error", "resource_missing", null, "payment_method", "Refused", "unknown_payment_method")]
    [InlineData(404, "invalid_request_error", "resource_missing", null, "intent", "Missing", "resource_missing")]
    [InlineData(400, "invalid_request_error", "resource_missing", null, "customer", "Refused", "unknown_customer")]
    [InlineData(400, "invalid_request_error", "amount_too_large", null, "amount", "Refused", "amount_too_large")]
    [InlineData(400, "invalid_request_error", "amount_too_small", null, "amount", "Refused", "amount_too_small")]
    [InlineData(400, "invalid_request_error", null, null, "currency", "Refused", "payment_refused")]
    [InlineData(400, "invalid_request_error", null, null, "payment_method", "Refused", "unusable_payment_method")]
    [InlineData(400, "invalid_request_error", "parameter_unknown", null, "nonsense", "Refused", "parameter_unknown")]
    [InlineData(400, "invalid_request_error", "charge_already_refunded", null, null, "Refused", "charge_already_refunded")]
    [InlineData(
        400, "invalid_request_error", "payment_intent_unexpected_state", null, null, "WrongState", "payment_intent_unexpected_state")]
    [InlineData(400, "invalid_request_error", "charge_expired_for_capture", null, null, "WrongState", "charge_expired_for_capture")]
    [InlineData(400, "idempotency_error", null, null, null, "KeyReused", "payment_refused")]
    [InlineData(409, "idempotency_error", "idempotency_key_in_use", null, null, "Busy", "idempotency_key_in_use")]
    [InlineData(409, "invalid_request_error", null, null, null, "Busy", "payment_refused")]
    [InlineData(429, "invalid_request_error", "lock_timeout", null, null, "Busy", "lock_timeout")]
    [InlineData(429, "invalid_request_error", "rate_limit", null, null, "Transient", "rate_limit")]
    [InlineData(401, "invalid_request_error", null, null, null, "Credentials", "payment_refused")]
    [InlineData(403, "invalid_request_error", "secret_key_required", null, null, "Permission", "secret_key_required")]
    [InlineData(424, "api_error", null, null, null, "Transient", "payment_refused")]
    [InlineData(500, "api_error", null, null, null, "Transient", "payment_refused")]
    [InlineData(503, null, null, null, null, "Transient", "payment_refused")]
    [InlineData(200, null, null, null, null, "Transient", "payment_refused")]
    public void an_error_of_stripe_means_one_thing(
        int status, string? type, string? code, string? declineCode, string? param, string kind, string means)
    {
        var fault = StripeErrors.Of(Error(status, type, code, declineCode, param));

        Assert.Equal((kind, means), ($"{fault.Kind}", fault.Code));
        var transient = kind is "Transient" or "Busy";
        Assert.Equal(transient, StripeErrors.IsTransient(Error(status, type, code, declineCode, param)));
        Assert.Equal(kind is "Transient" or "Credentials", StripeErrors.CountsAgainstHealth(Error(status, type, code, declineCode, param)));
    }

    [Fact]
    public void a_failure_that_stripe_keeps_under_the_key_is_not_repeated()
    {
        var replayed = Error(500, "api_error", headers: [("Idempotent-Replayed", "true")]);
        Assert.Equal((StripeFaultKind.Kept, true), (StripeErrors.Of(replayed).Kind, StripeErrors.Of(replayed).Replayed));
        Assert.False(StripeErrors.IsWorthRetrying(replayed));
        Assert.False(StripeErrors.CountsAgainstHealth(replayed));

        var first = Error(500, "api_error", headers: [("Idempotency-Key", "key"), ("Stripe-Should-Retry", "false")]);
        Assert.Equal(StripeFaultKind.Kept, StripeErrors.Of(first).Kind);
        Assert.True(StripeErrors.CountsAgainstHealth(first));

        // Nothing is kept of what only asked.
        Assert.Equal(StripeFaultKind.Transient, StripeErrors.Of(Error(500, "api_error", headers: [("Stripe-Should-Retry", "false")])).Kind);
    }

    [Fact]
    public void stripes_advice_on_repeating_is_taken()
    {
        Assert.True(StripeErrors.IsWorthRetrying(Error(500, "api_error")));
        Assert.False(StripeErrors.IsWorthRetrying(Error(500, "api_error", headers: [("Stripe-Should-Retry", "false")])));
        Assert.True(StripeErrors.IsWorthRetrying(Error(429, null, "rate_limit", headers: [("Retry-After", "1")])));
        Assert.Equal(TimeSpan.FromSeconds(1), StripeErrors.RetryAfter(Error(429, null, "rate_limit", headers: [("Retry-After", "1")])));
        // Whoever asked comes back later.
        Assert.False(StripeErrors.IsWorthRetrying(Error(429, null, "rate_limit", headers: [("Retry-After", "60")])));
    }

    [Fact]
    public void what_happens_on_the_way_is_transient_and_what_is_turned_away_was_never_sent()
    {
        Assert.All<Exception>(
            [
                new HttpRequestException(), new TimeoutRejectedException(), new IOException(),
                new TaskCanceledException("", new TimeoutException()),
            ],
            e => Assert.True(StripeErrors.IsTransient(e) && StripeErrors.CountsAgainstHealth(e) && !StripeErrors.IsTurnedAway(e)));
        Assert.All<Exception>([new BrokenCircuitException(), new RateLimiterRejectedException()],
            e => Assert.True(StripeErrors.IsTurnedAway(e) && !StripeErrors.IsTransient(e)));
        Assert.False(StripeErrors.IsTransient(new TaskCanceledException()));
    }

    [Fact]
    public void a_fault_shows_no_secret()
    {
        var fault = StripeErrors.Of(Error(
            401, "invalid_request_error",
            message: "Invalid API Key provided: sk_live_51ABCdefGHI with whsec_abcdefgh for pi_1_secret_xyz123"));

        Assert.DoesNotContain("51ABC", fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("abcdefgh", fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("xyz123", fault.ToString(), StringComparison.Ordinal);
        Assert.Contains("Invalid API Key provided", fault.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("insufficient_funds", "insufficient funds")]
    [InlineData("expired_card", "expired")]
    [InlineData("incorrect_cvc", "security code")]
    [InlineData("card_velocity_exceeded", "limit")]
    [InlineData("processing_error", "few minutes")]
    [InlineData("authentication_required", "verify")]
    [InlineData("unknown_payment_method", "not known")]
    [InlineData("amount_too_large", "less at a time")]
    public void a_customer_is_told_what_can_be_done(string code, string told) =>
        Assert.Contains(told, DeclineMessage.For(code).English, StringComparison.Ordinal);

    [Theory]
    [InlineData("lost_card")]
    [InlineData("stolen_card")]
    [InlineData("pickup_card")]
    [InlineData("fraudulent")]
    [InlineData("merchant_blacklist")]
    [InlineData("do_not_honor")]
    [InlineData("never heard of")]
    [InlineData(null)]
    public void whoever_holds_a_stolen_card_learns_nothing(string? code) =>
        Assert.Equal(DeclineMessage.For("generic_decline"), DeclineMessage.For(code));

    private static StripeException Error(
        int status, string? type, string? code = null, string? declineCode = null, string? param = null, string message = "words",
        params (string Name, string Value)[] headers)
    {
        using var response = new HttpResponseMessage();
        foreach (var (name, value) in headers)
            response.Headers.Add(name, value);
        var error = type is null && code is null
            ? null
            : new StripeError { Type = type, Code = code, DeclineCode = declineCode, Param = param, Message = message };
        return new StripeException((HttpStatusCode)status, error, message)
        { StripeResponse = new StripeResponse((HttpStatusCode)status, response.Headers, "") };
    }
}
