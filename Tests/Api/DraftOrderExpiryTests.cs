using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>A shop whose draft orders are valid for some seconds, and are removed some seconds later.</summary>
public sealed class ImpatientDraftShop : OrderLinkShop
{
    protected override (string Name, string Value)[] More =>
    [
        ("DraftOrders__ValidDays", "0.0001"), ("DraftOrders__RetentionDays", "0.0003"), ("Checkout__CheckoutDueSeconds", "1"),
    ];
}

public sealed class DraftOrderExpiryTests(ImpatientDraftShop shop) : IClassFixture<ImpatientDraftShop>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task an_order_that_is_not_paid_in_time_gives_back_its_stock_and_its_draft_is_removed_later()
    {
        var (sku, email) = (await shop.Admin.CreateProductAsync(stock: 5), Make.Email());
        var draft = await CreateAsync(sku, email);
        var id = Expect.Status(200, await shop.Admin.PostAsync($"/admin/draft-orders/{draft}/send")).Text("orderId");
        await Until.TrueAsync("the order expires", Limit, async () =>
            (await shop.Admin.GetAsync($"/orders/{id}")).Text("status") == "expired");
        await Until.TrueAsync("the stock is free", Limit, async () =>
            (await shop.Admin.GetAsync($"/inventory/{sku}")).Number("reserved") == 0);
        Expect.Problem(
            409, "invalid-order-state", await shop.Admin.PostAsync($"/orders/{id}/payments", new { paymentMethod = "pm_card_visa" }));
        await RemovedAsync(draft);
        Assert.Equal("expired", Expect.Status(200, await shop.Admin.GetAsync($"/orders/{id}")).Text("status"));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    [Fact]
    public async Task a_draft_that_nobody_sends_ends_with_its_validity()
    {
        var draft = await CreateAsync(await shop.Admin.CreateProductAsync(), Make.Email());
        await Until.TrueAsync("the draft ends", Limit, async () =>
            (await shop.Admin.GetAsync($"/admin/draft-orders/{draft}")) is { } reply
                && ((int)reply.Status == 404 || reply.Text("status") == "cancelled"));
        Assert.Contains((int)(await shop.Admin.PostAsync($"/admin/draft-orders/{draft}/send")).Status, (int[])[404, 409]);
        await RemovedAsync(draft);
        Assert.Equal(1, await shop.Shop.QueryAsync<long>(
            "select count(*) from audit_log where action = 'draft-orders.expire' and subject = $1", draft));
    }

    private async Task<string> CreateAsync(string sku, string email) => Expect.Status(
        201, await shop.Admin.PostAsync("/admin/draft-orders", DraftOrderShop.Body(sku, email))).Text("id");

    private Task RemovedAsync(string draft) => Until.TrueAsync("the draft is removed", Limit, async () =>
        await shop.Shop.QueryAsync<long>(
            "select count(*) from grain_state where state_name = 'draft-order' and grain_key = $1", Guid.Parse(draft).ToString("N")) == 0);
}
