using System.Text.Json;
using SoonShop.Aggregates;
using SoonShop.Notifications;

namespace SoonShop.Tests.Rules;

public sealed class NotificationStateTests
{
    private static readonly NotificationText Text = new("Title", "Text");
    private static readonly NotificationState Ada = NotificationState.Empty
        .WithProfile(new NotificationProfile("ada@example.com", "Ada", "en"));
    private static readonly string[] Channels = [ChannelName.Inbox, ChannelName.Email];
    private static readonly INotificationChannel Email = new Mailbox(ChannelName.Email);

    [Fact]
    public void news_go_into_the_inbox_and_are_due_on_each_channel()
    {
        var decision = Announce(Ada, News(1), Email, new Mailbox("sms"));

        var entry = Assert.Single(decision.Next().Inbox);
        Assert.Equal((1, "Title", "Text", false), (entry.Number, entry.Title, entry.Text, entry.Read));
        Assert.Equal([ChannelName.Email], entry.Channels);
        var due = Assert.IsType<NotificationDue>(Assert.Single(decision.Events));
        Assert.Equal((entry.Id, "event 1", "ada@example.com"), (due.NotificationId, due.CausedBy, due.To.Email));
        Assert.Equal("notification-email", due.Stream!.Value.Namespace);
    }

    [Fact]
    public void the_same_news_twice_is_one_notification()
    {
        var first = Announce(Ada, News(1), Email).Next();

        Assert.False(Announce(first, News(1), Email).Changed);
        Assert.NotEqual(first.Inbox[0].Id, Announce(first, News(2), Email).Next().Inbox[0].Id);
    }

    [Fact]
    public void a_guest_gets_mail_and_has_no_inbox()
    {
        var decision = Announce(NotificationState.Empty, News(1, guest: "guest@example.com"), Email);

        Assert.Empty(decision.Next().Inbox);
        Assert.Equal("guest@example.com", Assert.IsType<NotificationDue>(Assert.Single(decision.Events)).To.Email);
    }

    [Fact]
    public void without_a_channel_a_guest_costs_no_write() =>
        Assert.False(Announce(NotificationState.Empty, News(1, guest: "guest@example.com")).Changed);

    [Theory]
    [InlineData(NotificationKind.EmailVerification)]
    [InlineData(NotificationKind.PasswordReset)]
    [InlineData(NotificationKind.EmailChangeConfirmation)]
    [InlineData(NotificationKind.EmailChangeRequested)]
    [InlineData(NotificationKind.EmailChanged)]
    public void what_carries_a_token_is_mailed_and_kept_nowhere(NotificationKind kind)
    {
        var decision = Announce(Ada, News(1, kind), Email);

        Assert.Empty(decision.Next().Inbox);
        Assert.Single(decision.Events);
    }

    [Fact]
    public void news_of_one_address_go_there_whatever_the_profile_says()
    {
        var due = Assert.IsType<NotificationDue>(
            Assert.Single(Announce(Ada, News(1, NotificationKind.EmailChanged) with { Email = "former@example.com" }, Email).Events));

        Assert.Equal(("former@example.com", "Ada", false), (due.To.Email, due.To.Name, due.IsForGuest));
    }

    [Fact]
    public void mail_to_a_guest_or_to_an_address_that_is_not_proven_is_marked_for_the_limits_of_mails_to_one_address()
    {
        (bool, bool) Marks(NotificationState state)
        {
            var due = Assert.IsType<NotificationDue>(Assert.Single(Announce(state, News(1, guest: "guest@example.com"), Email).Events));
            return (due.IsForGuest, due.IsUnproven);
        }

        Assert.Equal((true, false), Marks(NotificationState.Empty));
        Assert.Equal((false, true), Marks(Ada));
        Assert.Equal((false, false), Marks(Ada.WithProfile(Ada.Profile! with { EmailVerified = true })));
    }

    [Fact]
    public void what_anybody_can_bring_about_at_a_strangers_address_is_limited()
    {
        var limits = NotificationKinds.All.ToLookup(NotificationKinds.MailLimitOf);

        Assert.Equal([NotificationKind.OrderConfirmed], limits[MailLimit.Confirmations]);
        Assert.Equal([NotificationKind.OrderRefunded], limits[MailLimit.Refunds]);
        Assert.Equal([NotificationKind.EmailVerification], limits[MailLimit.Verifications]);
        Assert.Equal(
            [
                NotificationKind.PasswordChanged, NotificationKind.OrderRejected, NotificationKind.OrderCancelled,
                NotificationKind.OrderExpired, NotificationKind.PaymentFailed, NotificationKind.PaymentActionRequired,
                NotificationKind.EmailChangeRequested, NotificationKind.OrderUnitsCancelled, NotificationKind.ReturnRequested,
            ],
            limits[MailLimit.Shared]);
        // What administrators are told, what the shop does, and what front ends limit by the address, or a token brings about.
        Assert.Equal(
            [
                NotificationKind.Welcome, NotificationKind.PasswordReset, NotificationKind.OrderShipped, NotificationKind.OrderDelivered,
                NotificationKind.LowStock, NotificationKind.OutOfStock, NotificationKind.PaymentDisputed, NotificationKind.DisputeClosed,
                NotificationKind.RefundFailed, NotificationKind.EmailChangeConfirmation, NotificationKind.EmailChanged,
                NotificationKind.EmailChangeUndone,
                NotificationKind.OrderPartiallyShipped, NotificationKind.ReturnApproved, NotificationKind.ReturnRefused,
                NotificationKind.ReturnReceived, NotificationKind.OrderPaymentRequested,
            ],
            limits[null]);
    }

    [Theory]
    [InlineData(NotificationKind.EmailChangeConfirmation)]
    [InlineData(NotificationKind.EmailChangeRequested)]
    [InlineData(NotificationKind.EmailChanged)]
    [InlineData(NotificationKind.EmailChangeUndone)]
    public void what_tells_of_another_address_cannot_be_switched_off(NotificationKind kind) =>
        Assert.True(NotificationKinds.IsRequired(kind, ChannelName.Email));

    [Fact]
    public void a_welcome_is_not_mailed() => Assert.Empty(Announce(Ada, News(1, NotificationKind.Welcome), Email).Events);

    [Fact]
    public void the_inbox_is_bounded_and_newest_first()
    {
        var full = Enumerable.Range(1, NotificationState.MaxEntries + 5).Aggregate(Ada, (state, n) =>
            Announce(state, News(n), Email).Next());

        Assert.Equal(NotificationState.MaxEntries, full.Inbox.Length);
        Assert.Equal(
            Enumerable.Range(0, NotificationState.MaxEntries).Select(i => NotificationState.MaxEntries + 5L - i),
            full.Inbox.Select(e => e.Number));
    }

    /// <summary>It is read and written with each event of its reader.</summary>
    [Fact]
    public void what_is_kept_of_a_loyal_customer_is_no_more_than_32_kilobytes()
    {
        var entry = new InboxEntry(
            Guid.NewGuid(), 1, NotificationKind.OrderConfirmed, new string('t', 60), new string('x', 180), Guid.NewGuid(), Given.Now, false,
            [ChannelName.Email, "sms"]);
        var full = Ada with { Inbox = [.. Enumerable.Repeat(entry, NotificationState.MaxEntries)] };
        var log = DeliveryLog.Empty with
        { Recent = [.. Enumerable.Repeat(new DeliveryRecord(entry.Id, Given.Now, 1, MessageStatus.Sent), DeliveryLog.MaxRecords)] };

        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(full, StateJson.Options).Length, 15_000, 32_000);
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(log, StateJson.Options).Length, 4_000, 10_000);
    }

    [Fact]
    public void a_page_ends_where_the_next_begins()
    {
        var five = Enumerable.Range(1, 5).Aggregate(Ada, (state, n) => Announce(state, News(n), Email).Next());
        five = five.MarkRead(five.Inbox[1].Id).Next();

        var first = five.Page(unreadOnly: false, new PageRequest(2))!.Value;
        var second = five.Page(unreadOnly: false, new PageRequest(2, first.NextCursor))!.Value;
        var third = five.Page(unreadOnly: false, new PageRequest(2, second.NextCursor))!.Value;

        Assert.Equal([5, 4], first.Entries.Select(e => e.Number));
        Assert.Equal([3, 2], second.Entries.Select(e => e.Number));
        Assert.Equal([1], third.Entries.Select(e => e.Number));
        Assert.Null(third.NextCursor);
        Assert.Equal([5, 3, 2, 1], five.Page(unreadOnly: true, new PageRequest(10))!.Value.Entries.Select(e => e.Number));
        Assert.Equal(4, five.UnreadCount);
    }

    [Fact]
    public void a_page_stays_what_it_is_when_something_new_comes()
    {
        var three = Enumerable.Range(1, 3).Aggregate(Ada, (state, n) => Announce(state, News(n), Email).Next());
        var cursor = three.Page(unreadOnly: false, new PageRequest(1))!.Value.NextCursor;

        var four = Announce(three, News(4), Email).Next();

        Assert.Equal([2, 1], four.Page(unreadOnly: false, new PageRequest(5, cursor))!.Value.Entries.Select(e => e.Number));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("before-")]
    [InlineData("before--1")]
    [InlineData("before-99999999999999999999")]
    [InlineData("5")]
    public void a_cursor_that_is_none_is_seen(string cursor) => Assert.Null(Ada.Page(unreadOnly: false, new PageRequest(5, cursor)));

    [Fact]
    public void what_is_read_stays_read()
    {
        var two = Announce(Announce(Ada, News(1), Email).Next(), News(2), Email).Next();
        var read = two.MarkRead(two.Inbox[0].Id).Next();

        Assert.Equal([true, false], read.Inbox.Select(e => e.Read));
        Assert.False(read.MarkRead(two.Inbox[0].Id).Changed);
        Assert.Equal(0, read.MarkAllRead().Next().UnreadCount);
        Assert.False(read.MarkAllRead().Next().MarkAllRead().Changed);
        two.MarkRead(Given.Id(99)).IsRefused(ErrorCode.NotFound);
    }

    [Fact]
    public void what_is_switched_off_is_not_sent()
    {
        var quiet = Ada.Choose([Choice("orderShipped", ChannelName.Email, false)], Channels).Next();

        var decision = Announce(quiet, News(1), Email);

        Assert.Empty(decision.Events);
        Assert.Single(decision.Next().Inbox);
        Assert.False(quiet.ToPreferences(Channels).Preferences["orderShipped"][ChannelName.Email]);
        Assert.Single(Announce(quiet.Choose([], Channels).Next(), News(2), Email).Events);
    }

    [Fact]
    public void what_is_off_by_default_can_be_switched_on() => Assert.Single(
        Announce(
            Ada.Choose([Choice("welcome", ChannelName.Email, true)], Channels).Next(), News(1, NotificationKind.Welcome), Email).Events);

    [Fact]
    public void choosing_the_same_again_changes_nothing()
    {
        ImmutableArray<NotificationChoice> choices = [Choice("orderShipped", ChannelName.Email, false)];
        Assert.False(Ada.Choose(choices, Channels).Next().Choose(choices, Channels).Changed);
        Assert.False(Ada.Choose([Choice("orderShipped", ChannelName.Email, true)], Channels).Changed);
    }

    [Theory]
    [InlineData("emailVerification")]
    [InlineData("passwordReset")]
    [InlineData("passwordChanged")]
    [InlineData("orderConfirmed")]
    [InlineData("orderRefunded")]
    public void mail_that_a_user_must_get_cannot_be_switched_off(string kind)
    {
        var error = Ada.Choose([Choice(kind, ChannelName.Email, false)], Channels).Error;

        Assert.Equal(ErrorCode.ValidationFailed, error?.Code);
        Assert.Equal([$"preferences.{kind}.email"], error!.Errors!.Keys);
        Assert.Equal(["email"], Ada.ToPreferences(Channels).Required[kind]);
        Assert.Null(Ada.Choose([Choice(kind, ChannelName.Email, true)], Channels).Error);
    }

    [Theory]
    [InlineData("nonsense", "email", "preferences.nonsense")]
    [InlineData("orderShipped", "pigeon", "preferences.orderShipped.pigeon")]
    [InlineData("passwordReset", "inbox", "preferences.passwordReset.inbox")]
    public void unknown_kinds_and_channels_are_named(string kind, string channel, string field) =>
        Assert.Equal([field], Ada.Choose([Choice(kind, channel, true)], Channels).Error!.Errors!.Keys);

    [Fact]
    public void the_last_deliveries_are_remembered_once_each()
    {
        var log = Enumerable.Range(0, DeliveryLog.MaxRecords + 10)
            .Aggregate(DeliveryLog.Empty, (l, n) => l.With(new DeliveryRecord(Given.Id(n), Given.Now, 1, MessageStatus.Failed)));
        log = log.With(new DeliveryRecord(Given.Id(50), Given.Now, 2, MessageStatus.Sent));

        Assert.Equal(DeliveryLog.MaxRecords, log.Recent.Length);
        Assert.Equal((2, MessageStatus.Sent), (log.Find(Given.Id(50))!.Attempts, log.Find(Given.Id(50))!.Status));
        Assert.Null(log.Find(Given.Id(3)));
    }

    private static Decision<NotificationState> Announce(
        NotificationState state, NotificationRequest update, params INotificationChannel[] channels) =>
        state.Add(update, "key", () => Text, channels);

    private static NotificationRequest News(int number, NotificationKind kind = NotificationKind.OrderShipped, string? guest = null) =>
        new($"event {number}", Given.Now, kind, new NotificationDetails(), guest);

    private static NotificationChoice Choice(string kind, string channel, bool enabled) => new(kind, channel, enabled);

    private sealed class Mailbox(string name) : INotificationChannel
    {
        public string Name => name;
        public string Handler => name;
        public bool Reaches(Recipient to) => to.Email is not null;
        public Task SendAsync(NotificationDue message, string deliveryId, CancellationToken cancellation) =>
            throw new NotSupportedException();
    }
}
