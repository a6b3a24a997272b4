namespace SoonShop.RateLimits;

/// <summary>
/// Counts mails to unverified addresses. Each grain counts for a fixed part of all addresses: an activation per address would have to live
/// for an hour and cost more than the mail. The counts are kept only in memory and are lost when their silo dies.
/// </summary>
[Alias("soonshop.mail-limit")]
internal interface IMailLimitGrain : IGrainWithIntegerKey
{
    /// <inheritdoc cref="IRateLimitGrain.TakeAsync"/>
    /// <param name="address">The address: <see cref="RateLimitKeys.DigestOf"/>, which must belong to this part.</param>
    /// <param name="limit">The limit.</param>
    [Alias("take")]
    Task<RateLimitResult> TakeAsync(Guid address, RateLimit limit);

    /// <summary>
    /// Requests one mail with an operation id. One that was granted within the window is granted again without being counted again.
    /// </summary>
    /// <param name="address">The address: <see cref="RateLimitKeys.DigestOf"/>, which must belong to this part.</param>
    /// <param name="limit">The limit.</param>
    /// <param name="operationId">The mail's operation id.</param>
    [Alias("take-once"), Repeatable]
    Task<bool> TakeOnceAsync(Guid address, RateLimit limit, Guid operationId);
}
