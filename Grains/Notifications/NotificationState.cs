using System.Text.Json;
using SoonShop.Aggregates;
using SoonShop.Users;

namespace SoonShop.Notifications;

/// <summary>The rules of a user's notifications: what becomes of news, what is read, and what the user wants.</summary>
public sealed record NotificationState
{
    /// <summary>
    /// Notifications in the inbox; the oldest makes room for a new one. All of them are read and written with each event of their reader: some
    /// 450 bytes each, 25 KB in all.
    /// </summary>
    public const int MaxEntries = 50;

    /// <summary>Nothing heard of the user yet.</summary>
    public static NotificationState Empty { get; } = new();

    /// <summary>A copy of the user's profile, kept up to date by the user's events; null for a guest, and until it was first needed.</summary>
    public NotificationProfile? Profile { get; init; }

    /// <summary>Newest first.</summary>
    public ImmutableArray<InboxEntry> Inbox { get; init; } = [];

    /// <summary>Entries made so far, removed ones included.</summary>
    public long Entries { get; init; }

    /// <summary>What the user chose differently from the default.</summary>
    public ImmutableArray<NotificationPreference> Wishes { get; init; } = [];

    /// <summary>What became of a guest's last mails that went out with their events (<see cref="GuestMail"/>); null where none did.</summary>
    public DeliveryLog? GuestMails { get; init; }

    /// <summary>True when the user was erased: whatever comes late is told to nobody.</summary>
    public bool IsErased { get; init; }

    /// <summary>Of a user who was erased.</summary>
    public static NotificationState Gone { get; } = new() { IsErased = true };

    /// <summary>
    /// Makes a notification of news: an entry in the inbox of who has one, and a message due on each channel that reaches the reader and
    /// is wanted. News that the inbox holds already, or that a guest has by mail, stays what it is.
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
                update.NotificationId, Entries + 1, update.Kind, text.Title, text.Summary, update.Details.OrderId, update.At, false, [.. used.Select(c => c.Name)]);
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

    /// <summary>With what became of a guest's mail.</summary>
    public NotificationState WithGuestMail(DeliveryRecord record) => this with { GuestMails = (GuestMails ?? DeliveryLog.Empty).With(record) };

    /// <summary>Takes over what is new of the profile.</summary>
    public NotificationState WithProfile(NotificationProfile profile) => IsErased ? this : this with { Profile = profile };

    /// <summary>Marks one as read.</summary>
    public Decision<NotificationState> MarkRead(Guid id)
    {
        var place = -1;
        for (var i = 0; i < Inbox.Length && place < 0; i++)
            place = Inbox[i].Id == id ? i : place;
        return place < 0 ? Error.NotFound("The notification")
            : Inbox[place].Read ? Decision<NotificationState>.NoChange(this)
            : Decision<NotificationState>.To(this with { Inbox = Inbox.SetItem(place, Inbox[place] with { Read = true }) });
    }

    /// <summary>Marks all as read.</summary>
    public Decision<NotificationState> MarkAllRead() => Inbox.All(e => e.Read)
        ? Decision<NotificationState>.NoChange(this)
        : Decision<NotificationState>.To(this with { Inbox = [.. Inbox.Select(e => e.Read ? e : e with { Read = true })] });

    /// <summary>Unread entries.</summary>
    public int UnreadCount => Inbox.Count(e => !e.Read);

    /// <summary>One page of the inbox; null for a cursor that is none.</summary>
    public (ImmutableArray<InboxEntry> Entries, string? NextCursor)? Page(bool unreadOnly, PageRequest page)
    {
        if (!TryReadCursor(page.Cursor, out var before))
            return null;
        var found = Inbox.Where(e => e.Number < before && !(unreadOnly && e.Read)).Take(page.Limit + 1).ToArray();
        return found.Length > page.Limit
            ? ([.. found[..page.Limit]], FormattableString.Invariant($"{CursorPrefix}{found[page.Limit - 1].Number}"))
            : ([.. found], null);
    }

    /// <summary>Whether the user wants a kind on a channel.</summary>
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

    /// <summary>Replaces what the user chose.</summary>
    /// <param name="choices">The wishes, as they came in.</param>
    /// <param name="channels">The channels that there are, the inbox included.</param>
    public Decision<NotificationState> Choose(ImmutableArray<NotificationChoice> choices, IReadOnlyCollection<string> channels)
    {
        if (IsErased)
            return Error.NotFound("The user");
        var errors = new Dictionary<string, string[]>();
        var wishes = new List<NotificationPreference>();
        foreach (var choice in choices)
        {
            if (Find(choice.Kind) is not { } kind)
                errors[$"preferences.{choice.Kind}"] = [$"is no kind of notification; there are {string.Join(", ", NotificationKinds.All.Select(NameOf))}"];
            else if (!channels.Contains(choice.Channel) || !NotificationKinds.Allows(kind, choice.Channel))
                errors[$"preferences.{choice.Kind}.{choice.Channel}"] = [$"is no channel of it; there are {string.Join(", ", channels.Where(c => NotificationKinds.Allows(kind, c)))}"];
            else if (!choice.Enabled && NotificationKinds.IsRequired(kind, choice.Channel))
                errors[$"preferences.{choice.Kind}.{choice.Channel}"] = ["cannot be switched off: everybody gets this"];
            else if (choice.Enabled != NotificationKinds.IsDefault(kind, choice.Channel))
                wishes.Add(new NotificationPreference(kind, choice.Channel, choice.Enabled));
        }
        return errors.Count > 0 ? Error.Invalid(errors)
            : wishes.SequenceEqual(Wishes) ? Decision<NotificationState>.NoChange(this)
            : Decision<NotificationState>.To(this with { Wishes = [.. wishes] });
    }

    /// <summary>Each kind's channels, and whether they are on.</summary>
    public NotificationPreferences ToPreferences(IReadOnlyCollection<string> channels) => new(
        NotificationKinds.All.ToDictionary(NameOf, k => channels.Where(c => NotificationKinds.Allows(k, c)).ToDictionary(c => c, c => Wants(k, c))),
        NotificationKinds.All.Where(k => channels.Any(c => NotificationKinds.IsRequired(k, c)))
            .ToDictionary(NameOf, k => channels.Where(c => NotificationKinds.IsRequired(k, c)).ToArray()));

    /// <summary>A kind's name in the API.</summary>
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
            && long.TryParse(cursor.AsSpan(CursorPrefix.Length), System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out before));
    }

    private const string CursorPrefix = "before-";
    /// <summary>The language of who never chose one.</summary>
    public const string LocaleOfGuests = "en";
}

/// <summary>What a user's mail needs of the account.</summary>
public sealed record NotificationProfile(string Email, string DisplayName, string Locale)
{
    /// <summary>True once the address is proven. That stays: an account changes its address only to one that is proven.</summary>
    public bool EmailVerified { get; init; }

    /// <summary>Of an account.</summary>
    public static NotificationProfile Of(User user) => new(user.Email, user.DisplayName, user.Locale) { EmailVerified = user.EmailVerified };

    /// <summary>Whom messages go to.</summary>
    public Recipient ToRecipient() => new(Email, DisplayName, Locale);
}

/// <summary>A notification as the inbox keeps it.</summary>
/// <param name="Id">The id, which follows from the event's.</param>
/// <param name="Number">1, 2, 3 … per user.</param>
/// <param name="Kind">What it tells.</param>
/// <param name="Title">One line, in the language of that moment.</param>
/// <param name="Text">Some sentences.</param>
/// <param name="OrderId">The order that it tells of.</param>
/// <param name="At">When what it tells of happened.</param>
/// <param name="Read">Whether it was marked as read.</param>
/// <param name="Channels">On which channels it went out, too.</param>
public sealed record InboxEntry(
    Guid Id, long Number, NotificationKind Kind, string Title, string Text, Guid? OrderId, DateTimeOffset At, bool Read, ImmutableArray<string> Channels);

/// <summary>A kind on a channel, or not.</summary>
public sealed record NotificationPreference(NotificationKind Kind, string Channel, bool Enabled);

/// <summary>News for a user.</summary>
/// <param name="EventId">The event that brings it.</param>
/// <param name="At">When it happened.</param>
/// <param name="Kind">What it tells.</param>
/// <param name="Details">What there is to tell.</param>
/// <param name="GuestEmail">Where mail goes for who has no account.</param>
public sealed record NotificationRequest(string EventId, DateTimeOffset At, NotificationKind Kind, NotificationDetails Details, string? GuestEmail = null)
{
    /// <summary>
    /// The address that mail goes to whatever the profile says: that of an event about one address, such as one that holds a token; null
    /// for the profile's.
    /// </summary>
    public string? Email { get; init; }

    /// <summary>The notification's id: the same news told twice is one notification.</summary>
    public Guid NotificationId { get; } = Deterministic.Id("notification", EventId);
}
