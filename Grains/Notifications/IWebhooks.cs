namespace SoonShop.Notifications;

/// <summary>Reads the webhook endpoints.</summary>
public interface IWebhookEndpoints
{
    /// <summary>Returns all endpoints, oldest first.</summary>
    Task<ImmutableArray<WebhookEndpoint>> ListAsync(CancellationToken cancellation);

    /// <summary>
    /// Returns the enabled endpoints that want events of a type, from a list that is at most a second old. It is called with each event,
    /// and nearly always returns none.
    /// </summary>
    ValueTask<ImmutableArray<Guid>> WantingAsync(string eventType, CancellationToken cancellation);

    /// <summary>
    /// Completes when every silo knows all endpoints that were committed before the call. The creation of an endpoint is acknowledged after
    /// this, so that the endpoint gets every event that is committed after the acknowledgement.
    /// </summary>
    Task AreKnownAsync();
}

/// <summary>Posts events to webhook endpoints.</summary>
public interface IWebhookSender
{
    /// <summary>Returns what is wrong with an endpoint's URL; null when it can be posted to.</summary>
    ErrorText? ProblemWith(string url);

    /// <summary>
    /// Posts an event with a signature, and logs the attempt. Returns when the endpoint has responded with 2xx. Otherwise throws: a
    /// permanent error for 410, a retryable one for everything else.
    /// </summary>
    /// <param name="endpointId">The endpoint.</param>
    /// <param name="url">Its URL.</param>
    /// <param name="secret">Its secret, which signs the post.</param>
    /// <param name="e">The event.</param>
    /// <param name="attempt">The number of this attempt, from 1, for the log.</param>
    /// <param name="cancellation">Cancels.</param>
    Task PostAsync(Guid endpointId, string url, string secret, WebhookPayload e, int attempt, CancellationToken cancellation);
}
