using System.Text.Json;
using SoonShop.Aggregates;
using SoonShop.Users;

namespace SoonShop.Notifications;

/// <summary>The rules of a user's notifications: new entries, read marks, and preferences.</summary>
public sealed record NotificationState
{
    /// <summary>
    /// The most notifications in the inbox; the oldest is dropped for a new one. Each event of the user reads and writes all of them: about
    /// 450 bytes each, 25 KB in total.
    /// </summary>
    public const int MaxEntries = 50;

    /// <summary>The initial state of a user.</summary>
    public static NotificationState Empty { get; } = new();

    /// <summary>A copy of the user's profile, kept current by the user's events; null for a guest, and until it is first needed.</summary>
    public NotificationProfile? Profile { get; init; }

    /// <summary>The inbox, newest first.</summary>
    public ImmutableArray<InboxEntry> Inbox { get; init; } = [];

    /// <summary>The number of entries so far, including removed ones.</summary>
    public long Entries { get; init; }

    /// <summary>The preferences that differ from the default.</summary>
    public ImmutableArray<NotificationPreference> Wishes { get; init; } = [];

    /// <summary>The outcomes of a guest's latest mails that were sent with their events (<see cref="GuestMail"/>); null for none.</summary>
    public DeliveryLog? GuestMails { get; init; }

    /// <summary>True when the user was erased. Late events are ignored.</summary>
    public bool IsErased { get; init; }

    /// <summary>The state of an erased user.</summary>
    public static NotificationState Gone { get; } = new() { IsErased = true };

    /// <summary>
    /// Adds a notification: an inbox entry for an account, and a message for each channel that reaches the user and is wanted. A
    /// notification that the inbox has already, or that a guest already has by mail, changes nothing.
    /// </summary>
    public Decision<NotificationState> Add(
        NotificationRequest update, string key, Func<NotificationText> write, IEnumerable<INotificationChannel> channels)
    {
        if (IsErased || Inbox.Any(e => e.Id == update.NotificationId) || GuestMails?.Find(update.NotificationId) is not null)
            return Decision<NotificationState>.NoChange(this);
        var to = Profile is { } known ? known.ToRecipient() : new Recipient(update.GuestEmail, null, LocaleOfGuests);
        if (update.Email is { } address)
            to = to with { Email = address };
        INotificationChannel[] used = [.. channels.Where(c => Wants(update.Kind, c.Name) && c.Reaches(to))];
        var entered = Profile is not null && Wants(update.Kind, ChannelName.Inbox);
        if (!entered && used.Length == 0)
            return Decision<NotificationState>.NoChange(this);
        var next = this;
        if (entered)
        {
            var text = write();
            var entry = new InboxEntry(
                update.NotificationId, Entries + 1, update.Kind, text.Title, text.Summary, update.Details.OrderId, update.At, false,
                [.. used.Select(c => c.Name)]);
            next = this with { Entries = entry.Number, Inbox = [entry, .. Inbox.Take(MaxEntries - 1)] };
        }
        return Decision<NotificationState>.To(next,
        [
            .. used.Select(c => new NotificationDue(key, update.NotificationId, c.Name, update.Kind, to, update.Details, update.At,
                update.EventId)
            {
                IsForGuest = Profile is null,
                IsUnproven = Profile is { EmailVerified: false },
                DeliveryId = Profile is null ? update.EventId : null,
            }),
        ]);
    }

    /// <summary>Returns the state with the outcome of a guest's mail.</summary>
    public NotificationState WithGuestMail(DeliveryRecord record) =>
        this with { GuestMails = (GuestMails ?? DeliveryLog.Empty).With(record) };

    /// <summary>Returns the state with a new profile.</summary>
    public NotificationState WithProfile(NotificationProfile profile) => IsErased ? this : this with { Profile = profile };

    /// <summary>Marks one as read.</summary>
    public Decision<NotificationState> MarkRead(Guid id)
    {
        var place = -1;
        for (var i = 0; i < Inbox.Length && place < 0; i++)
            place = Inbox[i].Id == id ? i : place;
        return place < 0 ? Error.NotFound("not-found.notification", "The notification was not found.")
            : Inbox[place].Read ? Decision<NotificationState>.NoChange(this)
            : Decision<NotificationState>.To(this with { Inbox = Inbox.SetItem(place, Inbox[place] with { Read = true }) });
    }

    /// <summary>Marks all as read.</summary>
    public Decision<NotificationState> MarkAllRead() => Inbox.All(e => e.Read)
        ? Decision<NotificationState>.NoChange(this)
        : Decision<NotificationState>.To(this with { Inbox = [.. Inbox.Select(e => e.Read ? e : e with { Read = true })] });

    /// <summary>The number of unread entries.</summary>
    public int UnreadCount => Inbox.Count(e => !e.Read);

    /// <summary>Returns one page of the inbox; null for an invalid cursor.</summary>
    public (ImmutableArray<InboxEntry> Entries, string? NextCursor)? Page(bool unreadOnly, PageRequest page)
    {
        if (!TryReadCursor(page.Cursor, out var before))
            return null;
        var found = Inbox.Where(e => e.Number < before && !(unreadOnly && e.Read)).Take(page.Limit + 1).ToArray();
        return found.Length > page.Limit
            ? ([.. found[..page.Limit]], FormattableString.Invariant($"{CursorPrefix}{found[page.Limit - 1].Number}"))
            : ([.. found], null);
    }

    /// <summary>True when the user wants a kind on a channel.</summary>
    public bool Wants(NotificationKind kind, string channel)
    {
        if (NotificationKinds.IsRequired(kind, channel))
            return true;
        foreach (var wish in Wishes)
        {
            if (wish.Kind == kind && wish.Channel == channel)
                return wish.Enabled;
        }
        return NotificationKinds.IsDefault(kind, channel);
    }

    /// <summary>Replaces the preferences.</summary>
    /// <param name="choices">The requested preferences.</param>
    /// <param name="channels">The available channels, including the inbox.</param>
    public Decision<NotificationState> Choose(ImmutableArray<NotificationChoice> choices, IReadOnlyCollection<string> channels)
    {
        if (IsErased)
            return Error.NotFound("not-found.user", "The user was not found.");
        var errors = new Dictionary<string, ErrorText[]>();
        var wishes = new List<NotificationPreference>();
        foreach (var choice in choices)
        {
            if (Find(choice.Kind) is not { } kind)
                errors[$"preferences.{choice.Kind}"] = [ErrorText.Of(
                    "field.notification-kind",
                    $"is not a kind of notification; use one of {string.Join(", ", NotificationKinds.All.Select(NameOf))}")];
            else if (!channels.Contains(choice.Channel) || !NotificationKinds.Allows(kind, choice.Channel))
                errors[$"preferences.{choice.Kind}.{choice.Channel}"] = [ErrorText.Of(
                    "field.notification-channel",
                    $"is not a channel for this kind; use one of "
                        + $"{string.Join(", ", channels.Where(c => NotificationKinds.Allows(kind, c)))}")];
            else if (!choice.Enabled && NotificationKinds.IsRequired(kind, choice.Channel))
                errors[$"preferences.{choice.Kind}.{choice.Channel}"] = [ErrorText.Of(
                    "field.notification-required", "cannot be switched off; this notification is always sent")];
            else if (choice.Enabled != NotificationKinds.IsDefault(kind, choice.Channel))
                wishes.Add(new NotificationPreference(kind, choice.Channel, choice.Enabled));
        }
        return errors.Count > 0 ? Error.Invalid(errors)
            : wishes.SequenceEqual(Wishes) ? Decision<NotificationState>.NoChange(this)
            : Decision<NotificationState>.To(this with { Wishes = [.. wishes] });
    }

    /// <summary>Returns each kind's channels, and whether they are enabled.</summary>
    public NotificationPreferences ToPreferences(IReadOnlyCollection<string> channels) => new(
        NotificationKinds.All.ToDictionary(
            NameOf, k => channels.Where(c => NotificationKinds.Allows(k, c)).ToDictionary(c => c, c => Wants(k, c))),
        NotificationKinds.All.Where(k => channels.Any(c => NotificationKinds.IsRequired(k, c)))
            .ToDictionary(NameOf, k => channels.Where(c => NotificationKinds.IsRequired(k, c)).ToArray()));

    /// <summary>Returns a kind's name in the API.</summary>
    public static string NameOf(NotificationKind kind) => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString());

    private static NotificationKind? Find(string name)
    {
        foreach (var kind in NotificationKinds.All)
        {
            if (NameOf(kind) == name)
                return kind;
        }
        return null;
    }

    private static bool TryReadCursor(string? cursor, out long before)
    {
        before = long.MaxValue;
        return cursor is null || (cursor.StartsWith(CursorPrefix, StringComparison.Ordinal)
            && long.TryParse(
                cursor.AsSpan(CursorPrefix.Length), System.Globalization.NumberStyles.None,
                System.Globalization.CultureInfo.InvariantCulture, out before));
    }

    private const string CursorPrefix = "before-";
    /// <summary>The locale of guests, who cannot choose one.</summary>
    public const string LocaleOfGuests = "en";
}

/// <summary>The profile data that a user's mail needs.</summary>
public sealed record NotificationProfile(string Email, string DisplayName, string Locale)
{
    /// <summary>True once the address is verified. It stays true, because an account changes its address only to a verified one.</summary>
    public bool EmailVerified { get; init; }

    /// <summary>Returns the profile of an account.</summary>
    public static NotificationProfile Of(User user) =>
        new(user.Email, user.DisplayName, user.Locale) { EmailVerified = user.EmailVerified };

    /// <summary>Returns the recipient of messages.</summary>
    public Recipient ToRecipient() => new(Email, DisplayName, Locale);
}

/// <summary>A notification in the inbox.</summary>
/// <param name="Id">The id, derived from the event's id.</param>
/// <param name="Number">1, 2, 3 … per user.</param>
/// <param name="Kind">The kind.</param>
/// <param name="Title">The title on one line, in the language of that time.</param>
/// <param name="Text">The text, some sentences.</param>
/// <param name="OrderId">The order that it concerns.</param>
/// <param name="At">The time of the event.</param>
/// <param name="Read">True when it is marked as read.</param>
/// <param name="Channels">The channels on which it was sent as well.</param>
public sealed record InboxEntry(
    Guid Id, long Number, NotificationKind Kind, string Title, string Text, Guid? OrderId, DateTimeOffset At, bool Read,
    ImmutableArray<string> Channels);

/// <summary>Whether a kind is enabled on a channel.</summary>
public sealed record NotificationPreference(NotificationKind Kind, string Channel, bool Enabled);

/// <summary>A request to notify a user.</summary>
/// <param name="EventId">The event that causes it.</param>
/// <param name="At">The time of the event.</param>
/// <param name="Kind">The kind of notification.</param>
/// <param name="Details">The details.</param>
/// <param name="GuestEmail">The address for mail to a user without an account.</param>
public sealed record NotificationRequest(
    string EventId, DateTimeOffset At, NotificationKind Kind, NotificationDetails Details, string? GuestEmail = null)
{
    /// <summary>
    /// The mail address to use instead of the profile's: that of an event about one address, such as one with a token. Null for the
    /// profile's.
    /// </summary>
    public string? Email { get; init; }

    /// <summary>The notification's id. A repeated event gives the same notification.</summary>
    public Guid NotificationId { get; } = Deterministic.Id("notification", EventId);
}
