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
        var stock = await admin.GetAsync($"/inventory/{sku}");
        Assert.Equal((0, 0), (stock.Number("onHand"), stock.Number("reserved")));
        Assert.Equal(Units, await shop.QueryAsync<long>("select -sum(delta) from stock_ledger where sku = $1 and kind = 'Sale'", sku));
    }
}
