using MimeKit;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Notifications;

/// <summary>Everything together: from a request to the mail, the inbox and the webhook.</summary>
[Collection(nameof(MailingShop))]
public sealed class NotificationApiTests(MailingShop shop)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task who_registers_is_welcomed_and_proves_the_address_by_mail()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var mail = Assert.Single(await shop.MailsToAsync(customer.Email, 1));
        Assert.Equal("Please confirm your e-mail address", mail.Subject);
        Expect.Status(204, await shop.Api.PostAsync("/auth/email/verify", new { token = TokenIn(mail) }));
        Assert.True((await customer.Api.GetAsync("/me"))["emailVerified"]!.GetValue<bool>());

        var inbox = await InboxAsync(customer.Api, 1);
        Assert.Equal(
            ("welcome", "Welcome to SoonShop", "false"),
            (inbox.Text("items.0.kind"), inbox.Text("items.0.title"), inbox.Text("items.0.read")));
        Assert.Equal(1, inbox.Number("unreadCount"));
    }

    [Fact]
    public async Task a_forgotten_password_is_set_anew_by_mail()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        Expect.Status(202, await shop.Api.PostAsync("/auth/password/forgot", new { email = customer.Email }));
        var mail = (await shop.MailsToAsync(customer.Email, 2)).Single(m => m.Subject == "Set a new password");
        Expect.Status(204, await shop.Api.PostAsync("/auth/password/reset", new { token = TokenIn(mail), password = "a new password" }));
        Assert.Contains(await shop.MailsToAsync(customer.Email, 3), m => m.Subject == "Your password was changed");
    }

    [Fact]
    public async Task a_customer_follows_an_order_in_the_inbox_and_by_mail()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        // Accounts and orders are streams of their own, without an order between them.
        await InboxAsync(customer.Api, 1);
        var sku = await shop.Admin.CreateProductAsync(price: 1999);
        await customer.Api.FillCartAsync(sku, 2);
        var order = Expect.Status(201, await customer.Api.OrderAsync());
        Expect.Status(
            200, await shop.Admin.PostAsync(
                $"/admin/orders/{order.Text("id")}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-7" }));

        var inbox = await InboxAsync(customer.Api, 3);
        Assert.Equal(["orderShipped", "orderConfirmed", "welcome"], inbox["items"]!.AsArray().Select(i => i!["kind"]!.GetValue<string>()));
        Assert.Equal(order.Text("id"), inbox.Text("items.1.orderId"));
        var mails = await shop.MailsToAsync(customer.Email, 3);
        Assert.Contains(
            "$39.98", mails.Single(m => m.Subject!.EndsWith("is confirmed", StringComparison.Ordinal)).TextBody!, StringComparison.Ordinal);
        Assert.Contains(
            "TP-7", mails.Single(m => m.Subject!.EndsWith("is on its way", StringComparison.Ordinal)).TextBody!, StringComparison.Ordinal);
        await Until.TrueAsync("the mail is noted", Soon, async () =>
            (await customer.Api.GetAsync("/notifications")).Text("items.0.channels.0.status") == "sent");
    }

    [Fact]
    public async Task a_guest_with_a_declined_card_is_told_by_mail()
    {
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        var email = Make.Email();
        Expect.Status(402, await guest.PostAsync(
            "/orders", new { email, paymentMethod = "pm_card_visa_chargeDeclined", shippingAddress = ApiClient.Address() },
            Guid.NewGuid().ToString()));
        Assert.Contains("was declined", Assert.Single(await shop.MailsToAsync(email, 1)).Subject!, StringComparison.Ordinal);
        Expect.Problem(401, "unauthenticated", await guest.GetAsync("/notifications"));
    }

    [Fact]
    public async Task administrators_hear_of_stock_that_runs_out()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 1);
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku);
        Expect.Status(201, await guest.OrderAsync());
        await Until.TrueAsync(
            "the administrator is told", Soon, async () => (await shop.Admin.GetAsync("/notifications?limit=100"))["items"]!.AsArray()
                .Any(i => i!["kind"]!.GetValue<string>() == "outOfStock" && i["title"]!.GetValue<string>() == $"{sku} is out of stock"));
    }

    [Fact]
    public async Task the_inbox_is_read_page_by_page()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        await InboxAsync(customer.Api, 1);
        for (var i = 1; i <= 3; i++)
        {
            await customer.Api.FillCartAsync(await shop.Admin.CreateProductAsync());
            Expect.Status(201, await customer.Api.OrderAsync());
            await InboxAsync(customer.Api, 1 + i);
        }
        var first = Expect.Status(200, await customer.Api.GetAsync("/notifications?limit=3"));
        var second = Expect.Status(200, await customer.Api.GetAsync($"/notifications?limit=3&cursor={first.Text("nextCursor")}"));
        Assert.Equal(
            ["orderConfirmed", "orderConfirmed", "orderConfirmed"], first["items"]!.AsArray().Select(i => i!["kind"]!.GetValue<string>()));
        Assert.Equal("welcome", Assert.Single(second["items"]!.AsArray())!["kind"]!.GetValue<string>());
        Assert.Null(second["nextCursor"]);

        Expect.Status(204, await customer.Api.PostAsync($"/notifications/{first.Text("items.0.id")}/read"));
        var unread = await customer.Api.GetAsync("/notifications?unread=true");
        Assert.Equal((3, 3), (unread.Number("unreadCount"), unread["items"]!.AsArray().Count));
        Expect.Problem(404, "not-found", await shop.Admin.PostAsync($"/notifications/{first.Text("items.1.id")}/read"));
        Expect.Status(204, await customer.Api.PostAsync("/notifications/read-all"));
        Assert.Equal(0, (await customer.Api.GetAsync("/notifications")).Number("unreadCount"));
        Expect.Invalid("cursor", await customer.Api.GetAsync("/notifications?cursor=nonsense"));
        Expect.Invalid("unread", await customer.Api.GetAsync("/notifications?unread=perhaps"));
    }

    [Fact]
    public async Task what_a_customer_may_switch_off_is_off()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var before = Expect.Status(200, await customer.Api.GetAsync("/me/notification-preferences"));
        Assert.Equal(("true", "false"), (before.Text("preferences.orderShipped.email"), before.Text("preferences.welcome.email")));
        Assert.Equal("email", before.Text("required.passwordReset.0"));

        var off = new { preferences = new { orderShipped = new { email = false }, orderConfirmed = new { inbox = false } } };
        var after = Expect.Status(200, await customer.Api.PutAsync("/me/notification-preferences", off));
        Assert.Equal(
            ("false", "false", "true"), (
                after.Text("preferences.orderShipped.email"), after.Text("preferences.orderConfirmed.inbox"),
                after.Text("preferences.orderDelivered.email")));
        Assert.Equal(after.Body, (await customer.Api.GetAsync("/me/notification-preferences")).Body);
        Assert.Equal(
            before.Body, Expect.Status(
                200, await customer.Api.PutAsync("/me/notification-preferences", new { preferences = before["preferences"] })).Body);

        Expect.Invalid(
            "preferences.orderConfirmed.email", await customer.Api.PutAsync(
                "/me/notification-preferences", new { preferences = new { orderConfirmed = new { email = false } } }));
        Expect.Invalid(
            "preferences.nonsense", await customer.Api.PutAsync(
                "/me/notification-preferences", new { preferences = new { nonsense = new { email = false } } }));
        Expect.Invalid(
            "preferences.orderShipped.pigeon", await customer.Api.PutAsync(
                "/me/notification-preferences", new { preferences = new { orderShipped = new { pigeon = true } } }));
    }

    [Fact]
    public async Task a_webhook_endpoint_gets_what_it_asked_for_signed()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var refusals = 2;
        receiver.Answer = (_, _) => Task.FromResult(Interlocked.Decrement(ref refusals) >= 0 ? 503 : 200);
        var endpoint = Expect.Status(
            201, await shop.Admin.PostAsync("/admin/webhooks", new { url = receiver.Url, eventTypes = new[] { "order.*" } }));
        Assert.DoesNotContain("whsec_", (await shop.Admin.GetAsync("/admin/webhooks")).Body, StringComparison.Ordinal);

        // Whatever is committed after the endpoint was acknowledged is posted.
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        Expect.Status(201, await guest.OrderAsync());
        await Until.TrueAsync("the order is posted", TimeSpan.FromSeconds(60), () => Task.FromResult(refusals < 0
            && ((string[])["order.placed", "order.confirmed"]).All(
                type => receiver.Posts.Any(p => p.Event["type"]!.GetValue<string>() == type))));
        Assert.All(receiver.Posts, p => Assert.True(WebhookReceiver.IsGenuine(p, endpoint.Text("secret"))));
        Assert.All(receiver.Posts, p => Assert.StartsWith("order.", p.Event["type"]!.GetValue<string>(), StringComparison.Ordinal));
        Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/webhooks/{endpoint.Text("id")}"));
        Expect.Problem(404, "not-found", await shop.Admin.GetAsync($"/admin/webhooks/{endpoint.Text("id")}"));
    }

    [Theory]
    [InlineData("nonsense", "order.*", "url")]
    [InlineData("ftp://127.0.0.1/", "order.*", "url")]
    [InlineData("http://127.0.0.1/", "user.password-reset-requested", "eventTypes")]
    public async Task a_webhook_endpoint_that_cannot_be_is_refused_by_name(string url, string eventType, string field) =>
        Expect.Invalid(field, await shop.Admin.PostAsync("/admin/webhooks", new { url, eventTypes = new[] { eventType } }));

    private static async Task<Reply> InboxAsync(ApiClient client, int count)
    {
        Reply? inbox = null;
        await Until.TrueAsync($"{count} notifications are in the inbox", Soon, async () =>
            (inbox = Expect.Status(200, await client.GetAsync("/notifications")))["items"]!.AsArray().Count >= count);
        return inbox!;
    }

    private static string TokenIn(MimeMessage mail) => mail.TextBody!.Split("?token=")[1].Split('\n')[0].Trim();
}

/// <summary>A shop that writes its mail into a folder.</summary>
public sealed class MailingShop : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("soonshop-mail").FullName;
    private Shop? shop;

    internal ApiClient Api { get; private set; } = null!;

    internal ApiClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        (shop, Api) = await Shop.StartAsync(
            ("Notifications__Email__Mode", "Directory"), ("Notifications__Email__Directory", folder),
            ("Notifications__Email__From", "shop@example.com"));
        Admin = await Api.AsAdminAsync();
    }

    /// <summary>The mails to an address, once there are so many.</summary>
    internal async Task<MimeMessage[]> MailsToAsync(string address, int count)
    {
        var mails = Array.Empty<MimeMessage>();
        await Until.TrueAsync($"{count} mails to {address}", TimeSpan.FromSeconds(30), () =>
        {
            mails = [.. Directory.EnumerateFiles(folder, "*.eml").Select(f => MimeMessage.Load(f)).Where(m =>
                m.To.Mailboxes.Any(b => b.Address == address))];
            return Task.FromResult(mails.Length >= count);
        });
        return mails;
    }

    public async ValueTask DisposeAsync()
    {
        if (shop is not null)
            await shop.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>The tests of this collection share a shop.</summary>
[CollectionDefinition(nameof(MailingShop))]
public sealed class MailingShopCollection : ICollectionFixture<MailingShop>;
