namespace SoonShop.Silo.Payments;

/// <summary>Configuration section <c>Payments:Stripe</c>. No message about it ever shows a key or secret.</summary>
public sealed class StripeOptions
{
    /// <summary>The secret key, or better a restricted one: <c>sk_…</c> or <c>rk_…</c> (dashboard.stripe.com/apikeys).</summary>
    public string? ApiKey { get; set; }

    /// <summary>Where Stripe's API is. Only a test server on this machine may be asked without TLS.</summary>
    public string ApiBase { get; set; } = "https://api.stripe.com";

    /// <summary>The API version, where it shall be another than the one that the client library is made for.</summary>
    public string? ApiVersion { get; set; }

    /// <summary>Signing secrets of the webhook endpoint, <c>whsec_…</c>; two while one is being replaced.</summary>
    public List<string> WebhookSecrets { get; set; } = [];

    /// <summary>How old a webhook's signature may be.</summary>
    public int WebhookToleranceSeconds { get; set; } = 300;

    /// <summary>Patience with one request, its retries included; below what a payment's own patience is.</summary>
    public double TimeoutSeconds { get; set; } = 7;

    /// <summary>Patience with one try of a request.</summary>
    public double TryTimeoutSeconds { get; set; } = 4;

    /// <summary>How often a request that failed for a reason that passes is repeated.</summary>
    public int Retries { get; set; } = 2;

    /// <summary>The pause before the first repetition; it doubles, and varies. Where Stripe names one, that counts.</summary>
    public int RetryDelayMilliseconds { get; set; } = 300;

    /// <summary>The most requests at a time from this silo, and connections.</summary>
    public int MaxConcurrent { get; set; } = 64;

    /// <summary>The most requests that wait for their turn; those beyond are turned away at once.</summary>
    public int MaxWaiting { get; set; } = 256;

    /// <summary>The part of requests that fail from which the breaker opens.</summary>
    public double BreakerFailureRatio { get; set; } = 0.5;

    /// <summary>Fewer requests than this within <see cref="BreakerSamplingSeconds"/> never open it.</summary>
    public int BreakerMinimumRequests { get; set; } = 10;

    /// <summary>Over how long failures are counted.</summary>
    public double BreakerSamplingSeconds { get; set; } = 30;

    /// <summary>How long it stays open before one request tries again.</summary>
    public double BreakerBreakSeconds { get; set; } = 10;

    /// <summary>
    /// The age from which an idempotency key may be forgotten: Stripe keeps them for 24 hours at least. Nothing is sent under an older
    /// one; what became of it is looked up.
    /// </summary>
    public double FindAfterHours { get; set; } = 23;

    /// <summary>
    /// How long after asking a thing whose request failed for good within Stripe may still come to light. Only then is what cannot be
    /// found taken as not done.
    /// </summary>
    public int UnknownOutcomeSeconds { get; set; } = 300;

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (string.IsNullOrWhiteSpace(ApiKey))
            yield return "Payments:Stripe:ApiKey is not set; set Payments__Stripe__ApiKey to the secret or a restricted key (sk_… or rk_…) from dashboard.stripe.com/apikeys.";
        else if (!StripeSecrets.IsApiKey(ApiKey))
            yield return "Payments:Stripe:ApiKey is no secret or restricted key; set Payments__Stripe__ApiKey to one that begins with sk_ or rk_ (pk_ is the publishable key, for the customer's device).";
        if (!Uri.TryCreate(ApiBase, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http") || address.PathAndQuery != "/")
            yield return $"Payments:Stripe:ApiBase is '{StripeSecrets.Redact(ApiBase)}'; set Payments__Stripe__ApiBase to an address such as https://api.stripe.com.";
        else if (address.Scheme == "http" && !address.IsLoopback)
            yield return $"Payments:Stripe:ApiBase is '{ApiBase}', which would show the key on its way; set Payments__Stripe__ApiBase to an https address.";
        else if (address.Scheme == "http" && StripeSecrets.IsLive(ApiKey))
            yield return "Payments:Stripe:ApiKey is a live key, and ApiBase a test server; set Payments__Stripe__ApiKey to a test key, or remove Payments__Stripe__ApiBase.";
        if (ApiVersion is { } version && (version.Length > 60 || !version.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or ';' or '=')))
            yield return "Payments:Stripe:ApiVersion has no version's form; set Payments__Stripe__ApiVersion like 2026-10-28.endive, or remove it.";
        if (WebhookSecrets.Count == 0)
            yield return "Payments:Stripe:WebhookSecrets is empty; set Payments__Stripe__WebhookSecrets__0 to the signing secret (whsec_…) of the webhook endpoint.";
        else if (WebhookSecrets.Count > 10 || !WebhookSecrets.All(StripeSecrets.IsWebhookSecret))
            yield return "Payments:Stripe:WebhookSecrets must be 1–10 signing secrets; set Payments__Stripe__WebhookSecrets__0, and __1 while one is replaced, to ones that begin with whsec_.";
        foreach (var (name, value, min, max) in Limits())
        {
            if (!(value >= min && value <= max))
                yield return $"Payments:Stripe:{name} is {value}; set Payments__Stripe__{name} to {min}–{max}.";
        }
    }

    private IEnumerable<(string Name, double Value, double Min, double Max)> Limits() =>
    [
        (nameof(WebhookToleranceSeconds), WebhookToleranceSeconds, 1, 3600),
        (nameof(TimeoutSeconds), TimeoutSeconds, 0.1, 7.5),
        (nameof(TryTimeoutSeconds), TryTimeoutSeconds, 0.05, 7.5),
        (nameof(Retries), Retries, 0, 10),
        (nameof(RetryDelayMilliseconds), RetryDelayMilliseconds, 1, 5000),
        (nameof(MaxConcurrent), MaxConcurrent, 1, 1000),
        (nameof(MaxWaiting), MaxWaiting, 0, 10_000),
        (nameof(BreakerFailureRatio), BreakerFailureRatio, 0.01, 1),
        (nameof(BreakerMinimumRequests), BreakerMinimumRequests, 2, 1000),
        (nameof(BreakerSamplingSeconds), BreakerSamplingSeconds, 0.5, 600),
        (nameof(BreakerBreakSeconds), BreakerBreakSeconds, 0.5, 600),
        (nameof(FindAfterHours), FindAfterHours, 0, 23),
        (nameof(UnknownOutcomeSeconds), UnknownOutcomeSeconds, 0, 3600),
    ];
}
