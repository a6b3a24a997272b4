namespace SoonShop.RateLimits;

/// <summary>
/// Counts mails to addresses that nobody has proven: for a fixed part of all addresses, since an activation for each, which would have to
/// live for an hour, costs more than the mail. The count is kept in memory alone: when a silo dies, the counts it held begin anew.
/// </summary>
[Alias("soonshop.mail-limit")]
internal interface IMailLimitGrain : IGrainWithIntegerKey
{
    /// <inheritdoc cref="IRateLimitGrain.TakeAsync"/>
    /// <param name="address">The address: <see cref="RateLimitKeys.DigestOf"/>, which must be one of this part.</param>
    /// <param name="limit">The limit.</param>
    [Alias("take")]
    Task<RateLimitResult> TakeAsync(Guid address, RateLimit limit);

    /// <summary>Asks for one mail by name. One that was granted within the window is granted again without being counted again.</summary>
    /// <param name="address">The address: <see cref="RateLimitKeys.DigestOf"/>, which must be one of this part.</param>
    /// <param name="limit">The limit.</param>
    /// <param name="operationId">The mail's name.</param>
    [Alias("take-once"), Repeatable]
    Task<bool> TakeOnceAsync(Guid address, RateLimit limit, Guid operationId);
}
