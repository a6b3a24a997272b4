namespace SoonShop.RateLimits;

/// <remarks>
/// Lives as long as what it counts: a window longer than the last request, and the collector's rounds. So many subjects cost memory for
/// minutes only, and front ends count IPv6 by network, so that one attacker is few subjects. Mails to an address are counted elsewhere,
/// with those about guests' orders.
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
        : throw new NotSupportedException("Only mails are asked for by name.");

    private IMailLimitGrain MailsTo(Guid address) => GrainFactory.GetGrain<IMailLimitGrain>(MailLimitGrain.KeyOf(address));
}
