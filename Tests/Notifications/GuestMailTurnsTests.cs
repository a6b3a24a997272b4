using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SoonShop.Events;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.Tests.Rules;

namespace SoonShop.Tests.Notifications;

/// <summary>Which mails go out with their events, and which are left to their own handler.</summary>
public sealed class GuestMailTurnsTests
{
    private readonly Channel channel = new();
    private readonly GuestMail mail;

    public GuestMailTurnsTests() => mail = new GuestMail(
        [channel], new UnprovenMailLimit(null!, Options.Create(new NotificationsOptions { Email = { GuestMailsPerHour = 0 } })),
        TimeProvider.System, NullLogger<GuestMail>.Instance);

    [Fact]
    public async Task one_that_is_taken_is_noted()
    {
        channel.Taken.SetResult();
        var record = await mail.TrySendAsync(Due(1), Attempt(3, Cancellation));

        Assert.Equal(
            (Given.Id(1), 3, MessageStatus.Sent, false), (record!.NotificationId, record.Attempts, record.Status, record.IsSuppressed));
        Assert.Equal(["delivery 1"], channel.Ids);
    }

    [Fact]
    public async Task one_that_cannot_be_sent_is_left_to_the_handler()
    {
        channel.Taken.SetException(new IOException("no"));
        Assert.Null(await mail.TrySendAsync(Due(1), First));
    }

    [Fact]
    public async Task an_account_s_is_left_to_the_handler() =>
        Assert.Null(await mail.TrySendAsync(Due(1) with { DeliveryId = null }, First));

    [Fact]
    public async Task one_whose_attempt_is_over_before_its_end_is_known_is_not_left_to_another_handler()
    {
        using var end = new CancellationTokenSource();
        var sending = mail.TrySendAsync(Due(1), Attempt(1, end.Token));
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task while_as_many_as_may_be_are_under_way_more_are_left_to_the_handler_but_for_what_was_tried_before()
    {
        var first = Enumerable.Range(1, GuestMail.MaxAtATime).Select(n => mail.TrySendAsync(Due(n), First)).ToArray();
        Assert.Equal(GuestMail.MaxAtATime, channel.Ids.Count);
        Assert.Null(await mail.TrySendAsync(Due(100), First));
        var again = mail.TrySendAsync(Due(101), Attempt(2, Cancellation));
        Assert.Equal("delivery 101", channel.Ids[^1]);

        // One that waits for its turn gets it.
        var waiting = mail.TrySendAsync(Due(102), First);
        channel.Taken.SetResult();
        Assert.All(await Task.WhenAll([.. first, again]), Assert.NotNull);
        await waiting;
        Assert.NotNull(await mail.TrySendAsync(Due(103), First));
    }

    private static NotificationDue Due(int number) => new(
        "key", Given.Id(number), ChannelName.Email, NotificationKind.OrderShipped, new Recipient("guest@example.com", null, "en"),
        new NotificationDetails(), Given.Now, $"event {number}")
    {
        IsForGuest = true,
        DeliveryId = $"delivery {number}",
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static EventContext First => Attempt(1, Cancellation);

    private static EventContext Attempt(int number, CancellationToken cancellation) => new(
        NotifyingSilo.Event("key", new OrderDelivered(new OrderSummary(Given.OrderId, "SO-1", null, "guest@example.com", Given.Usd(1)))),
        number, cancellation);

    private sealed class Channel : INotificationChannel
    {
        public TaskCompletionSource Taken { get; } = new();
        public List<string> Ids { get; } = [];
        public string Name => ChannelName.Email;
        public string Handler => "mail";
        public bool Reaches(Recipient to) => true;

        public async Task SendAsync(NotificationDue message, string deliveryId, CancellationToken cancellation)
        {
            Ids.Add(deliveryId);
            await Taken.Task.WaitAsync(cancellation);
        }
    }
}
