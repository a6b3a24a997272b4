namespace SoonShop.Notifications;

/// <summary>Knows the webhook endpoints.</summary>
public interface IWebhookEndpoints
{
    /// <summary>All of them, oldest first.</summary>
    Task<ImmutableArray<WebhookEndpoint>> ListAsync(CancellationToken cancellation);

    /// <summary>
    /// The enabled endpoints that want events of a type, as they were a second ago at most: asked with each event, and nearly always
    /// none.
    /// </summary>
    ValueTask<ImmutableArray<Guid>> WantingAsync(string eventType, CancellationToken cancellation);

    /// <summary>
    /// Ends when every silo knows of what was committed before: nothing older is gone by then. An endpoint is acknowledged after this, so
    /// that it gets each event that is committed after it was acknowledged.
    /// </summary>
    Task AreKnownAsync();
}

/// <summary>Posts events to webhook endpoints.</summary>
public interface IWebhookSender
{
    /// <summary>What is wrong with an endpoint's address; null when it can be posted to.</summary>
    string? ProblemWith(string url);

    /// <summary>
    /// Posts an event, signed. Returns when the endpoint has answered 2xx; throws otherwise: 410 as permanent, everything else is
    /// worth a retry.
    /// </summary>
    Task PostAsync(Guid endpointId, string url, string secret, WebhookPayload e, CancellationToken cancellation);
}
