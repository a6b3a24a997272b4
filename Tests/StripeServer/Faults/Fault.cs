namespace SoonShop.StripeTesting;

/// <summary>What can go wrong with a request, or with the webhooks that it causes.</summary>
public enum Fault
{
    /// <summary>The request is done; no answer comes until the client gives up.</summary>
    TimeoutAfter,
    /// <summary>500, nothing is done and nothing kept: the same request again succeeds.</summary>
    ErrorBefore,
    /// <summary>The request is done, the answer is 500, and stays 500 for its idempotency key.</summary>
    ErrorAfter,
    /// <summary>429 with <c>Stripe-Should-Retry</c> and <c>Retry-After</c>; nothing is done and nothing kept.</summary>
    RateLimit,
    /// <summary>The connection breaks before anything is done.</summary>
    ResetBefore,
    /// <summary>The request is done, and the connection breaks.</summary>
    ResetAfter,
    /// <summary>The request waits before it begins; its idempotency key is in use meanwhile.</summary>
    Slow,
    /// <summary>The webhooks are delivered before the answer is sent.</summary>
    WebhookFirst,
    /// <summary>Each webhook is posted five times, side by side.</summary>
    WebhookDuplicated,
    /// <summary>The webhooks are posted later than those of requests that follow, the last one first.</summary>
    WebhookReordered,
    /// <summary>The webhooks are posted later.</summary>
    WebhookDelayed,
    /// <summary>The first post of each webhook is lost; the next one, after the backoff, is not.</summary>
    WebhookLostOnce,
    /// <summary>The webhooks are never posted.</summary>
    WebhookLost,
}
