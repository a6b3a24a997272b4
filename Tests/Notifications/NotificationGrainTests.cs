using System.Text.Json.Nodes;
using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Events;
using SoonShop.Inventory;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.Payments;
using SoonShop.Tests.Rules;
using SoonShop.Tests.Running;
using SoonShop.Users;

namespace SoonShop.Tests.Notifications;

/// <summary>From an event to the inbox, the mail and the webhook, handler by handler.</summary>
[Collection(nameof(NotifyingSilo))]
public sealed class NotificationGrainTests(NotifyingSilo silo)
{
    [Fact]
    public async Task news_come_into_the_inbox_and_go_out_by_mail_once()
    {
        var user = await silo.RegisterAsync();
        var key = user.Id.ToString("N");
        var e = NotifyingSilo.Event(key, new OrderShipped(Facts(user), "Turtle Post", "TP-1"));

        await SucceedAsync("notification", key, e);
        await silo.DeactivateAllAsync();
        await SucceedAsync("notification", key, e, attempt: 2);
        var entry = (await NewsAsync(user)).Single();
        Assert.Equal((NotificationKind.OrderShipped, "Order SO-1 is on its way", false), (entry.Kind, entry.Title, entry.Read));

        Assert.Contains("TP-1", (await silo.MailAsync(user.Email, "Order SO-1 is on its way")).TextBody!, StringComparison.Ordinal);
        await Until.TrueAsync("the mail is noted", NotifyingSilo.Limit, async () =>
            (await NewsAsync(user)).Single().Channels.Single().Status == MessageStatus.Sent);
        await silo.DeactivateAllAsync();
        await SucceedAsync("mail", key, Assert.Single(await DueAsync(key, NotificationKind.OrderShipped)), attempt: 4);
        await silo.MailAsync(user.Email, "Order SO-1 is on its way");
        Assert.Equal(2, await silo.QueryAsync<int>( // the token's, too
            """
            select jsonb_array_length(convert_from(state, 'UTF8')::jsonb #> '{state,recent}') from grain_state
            where state_name = 'mail' and grain_key = $1
            """, key));
    }

    [Fact]
    public async Task a_mailed_token_does_not_stay_in_the_database()
    {
        var user = await silo.RegisterAsync();
        var mail = Assert.Single(silo.MailsTo(user.Email));
        var token = mail.TextBody!.Split("use this code: ")[1].Split('\n')[0].Trim();
        Assert.Contains($"verify-email?token={token}", mail.HtmlBody!, StringComparison.Ordinal);

        await Until.TrueAsync("no event holds the token", NotifyingSilo.Limit, async () =>
            await silo.QueryAsync<long>("select count(*) from event where data::text like $1", $"%{token}%") == 0);
        Assert.Equal(
            0, await silo.QueryAsync<long>(
                "select count(*) from grain_state where state is not null and position(convert_to($1, 'UTF8') in state) > 0", token));
        Assert.DoesNotContain(await NewsAsync(user), n => n.Kind == NotificationKind.EmailVerification);
        Assert.False((await silo.Grains.GetGrain<IUserGrain>(user.Id).VerifyEmailAsync(MailedToken.Parse(token)!.Secret)).IsError);
    }

    [Fact]
    public async Task the_language_follows_the_profile_even_when_old_news_come_late()
    {
        var user = await silo.RegisterAsync();
        var key = user.Id.ToString("N");
        await silo.Grains.GetGrain<IUserGrain>(user.Id).UpdateProfileAsync("艾达", "zh-CN");
        await SucceedAsync("notification", key, NotifyingSilo.Event(key, new ProfileUpdated(user.Id, "Ada", "en")));
        await SucceedAsync("notification", key, NotifyingSilo.Event(key, new PasswordChanged(user.Id, user.Email)));

        Assert.Equal("您的密码已更改", (await NewsAsync(user)).Single().Title);
        Assert.Contains("艾达", (await silo.MailAsync(user.Email, "您的密码已更改")).TextBody!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_guest_gets_mail_at_the_orders_address()
    {
        var cart = Guid.NewGuid().ToString("N");
        var email = $"{cart}@example.com";
        await SucceedAsync(
            "notification", cart, NotifyingSilo.Event(
                cart, new OrderDelivered(new OrderSummary(Guid.NewGuid(), "SO-9", null, email, Given.Usd(1000)))));

        await silo.MailAsync(email, "Order SO-9 was delivered");
        Assert.Empty((await silo.Inbox(Guid.ParseExact(cart, "N")).ListAsync(false, new PageRequest())).Value!.Items);
    }

    [Fact]
    public async Task what_a_user_does_not_want_is_not_mailed()
    {
        var user = await silo.RegisterAsync();
        var key = user.Id.ToString("N");
        Assert.False((await silo.Inbox(user.Id).SetPreferencesAsync([new NotificationChoice("orderShipped", "email", false)])).IsError);
        await SucceedAsync("notification", key, NotifyingSilo.Event(key, new OrderShipped(Facts(user), "Turtle Post", "TP-1")));

        Assert.Empty(await DueAsync(key, NotificationKind.OrderShipped));
        Assert.Empty((await NewsAsync(user)).Single().Channels);
    }

    [Fact]
    public async Task an_order_that_is_unknown_is_no_reason_to_try_for_ever()
    {
        var user = await silo.RegisterAsync();
        var result = await silo.HandleAsync(
            "notification", user.Id.ToString("N"), NotifyingSilo.Event(user.Id.ToString("N"), new OrderConfirmed(Facts(user))));

        Assert.Equal(ErrorClass.Permanent, result.Error?.Class);
    }

    [Fact]
    public async Task an_address_that_the_mail_library_refuses_is_no_reason_to_try_for_ever()
    {
        var key = Guid.NewGuid().ToString("N");
        var due = new NotificationDue(
            key, Guid.NewGuid(), ChannelName.Email, NotificationKind.OrderDelivered, new Recipient("two words@example.com", null, "en"),
            new NotificationDetails { OrderId = Guid.NewGuid(), OrderNumber = "SO-9" }, DateTimeOffset.UtcNow, "event 1");
        var result = await silo.HandleAsync("mail", key, NotifyingSilo.Event(key, due));

        Assert.Equal(ErrorClass.Permanent, result.Error?.Class);
        Assert.Equal(1, await silo.QueryAsync<long>("select count(*) from event where type = 'notification.failed' and subject = $1", key));
    }

    [Fact]
    public async Task every_administrator_hears_once_of_stock_that_ran_low()
    {
        var (one, other, customer) = (
            await silo.RegisterAsync(admin: true), await silo.RegisterAsync(admin: true), await silo.RegisterAsync());
        var e = NotifyingSilo.Event("MUG", new InventoryLowStock("MUG", 2, 5));
        await SucceedAsync("stock-alert", "MUG", e);
        await silo.DeactivateAllAsync();
        await SucceedAsync("stock-alert", "MUG", e, attempt: 2);

        foreach (var admin in (User[])[one, other])
        {
            Assert.Single(await NewsAsync(admin), n => n.Title == "MUG is running low");
            await silo.MailAsync(admin.Email, "MUG is running low");
        }
        Assert.Empty(await NewsAsync(customer));
    }

    [Fact]
    public async Task accounts_from_before_there_were_roles_beside_the_state_are_found_too()
    {
        var admin = await silo.RegisterAsync(admin: true);
        await silo.QueryAsync<int>(
            "with old as (update grain_state_user set index = index - 'roles' where grain_key = $1 returning 1) select count(*)::int from "
                + "old", admin.Id.ToString("N"));
        await using var migration = typeof(SoonShop.Silo.SiloOptions).Assembly.GetManifestResourceStream(
            typeof(SoonShop.Silo.SiloOptions).Assembly.GetManifestResourceNames().Single(n =>
                n.EndsWith("0010-notifications.sql", StringComparison.Ordinal)))!;
        using var reader = new StreamReader(migration);
        var backfill = (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).Split(';')[0];
        await using var command = silo.Database.CreateCommand(backfill);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        Assert.Equal(
            "[\"customer\", \"admin\"]", await silo.QueryAsync<string>(
                "select (index -> 'roles')::text from grain_state_user where grain_key = $1", admin.Id.ToString("N")));
    }

    [Fact]
    public async Task an_event_is_posted_to_the_endpoints_that_want_it()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var wants = await EndpointAsync(receiver, "order.*");
        var wantsNot = await EndpointAsync(receiver, "inventory.*");
        var user = await silo.RegisterAsync();
        var key = user.Id.ToString("N");
        var e = NotifyingSilo.Event(key, new OrderPlaced(Facts(user), []));
        await SucceedAsync("notification", key, e);

        var due = Assert.Single(await PostsDueAsync(wants));
        Assert.Empty(await PostsDueAsync(wantsNot));
        await Until.TrueAsync("it is posted", NotifyingSilo.Limit, () => Task.FromResult(!receiver.Posts.IsEmpty));
        var post = receiver.Posts.First();
        Assert.True(WebhookReceiver.IsGenuine(post, wants.Secret));
        Assert.Equal((e.Id, "order.placed"), (post.Event["id"]!.GetValue<string>(), post.Event["type"]!.GetValue<string>()));
        await RemoveAsync(wants, wantsNot);
    }

    [Fact]
    public async Task what_only_endpoints_want_reaches_no_handler_before_there_is_one_and_from_then_on_does()
    {
        await Until.TrueAsync("no endpoint is left", NotifyingSilo.Limit, async () =>
            (await silo.WebhookEndpoints.WantingAsync("order.placed", CancellationToken.None)).IsEmpty
            && (await silo.WebhookEndpoints.WantingAsync("payment.captured", CancellationToken.None)).IsEmpty);
        var strangers = Enumerable.Range(0, 20).Select(_ => Guid.NewGuid().ToString("N")).ToArray();
        foreach (var key in strangers)
        {
            await CommitAsync(key, new OrderPlaced(Facts(key), []));
            await CommitAsync(key, new PaymentCaptured(Guid.NewGuid(), null, Given.Usd(1999), "pi_1"));
        }
        await AcknowledgedAsync(strangers);
        Assert.Empty((await ActiveKeysAsync()).Intersect(strangers));

        await using var receiver = await WebhookReceiver.StartAsync();
        for (var round = 0; round < 3; round++)
        {
            // What the silo knows of endpoints is as fresh as it can be when this one is made.
            Assert.Empty(await silo.WebhookEndpoints.WantingAsync("payment.captured", TestContext.Current.CancellationToken));
            var endpoint = await EndpointAsync(receiver, "payment.captured");
            var key = Guid.NewGuid().ToString("N");
            await CommitAsync(key, new PaymentCaptured(Guid.NewGuid(), null, Given.Usd(1999), "pi_2"));
            await AcknowledgedAsync(key);
            Assert.Single(await PostsDueAsync(endpoint));
            await RemoveAsync(endpoint);
            await Until.TrueAsync("its end is known", NotifyingSilo.Limit, async () =>
                (await silo.WebhookEndpoints.WantingAsync("payment.captured", CancellationToken.None)).IsEmpty);
        }
    }

    private async Task<IEnumerable<string>> ActiveKeysAsync() =>
        (await silo.Grains.GetGrain<IManagementGrain>(0).GetDetailedGrainStatistics()).Select(s => s.GrainId.Key.ToString()!);

    private static OrderSummary Facts(string key) => new(Guid.NewGuid(), "SO-1", null, $"{key}@example.com", Given.Usd(1999));

    /// <summary>Commits an event to the stream of a key, as grain storage does.</summary>
    private Task<bool> CommitAsync(string key, IShopEvent e) => silo.QueryAsync<bool>("""
        select pg_notify('soonshop_events', array_to_string(insert_events('shop', jsonb_build_array(jsonb_build_object(
          'id', '/test/' || $1 || '/' || $3 || '#1', 'source', '/test/' || $1, 'sequence', 1, 'type', $3, 'subject', $1,
          'streamNamespace', $2, 'streamKey', $1, 'time', now(), 'data', $4::jsonb))), ',')) is not null
        """, key, EventMetrics.DomainOf(e.Type), e.Type, System.Text.Json.JsonSerializer.Serialize(e, e.GetType(), StateJson.Options));

    private Task AcknowledgedAsync(params string[] keys) => Until.TrueAsync("they are acknowledged", NotifyingSilo.Limit, async () =>
        await silo.QueryAsync<long>(
            "select count(*) from event e join stream_queue q on q.id = e.queue where e.stream_key = any ($1) and e.position > q.watermark",
            (object)keys) == 0);

    [Fact]
    public async Task an_endpoint_that_keeps_failing_is_switched_off_until_it_is_enabled()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var status = 500;
        receiver.Answer = (_, _) => Task.FromResult(status);
        var endpoint = await EndpointAsync(receiver, "inventory.out-of-stock");
        await SucceedAsync("stock-alert", "MUG", NotifyingSilo.Event("MUG", new InventoryOutOfStock("MUG")));
        var due = Assert.Single(await PostsDueAsync(endpoint));
        var grain = silo.Grains.GetGrain<IWebhookEndpointGrain>(endpoint.Endpoint.Id);
        await Until.TrueAsync("the endpoint is switched off", NotifyingSilo.Limit, async () => !(await grain.GetAsync()).Value!.Enabled);
        var off = (await grain.GetAsync()).Value!;
        Assert.Equal((3, "The endpoint answered 500 Internal Server Error."), (off.ConsecutiveFailures, off.LastError));
        Assert.Equal(ErrorClass.Permanent, (await silo.HandleAsync("webhook", due.StreamKey, due, 9)).Error?.Class);
        Assert.Equal(3, receiver.Posts.Count);

        status = 200;
        Assert.True((await grain.EnableAsync("somebody")).Value!.Enabled);
        Assert.True((await grain.EnableAsync("somebody else")).Value!.Enabled);
        await SucceedAsync("webhook", due.StreamKey, due, 10);
        Assert.True(receiver.Posts.Count > 3);
        Assert.Equal(0, (await grain.GetAsync()).Value!.ConsecutiveFailures);
        await RemoveAsync(endpoint);
        Assert.Equal(
            ["webhooks.delete tests", "webhooks.enable somebody", "webhooks.create tests"], await NotesAsync(endpoint.Endpoint.Id));
        var posts = receiver.Posts.Count;
        await SucceedAsync("webhook", due.StreamKey, due with { Id = $"{due.Id}, again" });
        Assert.Equal(posts, receiver.Posts.Count);
    }

    [Fact]
    public async Task creating_an_endpoint_twice_is_answered_the_same()
    {
        var grain = silo.Grains.GetGrain<IWebhookEndpointGrain>(Guid.NewGuid());
        var first = (await grain.CreateAsync("http://127.0.0.1:9/", ["order.*"], "somebody")).Value!;
        await silo.DeactivateAllAsync();
        Assert.Equal(first.Secret, (await grain.CreateAsync("http://127.0.0.1:9/", ["order.*"], "somebody")).Value!.Secret);
        Assert.False((await grain.DeleteAsync("somebody else")).IsError);
        Assert.Equal(ErrorCode.NotFound, (await grain.DeleteAsync("somebody else")).Error?.Code);
        Assert.Equal(ErrorCode.NotFound, (await grain.GetAsync()).Error?.Code);
        Assert.Equal(["webhooks.delete somebody else", "webhooks.create somebody"], await NotesAsync(first.Endpoint.Id));
        var details = await silo.QueryAsync<string>(
            "select string_agg(concat(before, after), '') from audit_log where subject = $1", $"{first.Endpoint.Id}");
        Assert.Contains("http://127.0.0.1:9/", details, StringComparison.Ordinal);
        Assert.DoesNotContain(first.Secret, details, StringComparison.Ordinal);
    }

    /// <summary>What the audit log says of an endpoint, newest first.</summary>
    private async Task<string[]> NotesAsync(Guid endpoint) =>
        [.. (await silo.Grains.GetGrain<IAuditGrain>(0).ListAsync(
            new AuditFilter(Subject: endpoint.ToString()), new PageRequest(100), TestContext.Current.CancellationToken)).Value!.Items
            .Select(a => $"{a.Action} {a.Actor}")];

    private async Task SucceedAsync(string handler, string key, CloudEvent e, int attempt = 1)
    {
        var result = await silo.HandleAsync(handler, key, e, attempt);
        Assert.True(result.Succeeded, result.Error?.Stack);
    }

    /// <summary>What is in the inbox beside the welcome.</summary>
    private async Task<Notification[]> NewsAsync(User user) =>
        [.. (await silo.Inbox(user.Id).ListAsync(false, new PageRequest())).Value!.Items.Where(n => n.Kind != NotificationKind.Welcome)];

    private async Task<CloudEvent[]> DueAsync(string key, NotificationKind kind) =>
        [.. (await silo.CommittedAsync("notification-email", "notification.due", key)).Where(
            e => JsonNode.Parse(e.Data)!["kind"]!.GetValue<string>() == NotificationState.NameOf(kind))];

    private Task<CloudEvent[]> PostsDueAsync(NewWebhookEndpoint endpoint) =>
        silo.CommittedAsync(WebhookDue.StreamNamespace, "notification.webhook-due", $"{endpoint.Endpoint.Id:N}/%");

    private async Task<NewWebhookEndpoint> EndpointAsync(WebhookReceiver receiver, string events)
    {
        var created = await silo.Grains.GetGrain<IWebhookEndpointGrain>(Guid.NewGuid()).CreateAsync(receiver.Url, [events], "tests");
        Assert.False(created.IsError, created.Error?.Detail);
        return created.Value;
    }

    private async Task RemoveAsync(params NewWebhookEndpoint[] endpoints)
    {
        foreach (var endpoint in endpoints)
            await silo.Grains.GetGrain<IWebhookEndpointGrain>(endpoint.Endpoint.Id).DeleteAsync("tests");
    }

    private static OrderSummary Facts(User user) => new(Guid.NewGuid(), "SO-1", user.Id, user.Email, Given.Usd(1999));
}
