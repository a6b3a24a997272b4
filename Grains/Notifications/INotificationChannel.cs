namespace SoonShop.Notifications;

/// <summary>
/// A way to reach people. To add one (SMS, say): implement this, give it a handler grain of three lines (see
/// <see cref="MailGrain"/>), and register it with the silo's services. Preferences, retries, dead letters and replay follow.
/// </summary>
public interface INotificationChannel
{
    /// <summary>Its name in preferences and in the namespace of its stream. See <see cref="ChannelName"/>.</summary>
    string Name { get; }

    /// <summary>The grain type of its handler, which sends and knows what was sent.</summary>
    string Handler { get; }

    /// <summary>True when this reader can be reached: has an address here.</summary>
    bool Reaches(Recipient to);

    /// <summary>
    /// Sends a message. Returns when it was taken over for good. Throws a <see cref="Events.HandlingException"/> of class
    /// <see cref="Events.ErrorClass.Permanent"/> when it never will be; whatever else is thrown is tried again, under the same
    /// <paramref name="deliveryId"/>.
    /// </summary>
    /// <param name="message">What to send.</param>
    /// <param name="deliveryId">The id of this message on this channel, the same at each attempt: receivers can tell a repeat by it.</param>
    /// <param name="cancellation">Signalled when the attempt's time is over.</param>
    Task SendAsync(NotificationDue message, string deliveryId, CancellationToken cancellation);
}

/// <summary>Puts notifications into words.</summary>
public interface INotificationTexts
{
    /// <summary>Title and summary, for the inbox. The language is the locale's, or else English.</summary>
    NotificationText Write(NotificationKind kind, string locale, NotificationDetails details);
}

/// <summary>A notification in few words.</summary>
/// <param name="Title">One line.</param>
/// <param name="Summary">Some sentences, paragraphs parted by empty lines.</param>
public sealed record NotificationText(string Title, string Summary);

/// <summary>Removes tokens from events whose mail is out.</summary>
public interface IMailedSecrets
{
    /// <summary>Erases the token from the data of these events. Harmless when done again.</summary>
    Task EraseAsync(string[] eventIds, CancellationToken cancellation);
}
