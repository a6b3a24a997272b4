using System.Net.Http.Headers;
using Polly.CircuitBreaker;
using Polly.RateLimiting;
using Polly.Timeout;
using SoonShop.Payments;
using Stripe;

namespace SoonShop.Silo.Payments;

/// <summary>What an error of Stripe's means for us (docs.stripe.com/error-handling, /error-codes). Pure.</summary>
internal static class StripeErrors
{
    /// <summary>Longer than this is not waited within a request: whoever asked comes back later.</summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromSeconds(3);

    /// <summary>What the error means.</summary>
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

    /// <summary>True when asking again under the same key may get another answer.</summary>
    public static bool IsTransient(Exception e) => e switch
    {
        StripeException stripe => KindOf(stripe) is StripeFaultKind.Transient or StripeFaultKind.Busy,
        HttpRequestException or TimeoutRejectedException or IOException => true,
        // A time-out within the client.
        OperationCanceledException { InnerException: TimeoutException } => true,
        _ => false,
    };

    /// <summary>True when the request may be repeated at once, after a pause.</summary>
    public static bool IsWorthRetrying(Exception e)
    {
        if (!IsTransient(e))
            return false;
        if (e is not StripeException { StripeResponse.Headers: { } headers })
            return true;
        return !Advises(headers, "Stripe-Should-Retry", "false") && (RetryAfter(e) is not { } wait || wait <= MaxRetryAfter);
    }

    /// <summary>
    /// True when it tells of Stripe's health, which the breaker watches. A key in use says only that the first request is still under
    /// way; a key that is not accepted says that none will get through.
    /// </summary>
    public static bool CountsAgainstHealth(Exception e) => e is StripeException stripe
        ? KindOf(stripe) is StripeFaultKind.Transient or StripeFaultKind.Credentials || (KindOf(stripe) == StripeFaultKind.Kept && !IsReplayed(stripe.StripeResponse))
        : IsTransient(e);

    /// <summary>The pause that Stripe asks for.</summary>
    public static TimeSpan? RetryAfter(Exception? e) => (e as StripeException)?.StripeResponse?.Headers?.RetryAfter?.Delta;

    /// <summary>True for the pipeline's own refusals: nothing was sent.</summary>
    public static bool IsTurnedAway(Exception e) => e is BrokenCircuitException or RateLimiterRejectedException;

    /// <summary>True when the answer is one that Stripe had kept under the key.</summary>
    public static bool IsReplayed(StripeResponse? response) =>
        Advises(response?.Headers, "Idempotent-Replayed", "true");

    /// <summary>True when Stripe says that it keeps the failure under the key: then repeating tells nothing.</summary>
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
            // 424: somebody whom Stripe needs did not answer.
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

/// <summary>What an error of Stripe's means.</summary>
internal enum StripeFaultKind
{
    /// <summary>It may pass: the request was not, or perhaps, carried out.</summary>
    Transient,
    /// <summary>Another request under the key, or about the object, is under way.</summary>
    Busy,
    /// <summary>The request failed within Stripe, which will answer the same under its key for ever.</summary>
    Kept,
    /// <summary>The bank declines.</summary>
    Declined,
    /// <summary>Stripe refuses the request as it is.</summary>
    Refused,
    /// <summary>The payment's state does not allow it.</summary>
    WrongState,
    /// <summary>There is no such object.</summary>
    Missing,
    /// <summary>The key came with other parameters before.</summary>
    KeyReused,
    /// <summary>Our API key is not accepted.</summary>
    Credentials,
    /// <summary>Our API key may not do this.</summary>
    Permission,
}

/// <summary>A definite answer of Stripe's that is an error.</summary>
/// <param name="Kind">What it means.</param>
/// <param name="Code">Stripe's decline or error code.</param>
/// <param name="Message">Stripe's words for developers, without secrets.</param>
/// <param name="PaymentId">The payment that it is about, if it came to be.</param>
internal sealed record StripeFault(StripeFaultKind Kind, string Code, string? Message, string? PaymentId)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; init; }

    /// <summary>The request, for Stripe's support and dashboard.</summary>
    public string? RequestId { get; init; }

    /// <summary>True when it is the kept answer to an earlier request.</summary>
    public bool Replayed { get; init; }

    /// <summary>For a log.</summary>
    public override string ToString() => $"{Status} {Code}{(Message is null ? "" : $": {Message}")} (request {RequestId ?? "unknown"})";
}
