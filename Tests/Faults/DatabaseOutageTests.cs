using System.Collections.Concurrent;
using System.Diagnostics;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

[Collection(nameof(Outages))]
public sealed class DatabaseOutageTests
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(20);

    /// <summary>The shop's own limit is 15 s; a busy machine needs some more.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan RecoveryLimit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task the_shop_says_that_the_database_is_gone_and_goes_on_by_itself_when_it_is_back()
    {
        var server = await PostgresServer.StartAsync("postgres-outage");
        await using var shop = await Shop.CreateAsync(server, ("Checkout__CheckoutDueSeconds", "2"));
        await shop.StartSiloProcessAsync();
        var api = await shop.StartApiAsync();
        var sku = await (await api.AsAdminAsync()).CreateProductAsync(stock: 100_000);
        var crowd = new Crowd(shop, api, 4, _ => ([sku], "pm_card_visa"));
        await crowd.MoreAsync(50);
        var (waiting, other) = (await Buyer.ArriveAsync(api, sku), await Buyer.ArriveAsync(api, sku));

        await server.KillAsync();
        var answers = new ConcurrentQueue<(string What, Reply Reply, TimeSpan Took)>();
        var outage = Stopwatch.StartNew();
        Task AskAsync(string what, Func<Task<Reply>> request) => Until.TrueAsync("the outage is over", Outage + AnswerLimit, async () =>
        {
            var clock = Stopwatch.StartNew();
            answers.Enqueue((what, await request(), clock.Elapsed));
            return outage.Elapsed > Outage;
        });
        await Task.WhenAll(
            AskAsync("live", () => api.GetAsync("//health/live")),
            AskAsync("ready", () => api.GetAsync("//health/ready")),
            AskAsync("cart", () => other.Guest.FillCartAsync(sku, 2)),
            AskAsync("order", () => waiting.Guest.OrderAsync(waiting.Key)),
            AskAsync("list", () => api.GetAsync("/products")));
        var kept = crowd.Answered;
        await server.StartAgainAsync();
        // The test's own connections are as dead as the shop's.
        Npgsql.NpgsqlConnection.ClearAllPools();
        shop.Database.Clear();

        var back = Stopwatch.StartNew();
        await Until.TrueAsync(
            "the shop is ready again", RecoveryLimit, async () => (int)(await api.GetAsync("//health/ready")).Status == 200);
        Assert.Equal("confirmed", (await waiting.OrderAsync()).Text("status"));
        await Until.TrueAsync("buyers buy again", RecoveryLimit, () => Task.FromResult(crowd.Answered > kept));
        await crowd.MoreAsync(20);
        await crowd.CloseAsync();
        await Until.TrueAsync("every order ends", TimeSpan.FromSeconds(60), async () =>
            await InvariantChecker.StatusAsync(shop, waiting.OrderId) == "confirmed");

        Assert.All(answers, a => Assert.True(a.Took < AnswerLimit, $"{a.What} took {a.Took}"));
        Assert.All(answers.Where(a => a.What == "live"), a => Assert.Equal(200, (int)a.Reply.Status));
        Assert.All(answers.Where(a => a.What != "live"), a =>
        {
            Assert.True((int)a.Reply.Status == 503, $"{a.What}: {(int)a.Reply.Status} {a.Reply.Body}");
            Assert.Equal("unavailable", a.Reply.Code);
            Assert.StartsWith("application/problem+json", a.Reply.Headers["Content-Type"], StringComparison.Ordinal);
            Assert.InRange(int.Parse(a.Reply.Headers["Retry-After"], System.Globalization.CultureInfo.InvariantCulture), 1, 60);
        });
        TestContext.Current.SendDiagnosticMessage(
            "The slowest of {0} answers took {1}; service was back after {2}.", answers.Count, answers.Max(a => a.Took), back.Elapsed);
        await crowd.AssertKeptAsync(waiting.OrderId);
    }
}
