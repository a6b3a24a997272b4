namespace SoonShop.Silo.Payments;

/// <summary>
/// Configuration section <c>Payments:Stripe</c>: the connection to Stripe. Messages about these settings never contain a key or secret.
/// </summary>
public sealed class StripeOptions
{
    /// <summary>Required with Stripe. The secret key or, better, a restricted key: <c>sk_…</c> or <c>rk_…</c>.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The URL of Stripe's API. Plain HTTP is accepted only for a test server on this machine.</summary>
    public string ApiBase { get; set; } = "https://api.stripe.com";

    /// <summary>The version of Stripe's API; by default the one that the client library is made for.</summary>
    public string? ApiVersion { get; set; }

    /// <summary>
    /// Required with Stripe. Signing secrets of the webhook endpoint, <c>whsec_…</c>, 1–10; two while one replaces the other.
    /// </summary>
    public List<string> WebhookSecrets { get; set; } = [];

    /// <summary>The greatest age of a webhook's signature, in seconds. Older webhooks are refused.</summary>
    public int WebhookToleranceSeconds { get; set; } = 300;

    /// <summary>The time limit of a request to Stripe with all its retries, in seconds.</summary>
    public double TimeoutSeconds { get; set; } = 7;

    /// <summary>The time limit of a single try of a request, in seconds.</summary>
    public double TryTimeoutSeconds { get; set; } = 4;

    /// <summary>How often a request that failed for a transient reason is repeated.</summary>
    public int Retries { get; set; } = 2;

    /// <summary>
    /// The pause before the first repetition, in milliseconds. It doubles each time, with jitter. <c>Retry-After</c> from Stripe takes
    /// precedence.
    /// </summary>
    public int RetryDelayMilliseconds { get; set; } = 300;

    /// <summary>The maximum number of concurrent requests, and connections, of this silo.</summary>
    public int MaxConcurrent { get; set; } = 64;

    /// <summary>The maximum number of requests that wait for one of those places. Further requests fail at once.</summary>
    public int MaxWaiting { get; set; } = 256;

    /// <summary>The share of failed requests at which the circuit breaker opens.</summary>
    public double BreakerFailureRatio { get; set; } = 0.5;

    /// <summary>With fewer requests in the sampling time, the circuit breaker stays closed.</summary>
    public int BreakerMinimumRequests { get; set; } = 10;

    /// <summary>The time over which the share of failed requests is measured, in seconds.</summary>
    public double BreakerSamplingSeconds { get; set; } = 30;

    /// <summary>How long the circuit breaker stays open before it lets one request through, in seconds.</summary>
    public double BreakerBreakSeconds { get; set; } = 10;

    /// <summary>
    /// The age, in hours, from which Stripe may have forgotten an idempotency key (it keeps them for at least 24). The shop does not reuse
    /// an older key; it retrieves the original payment instead.
    /// </summary>
    public double FindAfterHours { get; set; } = 23;

    /// <summary>
    /// How long after a request of unknown outcome its effect may still appear at Stripe, in seconds. Only after that does a payment or
    /// refund that cannot be found count as not made.
    /// </summary>
    public int UnknownOutcomeSeconds { get; set; } = 300;

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (string.IsNullOrWhiteSpace(ApiKey))
            yield return "Payments:Stripe:ApiKey is not set; set Payments__Stripe__ApiKey to the secret or a restricted key (sk_… or rk_…) "
                + "from dashboard.stripe.com/apikeys.";
        else if (!StripeSecrets.IsApiKey(ApiKey))
            yield return "Payments:Stripe:ApiKey is not a secret or restricted key; set Payments__Stripe__ApiKey to one that begins with "
                + "sk_ or rk_ (pk_ is the publishable key, for the customer's device).";
        if (!Uri.TryCreate(ApiBase, UriKind.Absolute, out var address)
            || address.Scheme is not ("https" or "http")
            || address.PathAndQuery != "/")
            yield return $"Payments:Stripe:ApiBase is '{StripeSecrets.Redact(ApiBase)}'; set Payments__Stripe__ApiBase to an address such "
                + "as https://api.stripe.com.";
        else if (address.Scheme == "http" && !address.IsLoopback)
            yield return $"Payments:Stripe:ApiBase is '{ApiBase}', which would send the key unencrypted; "
                + "set Payments__Stripe__ApiBase to an https address.";
        else if (address.Scheme == "http" && StripeSecrets.IsLive(ApiKey))
            yield return "Payments:Stripe:ApiKey is a live key, and ApiBase a test server; set Payments__Stripe__ApiKey to a test key, or "
                + "remove Payments__Stripe__ApiBase.";
        if (ApiVersion is { } version
            && (version.Length > 60 || !version.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or ';' or '=')))
            yield return "Payments:Stripe:ApiVersion is not a valid version; set Payments__Stripe__ApiVersion like 2026-10-28.endive, or "
                + "remove it.";
        if (WebhookSecrets.Count == 0)
            yield return "Payments:Stripe:WebhookSecrets is empty; set Payments__Stripe__WebhookSecrets__0 to the signing secret (whsec_…) "
                + "of the webhook endpoint.";
        else if (WebhookSecrets.Count > 10 || !WebhookSecrets.All(StripeSecrets.IsWebhookSecret))
            yield return "Payments:Stripe:WebhookSecrets must be 1–10 signing secrets; set Payments__Stripe__WebhookSecrets__0, and __1 "
                + "while one is replaced, to ones that begin with whsec_.";
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
