using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>
/// Silos of two versions in one cluster. The next version (<c>Tests/NextVersion</c>) has a field more in the states of orders and
/// payments, in a message between them, and in an event.
/// </summary>
[Collection(nameof(Faults.Faults))]
public sealed class UpgradeTests
{
    private const string States = """
        select count(*) from grain_state where state_name = $1 and convert_from(state, 'UTF8')::jsonb #>> $2::text[] = 'web'
        """;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task silos_are_replaced_by_the_next_version_and_back_under_load_and_no_promise_is_broken()
    {
        await using var shop = await Shop.CreateAsync(null, ("Checkout__CheckoutDueSeconds", "2"));
        var otherPorts = (TcpPort.Free(), TcpPort.Free());
        var next = Repository.NextProgram("Silo");
        var (first, second) = (await shop.StartSiloProcessAsync(), await shop.StartSiloProcessAsync(ports: otherPorts));
        var (api, frontEnd) = await shop.StartApiProcessAsync();
        var admin = await api.AsAdminAsync();
        var skus = new string[20];
        for (var i = 0; i < skus.Length; i++)
            skus[i] = await admin.CreateProductAsync(stock: 100_000);
        var old = await BuyAsync(api, skus[0]);
        var crowd = new Crowd(shop, api, 6, n => ([skus[n % skus.Length]], n % 10 == 9 ? "pm_card_visa_chargeDeclined" : "pm_card_visa"));
        await crowd.MoreAsync(20);

        // Forward, one at a time: both versions write for a while.
        await first.StopAsync();
        Assert.Equal(0, first.ExitCode);
        first = await shop.StartSiloProcessAsync(program: next);
        await NewsAsync("order", "{state,order,salesChannel}", crowd, shop);
        await NewsAsync("payment", "{state,salesChannel}", crowd, shop);
        await second.StopAsync();
        second = await shop.StartSiloProcessAsync(ports: otherPorts, program: next);
        await crowd.MoreAsync(20);
        var fresh = await BuyAsync(api, skus[1]);
        var waiting = await Buyer.ArriveAsync(api, skus[2]);
        Assert.Equal(402, (int)(await waiting.OrderAsync("pm_card_visa_chargeDeclined")).Status);
        Assert.Equal(
            1, await shop.QueryAsync<long>(
                "select count(*) from event where subject = $1 and type = 'order.confirmed' and data ->> 'salesChannel' = 'web'",
                fresh.OrderId.ToString("N")));
        await InvariantChecker.AssertInvariantsAsync(shop);

        // Back, as fast as it goes: what the next version wrote, this one reads and goes on with. A front end of the next version is left
        // over.
        await first.StopAsync();
        first = await shop.StartSiloProcessAsync();
        shop.FrontEndProgram = Repository.NextProgram("ApiFrontend");
        var (nextApi, _) = await shop.StartApiProcessAsync();
        await crowd.MoreAsync(10);
        await second.StopAsync();
        Assert.Equal(0, second.ExitCode);
        await crowd.MoreAsync(20);
        var late = await BuyAsync(nextApi, skus[3]);
        await crowd.CloseAsync();
        foreach (var buyer in (Buyer[])[old, fresh])
        {
            Assert.Equal("confirmed", (await Buyer.AskAsync(() => buyer.Guest.GetAsync($"/orders/{buyer.OrderId}"))).Text("status"));
            var refund = await Buyer.AskAsync(() => admin.PostAsync(
                $"/admin/orders/{buyer.OrderId}/refunds", new { amount = 100, reason = "late" }, $"refund-{buyer.OrderId}"));
            Assert.True((int)refund.Status == 200, refund.Body);
        }
        var paid = await Buyer.AskAsync(
            () => waiting.Guest.PostAsync($"/orders/{waiting.OrderId}/payments", new { paymentMethod = "pm_card_visa" }, "second"));
        Assert.Equal("confirmed", paid.Text("status"));
        await crowd.AssertKeptAsync(old.OrderId, fresh.OrderId, waiting.OrderId, late.OrderId);
        Assert.False(first.HasExited || frontEnd.HasExited, shop.Logs);
    }

    private static async Task<Buyer> BuyAsync(ApiClient api, string sku)
    {
        var buyer = await Buyer.ArriveAsync(api, sku);
        Assert.Equal(201, (int)(await buyer.OrderAsync()).Status);
        return buyer;
    }

    /// <summary>Waits until states bear what only the next version writes.</summary>
    private static Task NewsAsync(string state, string path, Crowd crowd, Shop shop) =>
        Until.TrueAsync($"{state}s of the next version are written", Limit, async () =>
        {
            await crowd.MoreAsync(1);
            return await shop.QueryAsync<long>(States, state, path) > 0;
        });
}
