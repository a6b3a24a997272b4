namespace SoonShop.RateLimits;

/// <remarks>An activation lives as long as its counts: the longest window after the last mail.</remarks>
[CollectionAgeLimit(Minutes = 2)]
internal sealed class MailLimitGrain(TimeProvider time) : Grain, IMailLimitGrain
{
    /// <summary>The number of parts, large enough to spread over the silos of a large cluster.</summary>
    private const int Parts = 64;

    /// <summary>
    /// The most mails that a part remembers, at about 80 bytes each: four million for all parts within an hour. Beyond that, the oldest are
    /// forgotten, and their addresses can get more mail than the limit allows.
    /// </summary>
    private const int MaxGrants = 65_536;

    private readonly SlidingWindows windows = new(time, MaxGrants);

    /// <summary>Returns the part of an address.</summary>
    public static int KeyOf(Guid address) => (int)(AsNumber(address) % Parts);

    Task<RateLimitResult> IMailLimitGrain.TakeAsync(Guid address, RateLimit limit) => Task.FromResult(Take(address, limit, null));

    Task<bool> IMailLimitGrain.TakeOnceAsync(Guid address, RateLimit limit, Guid operationId) =>
        Task.FromResult(Take(address, limit, operationId).Granted);

    private RateLimitResult Take(Guid address, RateLimit limit, Guid? operationId)
    {
        limit.Validate();
        var result = windows.Take(address, limit, operationId);
        if (result.Granted)
            DelayDeactivation(RateLimit.MaxWindow);
        return result;
    }

    private static ushort AsNumber(Guid address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes);
        return BitConverter.ToUInt16(bytes);
    }
}
