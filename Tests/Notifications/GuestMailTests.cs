using System.Data;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Npgsql;
using SoonShop.ApiFrontend.RateLimits;
using SoonShop.Notifications;
using SoonShop.Orders;
using SoonShop.RateLimits;
using SoonShop.Silo.Integrity;
using SoonShop.Tests.Faults;
using SoonShop.Tests.Rules;
using SoonShop.Tests.Running;
using SoonShop.Users;

namespace SoonShop.Tests.Notifications;

/// <summary>Mail to addresses that nobody has proven fills no stranger's mailbox.</summary>
[Collection(nameof(NotifyingSilo))]
public sealed class GuestMailTests(NotifyingSilo silo) : IAsyncLifetime
{
    private static readonly int Most = new EmailOptions().GuestMailsPerHour;

    public async ValueTask InitializeAsync() => await silo.UntilNobodyWantsAsync("order.cancelled");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task of_nine_guest_orders_to_one_address_the_first_six_are_mailed_and_the_rest_is_noted()
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        var carts = Enumerable.Range(0, 9).Select(_ => Guid.NewGuid().ToString("N")).ToArray();
        // However the address is written.
        for (var i = 0; i < carts.Length; i++)
            await TellAsync(carts[i], i % 2 == 0 ? email : email.ToUpperInvariant());

        await Until.TrueAsync("each is sent or held back", NotifyingSilo.Limit, async () => await DecidedAsync(carts) == carts.Length);
        Assert.Equal(Most, silo.MailsTo(email).Length + silo.MailsTo(email.ToUpperInvariant()).Length);
        Assert.Equal(carts.Length - Most, await silo.QueryAsync<long>(
            "select count(*) from event where type = 'notification.suppressed' and subject = any ($1)", (object)carts));
        Assert.Equal(carts.Length - Most, await silo.QueryAsync<long>("""
            select count(*) from grain_state where state_name = 'notification' and grain_key = any ($1)
              and convert_from(state, 'UTF8')::jsonb #>> '{state,guestMails,recent,0,isSuppressed}' = 'true'
            """, (object)carts));
        Assert.Equal(0, await silo.QueryAsync<long>("select count(*) from event_delivery where handler_key = any ($1)", (object)carts));

        // The integrity check knows of them.
        var cancellation = TestContext.Current.CancellationToken;
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(silo.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellation);
        await using (await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation))
        {
            var report = await IntegrityChecker.Of(InvariantChecker.Configuration()).RunAsync(
                connection, null, atRest: false, IntegrityCheck.All.Where(c => c.Name == "mail-was-sent"), cancellation);
            Assert.Equal(0, Assert.Single(report.Checks).Breaches);
        }

        // They count with the mails that anybody can ask for; some of those are left.
        var window = silo.Grains.GetGrain<IRateLimitGrain>(RateLimitKeys.MailTo(email));
        var anybodys = new RateLimitsOptions().Mail.Requests;
        Assert.InRange(Most, 3, anybodys - 1);
        Assert.Equal(anybodys - Most - 1, (await window.TakeAsync(new RateLimit(anybodys, TimeSpan.FromHours(1)))).Remaining);

        // What the shop does with a parcel is told all the same, and so is every other address.
        await silo.HandleAsync("notification", carts[0], NotifyingSilo.Event(carts[0], new OrderDelivered(Facts(email))));
        await Until.TrueAsync("the delivery is told", NotifyingSilo.Limit, () =>
            Task.FromResult(silo.MailsTo(email).Any(m => m.Subject == "Order SO-9 was delivered")));
        await TellAsync(carts[0], "other-" + email);
        await silo.MailAsync("other-" + email, "Order SO-9 was cancelled");
    }

    [Fact]
    public async Task a_message_that_is_handled_twice_counts_once()
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        var window = silo.Grains.GetGrain<IRateLimitGrain>(RateLimitKeys.MailTo(email));
        var id = Guid.NewGuid();
        for (var i = 0; i < 20; i++)
            Assert.True(await window.TakeOnceAsync(new RateLimit(2, TimeSpan.FromHours(1)), id));
        Assert.True(await window.TakeOnceAsync(new RateLimit(2, TimeSpan.FromHours(1)), Guid.NewGuid()));
        Assert.False(await window.TakeOnceAsync(new RateLimit(2, TimeSpan.FromHours(1)), Guid.NewGuid()));
    }

    [Fact]
    public async Task an_accounts_mail_is_limited_until_its_address_is_proven()
    {
        var user = await silo.RegisterAsync();
        var key = user.Id.ToString("N");
        int Cancelled() => silo.MailsTo(user.Email).Count(m => m.Subject == "Order SO-9 was cancelled");
        async Task CancelAsync()
        {
            for (var i = 0; i < 9; i++)
                await silo.HandleAsync(
                    "notification", key, NotifyingSilo.Event(
                        key, new OrderCancelled(Facts(user.Email) with { CustomerId = user.Id }, null)));
        }

        await CancelAsync();
        await Until.TrueAsync("each is sent or held back", NotifyingSilo.Limit, async () => Cancelled() + await silo.QueryAsync<long>(
            "select count(*) from event where type = 'notification.suppressed' and subject = $1", key) == 9);
        Assert.Equal(Most, Cancelled());
        // All of it, and the welcome, is in the account.
        Assert.Equal(10, (await silo.Inbox(user.Id).ListAsync(false, new PageRequest())).Value!.Items.Length);

        // The mail that proves the address came before.
        var link = Regex.Match(
            Assert.Single(silo.MailsTo(user.Email), m => m.TextBody!.Contains("verify-email", StringComparison.Ordinal)).TextBody!,
            @"token=(\S+)");
        var token = MailedToken.Parse(Uri.UnescapeDataString(link.Groups[1].Value))!;
        Assert.False((await silo.Grains.GetGrain<IUserGrain>(user.Id).VerifyEmailAsync(token.Secret)).IsError);
        await CancelAsync();
        await Until.TrueAsync("all are mailed", NotifyingSilo.Limit, () => Task.FromResult(Cancelled() == Most + 9));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task what_comes_of_unpaid_orders_holds_no_receipt_back(bool isForGuest, bool isUnproven)
    {
        var limit = new UnprovenMailLimit(silo.Grains, Options.Create(new NotificationsOptions()));
        var email = $"{Guid.NewGuid():N}@example.com";
        async Task<int> AllowedAsync(NotificationKind kind)
        {
            var allowed = 0;
            for (var i = 0; i < 9; i++)
            {
                var due = new NotificationDue(
                    "key", Guid.NewGuid(), ChannelName.Email, kind, new Recipient(email, null, "en"), new NotificationDetails(), Given.Now,
                    $"event {i}");
                allowed += await limit.AllowsAsync(due with { IsForGuest = isForGuest, IsUnproven = isUnproven }) ? 1 : 0;
            }
            return allowed;
        }

        Assert.Equal(Most, await AllowedAsync(NotificationKind.PaymentFailed));
        foreach (var unpaid in (NotificationKind[])
            [
                NotificationKind.PaymentFailed, NotificationKind.PaymentActionRequired, NotificationKind.OrderCancelled,
                NotificationKind.OrderExpired, NotificationKind.OrderRejected,
            ])
            Assert.Equal(0, await AllowedAsync(unpaid));
        foreach (var apart in (NotificationKind[])[
            NotificationKind.OrderConfirmed, NotificationKind.OrderRefunded, NotificationKind.EmailVerification,
            NotificationKind.OrderLink])
            Assert.Equal((Most, 0), (await AllowedAsync(apart), await AllowedAsync(apart)));
        // Staff causes these.
        foreach (var unlimited in (NotificationKind[])[NotificationKind.OrderShipped, NotificationKind.OrderPaymentRequested])
            Assert.Equal(9, await AllowedAsync(unlimited));
        (isForGuest, isUnproven) = (false, false);
        Assert.Equal(9, await AllowedAsync(NotificationKind.OrderCancelled));
    }

    [Fact]
    public async Task an_order_whose_place_a_newer_one_took_is_told_nobody()
    {
        var (cart, email) = (Guid.NewGuid().ToString("N"), $"{Guid.NewGuid():N}@example.com");
        await silo.HandleAsync(
            "notification", cart, NotifyingSilo.Event(
                cart, new OrderCancelled(Facts(email), OrderState.SupersededReason) { Superseded = true }));
        await silo.HandleAsync("notification", cart, NotifyingSilo.Event(cart, new OrderDelivered(Facts(email))));
        await silo.MailAsync(email, "Order SO-9 was delivered");
        Assert.Single(silo.MailsTo(email));
    }

    private async Task TellAsync(string cart, string email)
    {
        var result = await silo.HandleAsync("notification", cart, NotifyingSilo.Event(cart, new OrderCancelled(Facts(email), null)));
        Assert.True(result.Error is null, result.Error?.Message);
    }

    private Task<long> DecidedAsync(string[] carts) => silo.QueryAsync<long>(
        """
        select coalesce(sum(jsonb_array_length(convert_from(state, 'UTF8')::jsonb #> '{state,guestMails,recent}')), 0)::bigint
        from grain_state where state_name = 'notification' and grain_key = any ($1)
        """, (object)carts);

    private static OrderSummary Facts(string email) => new(Guid.NewGuid(), "SO-9", null, email, Given.Usd(1000));
}
