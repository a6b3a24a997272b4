using SoonShop.Aggregates;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>The silo dies while a draft order is sent: it is sent by itself, with one order and one mail.</summary>
public sealed class DraftOrderCrashTests(PatientCrashingShop shop) : IClassFixture<PatientCrashingShop>
{
    public static TheoryData<string> Points =>
    [
        .. CrashPoint.DraftOrders, "order.place.before-write", "order.placed", "inventory.before-write", "inventory.after-write",
        "inventory.after-write#2", "order.reserved",
    ];

    [Theory, MemberData(nameof(Points))]
    public async Task a_sending_that_crashes_anywhere_completes_alone(string point)
    {
        var skus = await shop.StockAsync();
        var created = await Buyer.AskAsync(() => shop.Admin.PostAsync("/admin/draft-orders", new
        {
            email = $"{Guid.NewGuid():N}@example.com",
            currency = "USD",
            lines = skus.Select(sku => new { sku, quantity = 2, unitPrice = new { amount = 300, currency = "USD" } }),
            shippingAddress = ApiClient.Address(),
        }));
        Assert.Equal(201, (int)created.Status);
        var id = created.Text("id");
        Task<Reply> SendAsync() => shop.Admin.PostAsync($"/admin/draft-orders/{id}/send");

        await shop.ArmAsync(point);
        await shop.CrashAsync(Buyer.TryAsync(SendAsync), success: 200);
        await Until.TrueAsync("the draft is sent", TimeSpan.FromMinutes(3), async () => await shop.Shop.QueryAsync<string>(
            "select index ->> 'status' from grain_state where state_name = 'draft-order' and grain_key = $1",
            Guid.Parse(id).ToString("N")) == "sent");

        var again = await Buyer.AskAsync(SendAsync);
        Assert.Equal((200, "sent"), ((int)again.Status, again.Text("status")));
        var order = Guid.Parse(again.Text("orderId"));
        await shop.StatusAsync(order, "awaitingPayment");
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
        Assert.Equal(1, await shop.Shop.QueryAsync<long>(
            "select count(*) from event where type = 'order.awaiting-payment' and subject = $1", order.ToString("N")));
        Assert.Equal(1, await shop.Shop.QueryAsync<long>(
            "select count(*) from audit_log where action = 'draft-orders.send' and subject = $1", id));
        foreach (var sku in skus)
        {
            var stock = await Buyer.AskAsync(() => shop.Admin.GetAsync($"/inventory/{sku}"));
            Assert.Equal((5, 2), (stock.Number("onHand"), stock.Number("reserved")));
        }
    }
}
