using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(SecondRunningShop))]
public sealed class ReturnTests(RunningShop shop)
{
    [Fact]
    public async Task goods_come_back_and_their_value_is_refunded_less_a_fee()
    {
        var (guest, order, skus) = await DeliveredAsync(2, 1);
        var requested = Expect.Status(201, await RequestAsync(guest, order, (skus[0], 2)));
        Assert.Equal(("requested", "too blue"), (requested.Text("returns.0.status"), requested.Text("returns.0.comment")));
        var place = $"/admin/orders/{order.Text("id")}/returns/{requested.Text("returns.0.id")}";

        Assert.True(await IsListedAsync(order, "requested"));
        Expect.Problem(409, "conflict", await ReceiveAsync(place, skus[0], good: 1, damaged: 1));
        var approved = Expect.Status(200, await shop.Admin.PostAsync($"{place}/approve", new { note = "Use https://example.com/label" }));
        Assert.Equal("Use https://example.com/label", approved.Text("returns.0.note"));
        Expect.Problem(409, "conflict", await shop.Admin.PostAsync($"{place}/refund"));
        var received = Expect.Status(200, await ReceiveAsync(place, skus[0], good: 1, damaged: 1));
        Assert.Equal(
            (1, 1), (received.Number("returns.0.received.0.restocked"), received.Number("returns.0.received.0.writtenOff")));
        await StockAsync(skus[0], 99, 0);

        Expect.Problem(400, "validation-failed", await shop.Admin.PostAsync($"{place}/refund", new { fee = 2001 }));
        var refunded = Expect.Status(200, await shop.Admin.PostAsync($"{place}/refund", new { fee = 300 }));
        Assert.Equal(
            ("refunded", 1700, 300, 1700),
            (refunded.Text("returns.0.status"), refunded.Number("returns.0.refund.amount"), refunded.Number("returns.0.fee.amount"),
                refunded.Number("payment.refunded.amount")));
        Expect.Problem(409, "conflict", await RequestAsync(guest, order, (skus[0], 1)));
        Assert.Equal(
            (false, true), (await IsListedAsync(order, "requested"), await IsListedAsync(order, "refunded")));
    }

    [Fact]
    public async Task shipping_is_refunded_when_everything_came_back()
    {
        var (guest, order, skus) = await DeliveredAsync(1, 1);
        await ReturnAsync(guest, order, skus[0]);
        var all = await ReturnAsync(guest, order, skus[1]);
        Assert.Equal(
            ("refunded", order.Number("total.amount")), (all.Text("status"), all.Number("payment.refunded.amount")));
        Assert.Equal(order.Number("shipping.amount"), all.Number("returns.1.shipping.amount"));
        await StockAsync(skus[0], 100, 0);
    }

    [Fact]
    public async Task two_operators_receive_and_refund_the_same_return_once()
    {
        var (guest, order, skus) = await DeliveredAsync(2);
        var id = Expect.Status(201, await RequestAsync(guest, order, (skus[0], 1))).Text("returns.0.id");
        var place = $"/admin/orders/{order.Text("id")}/returns/{id}";
        Expect.Status(200, await shop.Admin.PostAsync($"{place}/approve"));

        var received = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(i => ReceiveAsync(place, skus[0], good: i % 2, damaged: 1 - (i % 2))));
        Assert.Equal(3, received.Count(r => (int)r.Status == 200));
        Assert.Equal(3, received.Count(r => (int)r.Status == 409));
        var good = (await guest.GetAsync($"/orders/{order.Text("id")}")).Number("returns.0.received.0.good");
        await StockAsync(skus[0], 98 + (int)good, 0);

        Assert.All(
            await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => shop.Admin.PostAsync($"{place}/refund"))), r => Expect.Status(200, r));
        Assert.Equal(1000, (await guest.GetAsync($"/orders/{order.Text("id")}")).Number("payment.refunded.amount"));
    }

    [Fact]
    public async Task only_delivered_units_of_the_own_order_come_back_and_each_wrong_field_is_named()
    {
        var (guest, order, skus) = await DeliveredAsync(1);
        Expect.Problem(409, "conflict", await RequestAsync(guest, order, (skus[0], 2)));
        Expect.Problem(404, "not-found", await RequestAsync(await shop.Api.AsGuestAsync(), order, (skus[0], 1)));
        var wrong = Expect.Problem(
            400, "validation-failed", await guest.PostAsync(
                $"/orders/{order.Text("id")}/returns", new { lines = new[] { new { sku = skus[0], quantity = 1, reason = "no idea" } } }));
        Assert.Contains("lines[0].reason", wrong["errors"]!.AsObject().Select(e => e.Key));
        Expect.Problem(
            400, "validation-failed", await guest.PostAsync($"/orders/{order.Text("id")}/returns", new { lines = Array.Empty<object>() }));
    }

    private async Task<bool> IsListedAsync(Reply order, string returnStatus) =>
        Expect.Status(200, await shop.Admin.GetAsync($"/admin/orders?returnStatus={returnStatus}&number={order.Text("number")}"))["items"]!
            .AsArray().Count == 1;

    private async Task<Reply> ReturnAsync(ApiClient guest, Reply order, string sku)
    {
        var requested = Expect.Status(201, await RequestAsync(guest, order, (sku, 1)));
        var place = $"/admin/orders/{order.Text("id")}/returns/{requested["returns"]!.AsArray()[^1]!["id"]!.GetValue<string>()}";
        Expect.Status(200, await shop.Admin.PostAsync($"{place}/approve"));
        Expect.Status(200, await ReceiveAsync(place, sku, good: 1, damaged: 0));
        return Expect.Status(200, await shop.Admin.PostAsync($"{place}/refund"));
    }

    private static Task<Reply> RequestAsync(ApiClient guest, Reply order, params (string Sku, int Quantity)[] lines) => guest.PostAsync(
        $"/orders/{order.Text("id")}/returns",
        new { comment = "too blue", lines = lines.Select(l => new { sku = l.Sku, quantity = l.Quantity, reason = "changed-mind" }) });

    private Task<Reply> ReceiveAsync(string place, string sku, int good, int damaged) =>
        shop.Admin.PostAsync($"{place}/receive", new { lines = new[] { new { sku, good, damaged } } });

    private async Task<(ApiClient Guest, Reply Order, string[] Skus)> DeliveredAsync(params int[] quantities)
    {
        var (guest, order, skus) = await BoughtGoods.BuyAsync(shop, quantities);
        var place = $"/admin/orders/{order.Text("id")}";
        Expect.Status(200, await shop.Admin.PostAsync($"{place}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" }));
        Expect.Status(200, await shop.Admin.PostAsync($"{place}/deliver"));
        return (guest, order, skus);
    }

    private Task StockAsync(string sku, int onHand, int reserved) => Expect.StockAsync(shop.Admin, sku, onHand, reserved);
}
