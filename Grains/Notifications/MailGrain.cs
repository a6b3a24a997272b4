using Microsoft.Extensions.Logging;
using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Notifications;

/// <summary>Sends a user's e-mail. Mail servers come back: retries go on for some two hours, and the dead letters keep what is left.</summary>
[GrainType(MailGrain.Handler), ImplicitStreamSubscription(NotificationDue.NamespacePrefix + ChannelName.Email)]
[Retry(Immediate = 1, Backoff = Backoff.Exponential, Retries = 20, FirstSeconds = 2, Factor = 2, MaxSeconds = 600, Jitter = 0.2)]
[CollectionAgeLimit(Minutes = 5)]
internal sealed class MailGrain(
    [HandlerState("mail")] IPersistentState<Document<DeliveryLog>> storage, TimeProvider time,
    IEnumerable<INotificationChannel> channels, IMailedSecrets secrets, ILogger<MailGrain> log)
    : ChannelGrain(storage, time, ChannelName.Email, channels, secrets, log)
{
    /// <summary>Its grain type.</summary>
    public const string Handler = "mail";
}
