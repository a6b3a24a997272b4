using Microsoft.Extensions.Options;
using SoonShop.RateLimits;

namespace SoonShop.Notifications;

/// <summary>
/// The limits of mails to one address that nobody has proven: a guest's, or that of an account whose address is not verified. See
/// <see cref="MailLimit"/> for what counts together. Mail to a verified address is never held back.
/// </summary>
internal sealed class UnprovenMailLimit(IGrainFactory grains, IOptions<NotificationsOptions> options)
{
    private readonly RateLimit? limit =
        options.Value.Email.GuestMailsPerHour is > 0 and var requests ? new RateLimit(requests, TimeSpan.FromHours(1)) : null;

    /// <summary>False for a message that is held back for good. The answer to one message is the same at each attempt.</summary>
    public async ValueTask<bool> AllowsAsync(NotificationDue message)
    {
        if (limit is null || message is { IsForGuest: false, IsUnproven: false } || message.To.Email is not { } email
            || NotificationKinds.MailLimitOf(message.Kind) is not { } counted)
            return true;
        var address = counted == MailLimit.Shared ? RateLimitKeys.DigestOf(email) : RateLimitKeys.LimitDigestOf(email, counted.ToString());
        return await grains.GetGrain<IMailLimitGrain>(MailLimitGrain.KeyOf(address)).TakeOnceAsync(address, limit, message.NotificationId);
    }
}
