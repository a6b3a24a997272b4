namespace SoonShop.RateLimits;

/// <remarks>Lives as long as what it counts: the longest window after the last mail.</remarks>
[CollectionAgeLimit(Minutes = 2)]
internal sealed class MailLimitGrain(TimeProvider time) : Grain, IMailLimitGrain
{
    /// <summary>Parts of all addresses: enough that the silos of a large cluster share them.</summary>
    private const int Parts = 64;

    /// <summary>
    /// Mails that a part remembers, in some 80 bytes each: four million of all parts within an hour. Where there are more, the oldest are
    /// forgotten, and their addresses get more mail than the limit says.
    /// </summary>
    private const int MaxGrants = 65_536;

    private readonly SlidingWindows windows = new(time, MaxGrants);

    /// <summary>The part of an address.</summary>
    public static int KeyOf(Guid address) => (int)(AsNumber(address) % Parts);

    Task<RateLimitResult> IMailLimitGrain.TakeAsync(Guid address, RateLimit limit) => Task.FromResult(Take(address, limit, null));

    Task<bool> IMailLimitGrain.TakeOnceAsync(Guid address, RateLimit limit, Guid operationId) => Task.FromResult(Take(address, limit, operationId).Granted);

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
