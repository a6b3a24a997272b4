using System.Text.RegularExpressions;

namespace SoonShop.StripeTesting;

/// <summary>What the test server needs to know (section <c>StripeServer</c> of the configuration).</summary>
public sealed partial class StripeServerOptions
{
    /// <summary>The TCP port on 127.0.0.1; 0 takes a free one.</summary>
    public int Port { get; set; } = 12111;

    /// <summary>The secret key that callers must send.</summary>
    public string ApiKey { get; set; } = "sk_test_SoonShopStripeTestServer";

    /// <summary>The publishable key, with which a customer confirms.</summary>
    public string PublishableKey { get; set; } = "pk_test_SoonShopStripeTestServer";

    /// <summary>The account's API version: that of events, and of requests that name none.</summary>
    public string ApiVersion { get; set; } = "2026-10-28.endive";

    /// <summary>Where events are posted to.</summary>
    public IList<WebhookTarget> Webhooks { get; init; } = [];

    /// <summary>Posts of webhooks that may be under way at once.</summary>
    public int WebhookConcurrency { get; set; } = 16;

    /// <summary>How long a post may take, in seconds.</summary>
    public double WebhookTimeoutSeconds { get; set; } = 20;

    /// <summary>How often an event is posted to one target before it is given up.</summary>
    public int WebhookAttempts { get; set; } = 16;

    /// <summary>
    /// The pause before the second post, in seconds; each further one is twice as long, up to <see cref="WebhookMaxBackoffSeconds"/>.
    /// </summary>
    public double WebhookBackoffSeconds { get; set; } = 0.25;

    /// <summary>The longest pause between two posts, in seconds.</summary>
    public double WebhookMaxBackoffSeconds { get; set; } = 15;

    /// <summary>Posts that may wait; more are given up, and counted.</summary>
    public int MaxPendingWebhooks { get; set; } = 100_000;

    /// <summary>How many objects of each kind there may be. A payment with everything that belongs to it takes about 20 KB.</summary>
    public int MaxObjects { get; set; } = 100_000;

    /// <summary>How many events are remembered.</summary>
    public int MaxEvents { get; set; } = 50_000;

    /// <summary>How many idempotency keys are remembered.</summary>
    public int MaxIdempotencyKeys { get; set; } = 200_000;

    /// <summary>How long a request hangs that is to time out, unless its client gives up before, in seconds.</summary>
    public double HangSeconds { get; set; } = 120;

    /// <summary>How long a slow request waits before it begins, in seconds.</summary>
    public double SlowSeconds { get; set; } = 2;

    /// <summary>How long webhooks are held that are to come late or out of order, in seconds.</summary>
    public double WebhookDelaySeconds { get; set; } = 3;

    /// <summary>
    /// How long an object stays unknown to search after it was made, in seconds; Stripe's search is behind by up to a minute.
    /// </summary>
    public double SearchDelaySeconds { get; set; }

    /// <summary>The seed of faults at random.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>Faults at random from the start: how often each happens, from 0 to 1.</summary>
    public IDictionary<string, double> FaultRates { get; init; } = new Dictionary<string, double>();

    /// <summary>What is wrong with these settings, each with what to do.</summary>
    public IReadOnlyList<string> Problems()
    {
        var problems = new List<string>();
        void Check(bool holds, string problem)
        {
            if (!holds)
                problems.Add("StripeServer:" + problem);
        }

        Check(Port is >= 0 and <= 65535, $"Port is {Port}; set it to 0-65535 (0: a free one)");
        Check(
            ApiKey.StartsWith("sk_test_", StringComparison.Ordinal) && ApiKey.Length > 12,
            "ApiKey must begin with 'sk_test_' and be longer than 12 characters; never a live key");
        Check(
            PublishableKey.StartsWith("pk_test_", StringComparison.Ordinal) && PublishableKey.Length > 12,
            "PublishableKey must begin with 'pk_test_' and be longer than 12 characters; never a live key");
        Check(IsVersion(ApiVersion), $"ApiVersion is '{ApiVersion}'; set it to a version of Stripe's API such as 2026-10-28.endive");
        foreach (var (i, webhook) in Webhooks.Index())
        {
            Check(
                Uri.TryCreate(webhook.Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https",
                $"Webhooks:{i}:Url is '{webhook.Url}'; set it to an http or https URL");
            Check(
                webhook.Secrets.Count > 0 && webhook.Secrets.All(s => s.StartsWith("whsec_", StringComparison.Ordinal)),
                $"Webhooks:{i}:Secrets needs one or more secrets that begin with 'whsec_'");
        }
        Check(WebhookConcurrency is >= 1 and <= 1000, $"WebhookConcurrency is {WebhookConcurrency}; set it to 1-1000");
        Check(WebhookAttempts is >= 1 and <= 1000, $"WebhookAttempts is {WebhookAttempts}; set it to 1-1000");
        foreach (var (name, value) in ((string, int)[])[
            (nameof(MaxPendingWebhooks), MaxPendingWebhooks), (nameof(MaxObjects), MaxObjects), (nameof(MaxEvents), MaxEvents),
            (nameof(MaxIdempotencyKeys), MaxIdempotencyKeys)])
            Check(value is >= 1 and <= 10_000_000, $"{name} is {value}; set it to 1-10000000");
        foreach (var (name, value) in ((string, double)[])[
            (nameof(WebhookTimeoutSeconds), WebhookTimeoutSeconds),
            (nameof(WebhookBackoffSeconds), WebhookBackoffSeconds),
            (nameof(WebhookMaxBackoffSeconds), WebhookMaxBackoffSeconds),
            (nameof(HangSeconds), HangSeconds),
            (nameof(SlowSeconds), SlowSeconds),
            (nameof(WebhookDelaySeconds), WebhookDelaySeconds),
            (nameof(SearchDelaySeconds), SearchDelaySeconds)])
            Check(
                value is >= 0 and <= 3600 && (value > 0 || name == nameof(SearchDelaySeconds)),
                $"{name} is {value}; set it to more than 0 and at most 3600 seconds");
        foreach (var (name, rate) in FaultRates)
        {
            Check(
                Enum.TryParse<Fault>(name, out _), $"FaultRates:{name} is no fault; there are {string.Join(", ", Enum.GetNames<Fault>())}");
            Check(rate is >= 0 and <= 1, $"FaultRates:{name} is {rate}; set it to 0-1");
        }
        return problems;
    }

    internal static bool IsVersion(string version) => Version().IsMatch(version);

    [GeneratedRegex(@"^\d{4}-\d{2}-\d{2}(\.[a-z_]+)?$")]
    private static partial Regex Version();
}

/// <summary>Somebody who wants to know what happens.</summary>
public sealed class WebhookTarget
{
    /// <summary>Where to post.</summary>
    public string Url { get; set; } = "";

    /// <summary>What to sign with; several while a secret is being replaced.</summary>
    public IList<string> Secrets { get; init; } = [];

    /// <summary>The types of events that are wanted; none means all.</summary>
    public IList<string> EnabledEvents { get; init; } = [];

    internal bool Wants(string type) => EnabledEvents.Count == 0 || EnabledEvents.Contains("*") || EnabledEvents.Contains(type);
}
