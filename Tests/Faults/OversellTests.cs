using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

public sealed class OversellTests
{
    private const int Guests = 1000;
    private const int Units = 100;
    private const int InFlight = 64;

    [Fact]
    public async Task two_silos_sell_a_hundred_units_to_a_thousand_guests_exactly_once_each()
    {
        await using var shop = await Shop.CreateAsync();
        await shop.StartSiloAsync();
        await shop.StartSiloAsync();
        var api = await shop.StartApiAsync();
        var admin = await api.AsAdminAsync();
        var sku = await admin.CreateProductAsync(stock: Units);

        using var turns = new SemaphoreSlim(InFlight);
        var answers = await Task.WhenAll(Enumerable.Range(0, Guests).Select(async _ =>
        {
            await turns.WaitAsync();
            try
            {
                var buyer = await Buyer.ArriveAsync(api, sku);
                return (Buyer: buyer, Reply: await buyer.OrderAsync());
            }
            finally
            {
                turns.Release();
            }
        }));

        Assert.Equal(
            [(201, Units), (409, Guests - Units)], answers.CountBy(a => (int)a.Reply.Status).OrderBy(c => c.Key).Select(c =>
                (c.Key, c.Value)));
        foreach (var (_, reply) in answers)
        {
            if ((int)reply.Status == 201)
            {
                Assert.Equal("confirmed", reply.Text("status"));
                continue;
            }
            Assert.Equal("out-of-stock", reply.Code);
            Assert.Equal(sku, reply.Text("lines.0.sku"));
            Assert.Equal(1, reply.Number("lines.0.requested"));
            Assert.Equal(0, reply.Number("lines.0.available"));
        }
        await InvariantChecker.AssertBalanceAsync(shop, [.. answers.Select(a => a.Buyer.OrderId)]);
        await AssertStockAsync(Units, Units);
        Assert.Equal($"Reservation {Units}", await MovedAsync());

        // Then they leave the stock, each once.
        await Task.WhenAll(answers.Where(a => (int)a.Reply.Status == 201).Select(async a =>
        {
            await turns.WaitAsync();
            try
            {
                var place = $"/admin/orders/{a.Buyer.OrderId}/ship";
                Expect.Status(200, await Buyer.AskAsync(
                    () => admin.PostAsync(place, new { carrier = "Turtle Post", trackingNumber = "TP-1" })));
            }
            finally
            {
                turns.Release();
            }
        }));
        await InvariantChecker.AssertBalanceAsync(shop, [.. answers.Select(a => a.Buyer.OrderId)]);
        await AssertStockAsync(0, 0);
        Assert.Equal($"Reservation {Units}, Sale -{Units}", await MovedAsync());

        async Task AssertStockAsync(int onHand, int reserved)
        {
            var stock = await admin.GetAsync($"/inventory/{sku}");
            Assert.Equal((onHand, reserved), (stock.Number("onHand"), stock.Number("reserved")));
        }

        Task<string> MovedAsync() => shop.QueryAsync<string>("""
            select string_agg(kind || ' ' || units, ', ' order by kind)
            from (select kind, sum(delta) as units from stock_ledger where sku = $1 and kind <> 'Adjustment' and delta <> 0 group by kind) m
            """, sku);
    }
}
