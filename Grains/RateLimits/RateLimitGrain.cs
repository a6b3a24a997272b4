namespace SoonShop.RateLimits;

/// <remarks>
/// An activation lives as long as its counts: a window longer than the last request, and the collector's interval. Many subjects therefore
/// use memory only for minutes. Front ends count IPv6 addresses by network, so that one attacker is few subjects. Mails to an address are
/// counted by <see cref="MailLimitGrain"/>, together with those about guests' orders.
/// </remarks>
[CollectionAgeLimit(Minutes = 2)]
internal sealed class RateLimitGrain(TimeProvider time) : Grain, IRateLimitGrain
{
    private readonly SlidingWindow window = new(time);

    private Guid? MailedAddress => RateLimitKeys.MailedAddressIn(this.GetPrimaryKeyString());

    Task<RateLimitResult> IRateLimitGrain.TakeAsync(RateLimit limit)
    {
        if (MailedAddress is { } address)
            return MailsTo(address).TakeAsync(address, limit);
        limit.Validate();
        var result = window.Take(limit);
        if (result.Granted)
            DelayDeactivation(limit.Window);
        return Task.FromResult(result);
    }

    Task<bool> IRateLimitGrain.TakeOnceAsync(RateLimit limit, Guid operationId) => MailedAddress is { } address
        ? MailsTo(address).TakeOnceAsync(address, limit, operationId)
        : throw new NotSupportedException("Only mails have operation ids.");

    private IMailLimitGrain MailsTo(Guid address) => GrainFactory.GetGrain<IMailLimitGrain>(MailLimitGrain.KeyOf(address));
}
