using SoonShop.Tests.Notifications;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>A mail server that wants STARTTLS and a login, and a silo that may or may not have what it takes.</summary>
public sealed class MailLoginTests : IAsyncDisposable
{
    /// <summary>The first failure of a server is followed by a second in which it is not asked again.</summary>
    private const string RetryAfterSeconds = "3";

    private const string User = "soonshop", Password = "right-Pa55word", WrongPassword = "wrong-Pa55word";
    private static readonly TimeSpan CallTimeout = TimeSpan.FromMinutes(1);
    private readonly MailServer server = new();
    private readonly ServerCertificate certificate = ServerCertificate.Create();

    [Fact]
    public async Task with_tls_and_the_right_password_mail_goes_out()
    {
        await server.StartAsync(login: new(User, Password, certificate));
        await using var shop = await ShopAsync(Password, certificate.CertificatePath);
        var flood = await SendAsync(shop);
        await Until.TrueAsync("it is sent", CallTimeout, async () => await flood.SentAsync() == 1);
        Assert.Single(server.Mails(), m => m.To.Mailboxes.Single().Address == "guest1@example.com");
        Assert.Equal(0, await shop.QueryAsync<long>("select count(*) from event_failure"));
    }

    [Fact]
    public async Task a_wrong_password_is_told_of_and_shown_nowhere()
    {
        await server.StartAsync(login: new(User, Password, certificate));
        await using var shop = await ShopAsync(WrongPassword, certificate.CertificatePath);
        await SendAsync(shop);
        await AssertFailsAsync(shop, "535");
    }

    [Fact]
    public async Task a_certificate_that_nobody_vouches_for_is_refused()
    {
        await server.StartAsync(login: new(User, Password, certificate));
        await using var shop = await ShopAsync(Password, trusted: null);
        await SendAsync(shop);
        await AssertFailsAsync(shop, "certificate");
    }

    [Fact]
    public async Task a_server_without_tls_gets_neither_mail_nor_password()
    {
        await server.StartAsync();
        await using var shop = await ShopAsync(Password, trusted: null);
        await SendAsync(shop);
        await AssertFailsAsync(shop, "STARTTLS");
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        File.Delete(certificate.CertificatePath);
        File.Delete(certificate.KeyPath);
    }

    private async Task<Shop> ShopAsync(string password, string? trusted)
    {
        var shop = await Shop.CreateAsync(null,
        [
            ("Events__AttemptSeconds", "8"), ("Notifications__Email__Mode", "Smtp"), ("Notifications__Email__From", "shop@example.com"),
            ("Notifications__Email__Smtp__Host", "127.0.0.1"),
            ("Notifications__Email__Smtp__Port", $"{server.Port}"), ("Notifications__Email__Smtp__Security", "StartTls"),
            ("Notifications__Email__Smtp__User", User), ("Notifications__Email__Smtp__Password", password),
            ("Events__Policies__mail__Handler", "mail"), ("Events__Policies__mail__Backoff", "Fixed"),
            ("Events__Policies__mail__Retries", "1"), ("Events__Policies__mail__FirstSeconds", RetryAfterSeconds),
            .. trusted is null ? [] : ((string, string)[])[("SSL_CERT_FILE", trusted)],
        ]);
        // Whom to trust is a variable of the process.
        if (trusted is null)
            await shop.StartSiloAsync();
        else
            await shop.StartSiloProcessAsync();
        return shop;
    }

    private static async Task<EventFlood> SendAsync(Shop shop)
    {
        var flood = new EventFlood(shop, streams: 1, eventsPerStream: 1);
        await flood.PublishAsync(TimeSpan.Zero);
        return flood;
    }

    /// <summary>
    /// It was tried twice, is a dead letter that says why, and no mail went out; the password stands in no record and no log.
    /// </summary>
    private async Task AssertFailsAsync(Shop shop, string reason)
    {
        // There is mail to the administrator, too.
        const string Delivery = "from event_delivery where handler = 'mail' and handler_key = md5('stream 1') and status = 'dead'";
        await Until.TrueAsync(
            "the mail is given up", CallTimeout, async () => await shop.QueryAsync<long>($"select count(*) {Delivery}") == 1);
        Assert.Equal("network 2", await shop.QueryAsync<string>($"select error_class || ' ' || attempts {Delivery}"));
        Assert.Empty(server.Mails());
        var kept = await shop.QueryAsync<string>(
            "select string_agg(f::text, E'\\n') || (select string_agg(d::text, E'\\n') from event_delivery d) from event_failure f");
        // One of the attempts may have come when the server had just failed another mail, and not have asked it.
        Assert.Contains($"The mail server 127.0.0.1:{server.Port}: ", kept, StringComparison.Ordinal);
        Assert.Contains(reason, kept, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("failed to handle notification.due", shop.Logs, StringComparison.Ordinal);
        foreach (var password in (string[])[Password, WrongPassword])
        {
            Assert.DoesNotContain(password, kept, StringComparison.Ordinal);
            Assert.DoesNotContain(password, shop.Logs, StringComparison.Ordinal);
        }
    }
}
