using Microsoft.Extensions.Options;
using SoonShop.RateLimits;

namespace SoonShop.Notifications;

/// <summary>
/// The limit of mails to one address that nobody has proven. Mail about guests' orders counts in it, with the mails that front ends let
/// anybody ask for; accounts' mail does not, and is never held back.
/// </summary>
internal sealed class GuestMailLimit(IGrainFactory grains, IOptions<NotificationsOptions> options)
{
    private readonly RateLimit? limit =
        options.Value.Email.GuestMailsPerHour is > 0 and var requests ? new RateLimit(requests, TimeSpan.FromHours(1)) : null;

    /// <summary>False for a message that is held back for good. The answer to one message is the same at each attempt.</summary>
    public async ValueTask<bool> AllowsAsync(NotificationDue message)
    {
        if (limit is null || !message.IsForGuest || message.To.Email is not { } email || !NotificationKinds.IsLimitedForGuests(message.Kind))
            return true;
        var address = RateLimitKeys.DigestOf(email);
        return await grains.GetGrain<IMailLimitGrain>(MailLimitGrain.KeyOf(address)).TakeOnceAsync(address, limit, message.NotificationId);
    }
}
