using System.Text.Json;
using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.RateLimits;
using SoonShop.Tests.Rules;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Notifications;

/// <summary>What a mail about a guest's order takes, and that it goes out once whichever version has had its event before.</summary>
[Collection(nameof(NotifyingSilo))]
public sealed class GuestMailPathTests(NotifyingSilo silo) : IAsyncLifetime
{
    private readonly string cart = Guid.NewGuid().ToString("N");

    private string Email => $"{cart}@example.com";

    public async ValueTask InitializeAsync() => await silo.UntilNobodyWantsAsync("order.cancelled");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task it_takes_one_write_and_no_further_event_and_leaves_memory()
    {
        await silo.QueryAsync<bool>("""
            select pg_notify('soonshop_events', array_to_string(insert_events('shop', jsonb_build_array(jsonb_build_object(
              'id', '/order/' || $1 || '#1', 'source', '/order/' || $1, 'sequence', 1, 'type', 'order.cancelled', 'subject', $1,
              'streamNamespace', 'order', 'streamKey', $1, 'time', now(), 'data', $2::jsonb))), ',')) is not null
            """, cart, JsonSerializer.Serialize(Cancelled, StateJson.Options));
        await silo.MailAsync(Email, "Order SO-9 was cancelled");
        await Until.TrueAsync("it is acknowledged", NotifyingSilo.Limit, async () => await silo.QueryAsync<long>(
            "select count(*) from event e join stream_queue q on q.id = e.queue where e.stream_key = $1 and e.position > q.watermark",
            cart) == 0);

        Assert.Equal(
            "notification 1", await silo.QueryAsync<string>(
                "select string_agg(state_name || ' ' || version, ', ') from grain_state where grain_key = $1", cart));
        Assert.Equal(
            "order.cancelled", await silo.QueryAsync<string>(
                "select string_agg(type, ', ') from event where stream_key = $1 or subject = $1", cart));
        Assert.DoesNotContain(RateLimitKeys.MailTo(Email), (await ActiveAsync()).Select(g => g.Key.ToString()));
        await Until.TrueAsync(
            "nothing of it is in memory", NotifyingSilo.Limit, async () => (await ActiveAsync()).All(g => g.Key.ToString() != cart));
    }

    [Fact]
    public async Task an_event_that_comes_again_is_not_mailed_again()
    {
        var e = NotifyingSilo.Event(cart, Cancelled);
        await SucceedAsync("notification", e);
        await silo.DeactivateAllAsync();
        await SucceedAsync("notification", e);
        // An earlier version, which does not know the note of the mail, keeps what it has handled.
        await silo.DeactivateAllAsync();
        Assert.Equal(1, await silo.QueryAsync<int>("""
            with changed as (update grain_state
                set state = convert_to((convert_from(state, 'UTF8')::jsonb #- '{state,guestMails}')::text, 'UTF8')
                             where state_name = 'notification' and grain_key = $1 returning 1) select count(*)::int from changed
            """, cart));
        await SucceedAsync("notification", e);

        Assert.Equal($"{Deterministic.Id("mail", e.Id):N}@example.com", Assert.Single(silo.MailsTo(Email)).MessageId);
        Assert.Equal(
            "notification 1", await silo.QueryAsync<string>(
                "select string_agg(state_name || ' ' || version, ', ') from grain_state where grain_key = $1", cart));
    }

    [Fact]
    public async Task what_an_earlier_version_has_handled_is_mailed_once_by_the_event_that_it_left()
    {
        var e = NotifyingSilo.Event(cart, Cancelled);
        var left = new NotificationDue(
            cart, Deterministic.Id("notification", e.Id), ChannelName.Email, NotificationKind.OrderCancelled,
            new Recipient(Email, null, "en"), new NotificationDetails { OrderNumber = "SO-9" }, DateTimeOffset.UtcNow, e.Id)
        {
            IsForGuest = true,
        };
        Assert.DoesNotContain("deliveryId", JsonSerializer.Serialize(left, StateJson.Options), StringComparison.Ordinal);
        var due = NotifyingSilo.Event(cart, left);
        await silo.QueryAsync<int>("""
            with made as (insert into grain_state (state_name, grain_key, version, state)
                values ('notification', $1, 1, convert_to($2, 'UTF8')) returning 1)
            select count(*)::int from made
            """, cart, JsonSerializer.Serialize(
                new StateEnvelope<NotificationState>
                {
                    State = NotificationState.Empty,
                    Sequence = 1,
                    ProcessedEventIds = RecentEvents.Append(null, e.Id, 128),
                }, StateJson.Options));

        for (var time = 1; time <= 2; time++)
        {
            await SucceedAsync("notification", e);
            await SucceedAsync("mail", due);
            await silo.DeactivateAllAsync();
        }
        // Under the id under which the earlier version may have tried it.
        Assert.Equal($"{Deterministic.Id("mail", due.Id):N}@example.com", Assert.Single(silo.MailsTo(Email)).MessageId);
    }

    [Fact]
    public async Task where_a_webhook_endpoint_wants_the_event_one_write_holds_the_post_and_the_mail_and_the_mails_own_handler_sends_it()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var endpoint = (await silo.Grains.GetGrain<IWebhookEndpointGrain>(
            Guid.NewGuid()).CreateAsync(receiver.Url, ["order.cancelled"], "tests")).Value!;
        var e = NotifyingSilo.Event(cart, Cancelled);
        await SucceedAsync("notification", e);
        await silo.Grains.GetGrain<IWebhookEndpointGrain>(endpoint.Endpoint.Id).DeleteAsync("tests");

        Assert.Equal(
            $"{Deterministic.Id("mail", e.Id):N}@example.com", (await silo.MailAsync(Email, "Order SO-9 was cancelled")).MessageId);
        Assert.Equal(
            "notification.due, notification.webhook-due",
            await silo.QueryAsync<string>("select string_agg(type, ', ' order by type) from event where subject = $1", cart));
        Assert.Equal(
            1, await silo.QueryAsync<int>(
                "select version::int from grain_state where state_name = 'notification' and grain_key = $1", cart));
    }

    private async Task<GrainId[]> ActiveAsync() =>
        [.. (await silo.Grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics()).Select(s => s.GrainId)];

    private OrderCancelled Cancelled => new(new OrderSummary(Guid.ParseExact(cart, "N"), "SO-9", null, Email, Given.Usd(1000)), null);

    private async Task SucceedAsync(string handler, CloudEvent e)
    {
        var result = await silo.HandleAsync(handler, cart, e);
        Assert.True(result.Succeeded, result.Error?.Stack);
    }
}

/// <summary>The folder for mail cannot be written to at first.</summary>
public sealed class LateMailTests(LateMailTests.SiloWithoutMail silo) : IClassFixture<LateMailTests.SiloWithoutMail>
{
    [Fact]
    public async Task a_mail_that_cannot_go_out_at_once_goes_out_by_the_retries_of_its_own_handler_under_the_same_id()
    {
        var cart = Guid.NewGuid().ToString("N");
        var order = new OrderSummary(Guid.NewGuid(), "SO-9", null, $"{cart}@example.com", Given.Usd(1000));
        var e = NotifyingSilo.Event(cart, new OrderCancelled(order, null));
        var result = await silo.Grains.GetGrain(GrainId.Create("notification", cart)).AsReference<IEventHandler>().RetryAsync(e, 1);
        Assert.True(result.Succeeded, result.Error?.Stack);
        await Until.TrueAsync("it is to be retried", NotifyingSilo.Limit, async () => await silo.QueryAsync<long>(
            "select count(*) from event_delivery where handler = 'mail' and handler_key = $1 and status = 'waiting'", cart) == 1);
        Assert.Equal(
            e.Id, await silo.QueryAsync<string>(
                "select data ->> 'deliveryId' from event where type = 'notification.due' and stream_key = $1", cart));

        File.Delete(silo.Folder);
        await Until.TrueAsync("it is noted as sent", NotifyingSilo.Limit, async () => await silo.QueryAsync<long>(
            "select count(*) from grain_state where state_name = 'mail' and grain_key = $1", cart) == 1);
        var mail = Assert.Single(Directory.EnumerateFiles(silo.Folder));
        Assert.EndsWith($"-OrderCancelled-{Deterministic.Id("mail", e.Id):N}.eml", mail, StringComparison.Ordinal);
        Directory.Delete(silo.Folder, recursive: true);
    }

    /// <summary>Where its folder for mail is to be, there is a file.</summary>
    public sealed class SiloWithoutMail : InProcessSilo
    {
        internal string Folder { get; } = Path.GetTempFileName();

        protected override Dictionary<string, string?> Settings => new()
        {
            ["Notifications:Email:Mode"] = "Directory",
            ["Notifications:Email:Directory"] = Folder,
            ["Notifications:Email:From"] = "shop@example.com",
        };
    }
}
