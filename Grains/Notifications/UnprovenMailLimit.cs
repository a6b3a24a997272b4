using Microsoft.Extensions.Options;
using SoonShop.RateLimits;

namespace SoonShop.Notifications;

/// <summary>
/// Limits mails to one unverified address: a guest's, or that of an account without verification. See <see cref="MailLimit"/> for what
/// counts together. Mail to a verified address is never limited.
/// </summary>
internal sealed class UnprovenMailLimit(IGrainFactory grains, IOptions<NotificationsOptions> options)
{
    private readonly RateLimit? limit =
        options.Value.Email.GuestMailsPerHour is > 0 and var requests ? new RateLimit(requests, TimeSpan.FromHours(1)) : null;

    /// <summary>Returns false for a message that must not be sent. The result for one message is the same at each attempt.</summary>
    public async ValueTask<bool> AllowsAsync(NotificationDue message)
    {
        if (limit is null || message is { IsForGuest: false, IsUnproven: false } || message.To.Email is not { } email
            || NotificationKinds.MailLimitOf(message.Kind) is not { } counted)
            return true;
        var address = counted == MailLimit.Shared ? RateLimitKeys.DigestOf(email) : RateLimitKeys.LimitDigestOf(email, counted.ToString());
        return await grains.Reference<IMailLimitGrain>(MailLimitGrain.KeyOf(address)).TakeOnceAsync(address, limit, message.NotificationId);
    }
}
