using SoonShop.Aggregates;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>The silo dies while a return is exchanged: the exchange completes by itself, with one order and no cent lost.</summary>
public sealed class ExchangeCrashTests(PatientCrashingShop shop) : IClassFixture<PatientCrashingShop>
{
    public static TheoryData<string> Points =>
    [
        .. CrashPoint.Exchanges, "order.place.before-write", "order.placed", "order.reserved", "payment.outcome.written",
        "order.confirmed", "order.refund.answered",
    ];

    /// <summary>What came back is worth more than what goes out: the rest is refunded.</summary>
    [Theory, MemberData(nameof(Points))]
    public async Task an_exchange_that_crashes_anywhere_completes_alone(string point)
    {
        var skus = await shop.StockAsync();
        var buyer = await Buyer.ArriveAsync(shop.Api, skus);
        var order = await buyer.OrderAsync();
        Assert.Equal("confirmed", order.Text("status"));
        var path = $"/admin/orders/{order.Text("id")}";
        await AskAsync(200, () => shop.Admin.PostAsync($"{path}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" }));
        await AskAsync(200, () => shop.Admin.PostAsync($"{path}/deliver"));
        var key = Guid.NewGuid().ToString();
        var returned = await AskAsync(201, () => buyer.Guest.PostAsync($"/orders/{order.Text("id")}/returns", new
        {
            lines = new[] { new { sku = skus[0], quantity = 1, reason = "other" } },
        }, key));
        path += $"/returns/{returned.Text("returns.0.id")}";
        await AskAsync(200, () => shop.Admin.PostAsync($"{path}/approve"));
        await AskAsync(200, () => shop.Admin.PostAsync($"{path}/receive", new { lines = new[] { new { sku = skus[0], good = 1 } } }));
        key = Guid.NewGuid().ToString();
        var quote = await AskAsync(200, () => shop.Admin.PostAsync($"{path}/exchange/quote", Body(skus[1])));
        var (worth, credit) = (quote.Number("value.amount"), quote.Number("credit.amount"));
        Assert.True(worth > credit && credit > 0, quote.ToString());
        Task<Reply> ExchangeAsync() => shop.Admin.PostAsync($"{path}/exchange", Body(skus[1]), key);

        await shop.ArmAsync(point);
        await shop.CrashAsync(Buyer.TryAsync(ExchangeAsync), success: 201);
        await Until.TrueAsync("the exchange is completed", TimeSpan.FromMinutes(3), async () =>
        {
            var found = await Buyer.AskAsync(() => shop.Admin.GetAsync($"/orders/{order.Text("id")}"));
            return found["exchanges"]!.AsArray().Count == 1 && found.Text("exchanges.0.status") == "completed"
                && found.Text("returns.0.status") == "refunded";
        });

        var done = await AskAsync(201, ExchangeAsync);
        Assert.Equal(
            (worth, credit, worth),
            (done.Number("returns.0.refund.amount"), done.Number("returns.0.credited.amount"), done.Number("payment.refunded.amount")));
        await shop.StatusAsync(Guid.Parse(done.Text("exchanges.0.orderId")), "confirmed");
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
        Assert.Equal(worth - credit, await shop.Shop.QueryAsync<long>(
            "select coalesce(sum(r.amount), 0)::bigint from simulated_refund r "
                + "join simulated_payment p on p.reference = r.payment_reference where p.order_id = $1", Guid.Parse(order.Text("id"))));
    }

    private static object Body(string sku) =>
        new { lines = new[] { new { sku, quantity = 1, unitPrice = new { amount = 300, currency = "USD" } } } };

    private static async Task<Reply> AskAsync(int status, Func<Task<Reply>> ask)
    {
        var reply = await Buyer.AskAsync(ask);
        Assert.True((int)reply.Status == status, reply.ToString());
        return reply;
    }
}
