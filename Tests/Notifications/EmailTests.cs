using Microsoft.Extensions.Options;
using MimeKit;
using SoonShop.Events;
using SoonShop.Notifications;
using SoonShop.Silo.Notifications;
using SoonShop.Tests.Rules;

namespace SoonShop.Tests.Notifications;

/// <summary>The e-mail channel with a real mail server, and with a folder.</summary>
public sealed class EmailTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task a_mail_arrives_in_text_and_html_from_the_shop()
    {
        await using var server = new MailServer();
        await server.StartAsync();
        using var transport = Smtp(server);
        await Channel(transport, server)
            .SendAsync(Due(1, new Recipient("ada@example.com", "Ada Lovelace", "zh-CN")), "event 1", Cancellation);

        var mail = Assert.Single(await server.WaitForAsync(1));
        Assert.Equal("订单 SO-1 已发货", mail.Subject);
        Assert.Equal(("SoonShop", "shop@example.com"), (mail.From.Mailboxes.Single().Name, mail.From.Mailboxes.Single().Address));
        Assert.Equal(("Ada Lovelace", "ada@example.com"), (mail.To.Mailboxes.Single().Name, mail.To.Mailboxes.Single().Address));
        Assert.Equal("help@example.com", mail.ReplyTo.Mailboxes.Single().Address);
        Assert.EndsWith("@example.com", mail.MessageId, StringComparison.Ordinal);
        Assert.Equal("auto-generated", mail.Headers[HeaderId.AutoSubmitted]);
        Assert.IsType<MultipartAlternative>(mail.Body);
        Assert.Contains("TP-1", mail.TextBody, StringComparison.Ordinal);
        Assert.Contains("<html lang=\"zh\">", mail.HtmlBody, StringComparison.Ordinal);
    }

    [Fact]
    public async Task what_a_server_refused_for_a_while_arrives_later_once_each()
    {
        const int Mails = 60;
        await using var server = new MailServer();
        using var transport = Smtp(server);
        var channel = Channel(transport, server);
        foreach (var i in Enumerable.Range(1, 5))
            Assert.Equal(
                ErrorClass.Network,
                (await Assert.ThrowsAsync<HandlingException>(() => channel.SendAsync(Due(i), $"event {i}", Cancellation))).Class);

        await server.StartAsync();
        await Task.WhenAll(Enumerable.Range(1, Mails).Select(async i =>
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    await channel.SendAsync(Due(i), $"event {i}", Cancellation);
                    return;
                }
                catch (HandlingException e) when (e.Class == ErrorClass.Network && attempt < 100)
                {
                    await Task.Delay(100, Cancellation);
                }
            }
        }));

        Assert.Equal(Mails, (await server.WaitForAsync(Mails)).Select(m => m.MessageId).Distinct().Count());
        Assert.Equal(Mails, server.Mails().Length);
    }

    [Fact]
    public async Task a_server_that_went_away_and_came_back_is_found_again()
    {
        await using var server = new MailServer();
        await server.StartAsync();
        using var transport = Smtp(server);
        var channel = Channel(transport, server);
        await channel.SendAsync(Due(1), "event 1", Cancellation);
        await server.StopAsync();
        await Assert.ThrowsAsync<HandlingException>(() => channel.SendAsync(Due(2), "event 2", Cancellation));
        await server.StartAsync();
        await Running.Until.TrueAsync("the mail is taken", TimeSpan.FromSeconds(20), async () =>
        {
            try
            {
                await channel.SendAsync(Due(2), "event 2", Cancellation);
                return true;
            }
            catch (HandlingException)
            {
                return false;
            }
        });
        Assert.Equal(2, (await server.WaitForAsync(2)).Length);
    }

    [Fact]
    public async Task an_attempt_that_ends_early_is_not_sent_again_by_the_next()
    {
        var transport = new SlowTransport();
        var channel = Channel(transport, null);
        using var early = new CancellationTokenSource();
        var first = channel.SendAsync(Due(1), "event 1", early.Token);
        await early.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);

        var second = channel.SendAsync(Due(1), "event 1", Cancellation);
        Assert.False(second.IsCompleted);
        transport.Taken.SetResult();
        await second;
        await channel.SendAsync(Due(1), "event 1", Cancellation);

        Assert.Equal(1, transport.Mails);
    }

    [Fact]
    public async Task the_same_message_again_has_the_same_id()
    {
        var transport = new SlowTransport();
        transport.Taken.SetException(new IOException("no"));
        var channel = Channel(transport, null);
        await Assert.ThrowsAsync<IOException>(() => channel.SendAsync(Due(1), "event 1", Cancellation));
        await Assert.ThrowsAsync<IOException>(() => channel.SendAsync(Due(1), "event 1", Cancellation));
        await Assert.ThrowsAsync<IOException>(() => channel.SendAsync(Due(1), "event 2", Cancellation));

        Assert.Equal(3, transport.Mails);
        Assert.Equal(2, transport.Ids.Distinct().Count());
    }

    [Fact]
    public async Task a_mail_that_the_server_will_never_take_is_given_up()
    {
        await using var server = new MailServer();
        await server.StartAsync(maxBytes: 300);
        using var transport = Smtp(server);
        var refused = await Assert.ThrowsAsync<HandlingException>(
            () => Channel(transport, server).SendAsync(Due(1), "event 1", Cancellation));

        Assert.Equal(ErrorClass.Permanent, refused.Class);
        Assert.Empty(server.Mails());
    }

    [Theory]
    [InlineData("two words@example.com")]
    [InlineData("ada@")]
    [InlineData("@example.com")]
    public async Task an_address_that_the_mail_library_refuses_is_given_up(string address)
    {
        var transport = new SlowTransport();
        var refused = await Assert.ThrowsAsync<HandlingException>(() =>
            Channel(transport, null).SendAsync(Due(1, new Recipient(address, "Ada", "en")), "event 1", Cancellation));

        Assert.Equal(ErrorClass.Permanent, refused.Class);
        Assert.Equal(0, transport.Mails);
    }

    [Fact]
    public async Task mail_in_a_folder_is_a_readable_file_each()
    {
        var folder = Path.Combine(Directory.CreateTempSubdirectory("soonshop-mail").FullName, "made", "when needed");
        var channel = Channel(new MailDirectory(With(e => e.Directory = folder)), null);
        await channel.SendAsync(Due(1, new Recipient("ada@example.com", "Ada", "zh")), "event 1", Cancellation);
        await Channel(new MailDirectory(With(e => e.Directory = folder)), null)
            .SendAsync(Due(1, new Recipient("ada@example.com", "Ada", "zh")), "event 1", Cancellation);

        var file = Assert.Single(Directory.EnumerateFiles(folder));
        Assert.EndsWith($"-OrderShipped-{Deterministic.Id("mail", "event 1"):N}.eml", file, StringComparison.Ordinal);
        Assert.Contains("Subject: 订单 SO-1 已发货", await File.ReadAllTextAsync(file, Cancellation), StringComparison.Ordinal);
        Assert.Contains("您的订单 SO-1 已交给 Turtle Post", await File.ReadAllTextAsync(file, Cancellation), StringComparison.Ordinal);
        Assert.Contains("TP-1", (await MimeMessage.LoadAsync(file, Cancellation)).HtmlBody, StringComparison.Ordinal);
        Directory.Delete(Path.GetFullPath(Path.Combine(folder, "..", "..")), recursive: true);
    }

    private static NotificationDue Due(int number, Recipient? to = null) => new(
        "key", Given.Id(number), ChannelName.Email, NotificationKind.OrderShipped,
        to ?? new Recipient($"buyer{number}@example.com", null, "en"),
        new NotificationDetails { OrderId = Given.OrderId, OrderNumber = $"SO-{number}", Carrier = "Turtle Post", TrackingNumber = "TP-1" },
        Given.Now,
        $"event {number}");

    private static SmtpTransport Smtp(MailServer server) => new(With(e => e.Smtp = Settings(server)), TimeProvider.System);

    private static SmtpOptions Settings(MailServer server) =>
        new() { Host = "127.0.0.1", Port = server.Port, Security = SmtpSecurity.None, TimeoutSeconds = 20 };

    private static EmailChannel Channel(IMailTransport transport, MailServer? server)
    {
        var problems = new List<string>();
        var options = With(e => e.Smtp = server is null ? e.Smtp : Settings(server));
        var channel = new EmailChannel(transport, NotificationTemplates.Load(options.Value, problems), options);
        Assert.Empty(problems);
        return channel;
    }

    private static IOptions<NotificationsOptions> With(Action<EmailOptions> set)
    {
        var options = new NotificationsOptions { Email = { From = "shop@example.com", ReplyTo = "help@example.com" } };
        set(options.Email);
        return Options.Create(options);
    }

    private sealed class SlowTransport : IMailTransport
    {
        private readonly List<string> ids = [];

        public TaskCompletionSource Taken { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Mails => Ids.Length;

        public string[] Ids
        {
            get
            {
                lock (ids)
                    return [.. ids];
            }
        }

        public Task SendAsync(MimeMessage mail, string name)
        {
            lock (ids)
                ids.Add(mail.MessageId!);
            return Taken.Task;
        }
    }
}
