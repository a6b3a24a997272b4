using Microsoft.Extensions.Logging;
using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Notifications;

/// <summary>
/// Sends a user's e-mail. Mail servers recover, so it retries for about two hours; what then fails becomes a dead letter. Mail to an
/// unverified address counts towards the limits of mails to one address (<see cref="UnprovenMailLimit"/>).
/// </summary>
[GrainType(MailGrain.Handler), ImplicitStreamSubscription(NotificationDue.NamespacePrefix + ChannelName.Email)]
[Retry(Immediate = 1, Backoff = Backoff.Exponential, Retries = 20, FirstSeconds = 2, Factor = 2, MaxSeconds = 600, Jitter = 0.2)]
[CollectionAgeLimit(Minutes = 2)]
internal sealed class MailGrain(
    [LazyState("mail")] IPersistentState<StateEnvelope<DeliveryLog>> storage, TimeProvider time,
    IEnumerable<INotificationChannel> channels, IMailedSecrets secrets, UnprovenMailLimit mailLimit, BusinessMetrics metrics,
    ILogger<MailGrain> log)
    : ChannelGrain(storage, time, ChannelName.Email, channels, secrets, metrics, log)
{
    /// <summary>The grain type.</summary>
    public const string Handler = "mail";

    protected override ValueTask<bool> MayGoOutAsync(NotificationDue message) => mailLimit.AllowsAsync(message);
}
