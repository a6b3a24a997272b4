using System.Net.Http.Headers;
using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Polly.Timeout;
using SoonShop.Payments;
using Stripe;

namespace SoonShop.Silo.Payments;

/// <summary>Classifies Stripe's errors (docs.stripe.com/error-handling, /error-codes). Pure.</summary>
internal static class StripeErrors
{
    /// <summary>The longest <c>Retry-After</c> that is waited for within a request. Beyond it, the caller retries later.</summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromSeconds(3);

    /// <summary>Classifies an error.</summary>
    public static StripeFault Of(StripeException e)
    {
        var error = e.StripeError;
        return new StripeFault(KindOf(e), CodeOf(error), StripeSecrets.Redact(error?.Message), error?.PaymentIntent?.Id)
        {
            Status = (int)e.HttpStatusCode,
            RequestId = e.StripeResponse?.RequestId,
            Replayed = IsReplayed(e.StripeResponse),
        };
    }

    /// <summary>True when a retry with the same key may get another response.</summary>
    public static bool IsTransient(Exception e) => e switch
    {
        StripeException stripe => KindOf(stripe) is StripeFaultKind.Transient or StripeFaultKind.Busy,
        HttpRequestException or TimeoutRejectedException or IOException => true,
        // A timeout within the client.
        OperationCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };

    /// <summary>True when the request may be retried after a short pause.</summary>
    public static bool IsWorthRetrying(Exception e)
    {
        if (!IsTransient(e))
            return false;
        if (e is not StripeException { StripeResponse.Headers: { } headers })
            return true;
        return !Advises(headers, "Stripe-Should-Retry", "false") && (RetryAfter(e) is not { } wait || wait <= MaxRetryAfter);
    }

    /// <summary>
    /// True when the error counts for the circuit breaker as a sign of Stripe's health. A key in use only means that the first request is
    /// still running. A rejected API key means that no request can succeed.
    /// </summary>
    public static bool CountsAgainstHealth(Exception e) => e is StripeException stripe
        ? KindOf(stripe) is StripeFaultKind.Transient or StripeFaultKind.Credentials
            || (KindOf(stripe) == StripeFaultKind.Kept && !IsReplayed(stripe.StripeResponse))
        : IsTransient(e);

    /// <summary>Returns the pause that Stripe requests.</summary>
    public static TimeSpan? RetryAfter(Exception? e) => (e as StripeException)?.StripeResponse?.Headers?.RetryAfter?.Delta;

    /// <summary>True when the pipeline itself rejected the request: nothing was sent.</summary>
    public static bool IsTurnedAway(Exception e) => e is BrokenCircuitException or RateLimiterRejectedException;

    /// <summary>True when Stripe replayed its stored response for the key.</summary>
    public static bool IsReplayed(StripeResponse? response) =>
        Advises(response?.Headers, "Idempotent-Replayed", "true");

    /// <summary>True when Stripe says that it stored the failure under the key, so that a retry gets the same response.</summary>
    private static bool IsKept(StripeResponse? response) =>
        response?.IdempotencyKey is { Length: > 0 } && Advises(response.Headers, "Stripe-Should-Retry", "false");

    private static bool Advises(HttpResponseHeaders? headers, string name, string value) =>
        headers?.TryGetValues(name, out var values) == true && values.Contains(value);

    private static StripeFaultKind KindOf(StripeException e)
    {
        var (status, error) = ((int)e.HttpStatusCode, e.StripeError);
        return (status, error?.Type, error?.Code) switch
        {
            (401, _, _) => StripeFaultKind.Credentials,
            (403, _, _) => StripeFaultKind.Permission,
            (409, _, _) or (_, _, "lock_timeout" or "idempotency_key_in_use") => StripeFaultKind.Busy,
            (429, _, _) or (_, _, "rate_limit") => StripeFaultKind.Transient,
            ( >= 500, _, _) when IsReplayed(e.StripeResponse) || IsKept(e.StripeResponse) => StripeFaultKind.Kept,
            // 424: a system that Stripe depends on did not respond.
            ( >= 500 or 424, _, _) or ( < 400, _, _) => StripeFaultKind.Transient,
            (_, "idempotency_error", _) => StripeFaultKind.KeyReused,
            (_, "card_error", _) or (402, _, _) => StripeFaultKind.Declined,
            (_, _, "payment_intent_unexpected_state" or "intent_invalid_state" or "charge_already_captured" or "charge_expired_for_capture"
                or "capture_charge_authorization_expired" or "payment_intent_action_required") => StripeFaultKind.WrongState,
            (404, _, _) or (_, _, "resource_missing") when error?.Param is not ("payment_method" or "customer") => StripeFaultKind.Missing,
            _ => StripeFaultKind.Refused,
        };
    }

    private static string CodeOf(StripeError? error) => error switch
    {
        { DeclineCode: { Length: > 0 } decline } => decline,
        { Code: "resource_missing", Param: "payment_method" } => "unknown_payment_method",
        { Code: "resource_missing", Param: "customer" } => PaymentCustomer.UnknownCode,
        { Code: { Length: > 0 } code } => code,
        { Type: "card_error" } => "generic_decline",
        { Param: "payment_method" } => "unusable_payment_method",
        _ => "payment_refused",
    };
}

/// <summary>The kinds of Stripe's errors.</summary>
internal enum StripeFaultKind
{
    /// <summary>A temporary error: the request was not executed, or possibly was.</summary>
    Transient,
    /// <summary>Another request with the key, or for the object, is running.</summary>
    Busy,
    /// <summary>The request failed within Stripe, which will return the same error for its key forever.</summary>
    Kept,
    /// <summary>The bank declined.</summary>
    Declined,
    /// <summary>Stripe rejected the request's content.</summary>
    Refused,
    /// <summary>The payment's state does not allow it.</summary>
    WrongState,
    /// <summary>The object does not exist.</summary>
    Missing,
    /// <summary>The key was used before with other parameters.</summary>
    KeyReused,
    /// <summary>Stripe does not accept our API key.</summary>
    Credentials,
    /// <summary>Our API key lacks the permission.</summary>
    Permission,
}

/// <summary>A definite error response of Stripe.</summary>
/// <param name="Kind">The kind of the error.</param>
/// <param name="Code">Stripe's decline or error code.</param>
/// <param name="Message">Stripe's message for developers, without secrets.</param>
/// <param name="PaymentId">The payment that it concerns, if it was created.</param>
internal sealed record StripeFault(StripeFaultKind Kind, string Code, string? Message, string? PaymentId)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; init; }

    /// <summary>The request's id, for Stripe's support and dashboard.</summary>
    public string? RequestId { get; init; }

    /// <summary>True when Stripe replayed its stored response to an earlier request.</summary>
    public bool Replayed { get; init; }

    /// <summary>Formats the error for the log.</summary>
    public override string ToString() => $"{Status} {Code}{(Message is null ? "" : $": {Message}")} (request {RequestId ?? "unknown"})";
}
