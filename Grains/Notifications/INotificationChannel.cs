namespace SoonShop.Notifications;

/// <summary>
/// A way to reach people. To add one (such as SMS), implement this interface, write a handler grain of three lines (see
/// <see cref="MailGrain"/>), and register the channel with the silo's services. Preferences, retries, dead letters and replay need no
/// further code.
/// </summary>
public interface INotificationChannel
{
    /// <summary>Its name in preferences and in the namespace of its stream. See <see cref="ChannelName"/>.</summary>
    string Name { get; }

    /// <summary>The grain type of its handler, which sends messages and remembers them.</summary>
    string Handler { get; }

    /// <summary>True when this recipient has an address on the channel.</summary>
    bool Reaches(Recipient to);

    /// <summary>
    /// Sends a message. Returns when the message is finally accepted. Throws a <see cref="Events.HandlingException"/> of class
    /// <see cref="Events.ErrorClass.Permanent"/> when it will never be accepted. Any other exception leads to a retry with the same
    /// <paramref name="deliveryId"/>.
    /// </summary>
    /// <param name="message">The message.</param>
    /// <param name="deliveryId">The id of this message on this channel, the same at each attempt, so that receivers can detect a
    /// repetition.</param>
    /// <param name="cancellation">Signalled when the attempt times out.</param>
    Task SendAsync(NotificationDue message, string deliveryId, CancellationToken cancellation);
}

/// <summary>Writes the texts of notifications.</summary>
public interface INotificationTexts
{
    /// <summary>Writes title and summary for the inbox, in the locale's language or else in English.</summary>
    NotificationText Write(NotificationKind kind, string locale, NotificationDetails details);
}

/// <summary>The short text of a notification.</summary>
/// <param name="Title">The title, on one line.</param>
/// <param name="Summary">Some sentences, with paragraphs separated by empty lines.</param>
public sealed record NotificationText(string Title, string Summary);

/// <summary>Removes tokens from events whose mail is sent.</summary>
public interface IMailedSecrets
{
    /// <summary>Erases the token from the data of these events. Idempotent.</summary>
    Task EraseAsync(string[] eventIds, CancellationToken cancellation);
}
