using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(SecondRunningShop))]
public sealed class ShipmentTests(RunningShop shop)
{
    [Fact]
    public async Task an_order_is_shipped_in_parcels_and_its_units_leave_the_stock_with_them()
    {
        var (guest, order, skus) = await BuyAsync(2, 1);
        Assert.Equal(
            $$"""[{"sku":"{{skus[0]}}","quantity":2},{"sku":"{{skus[1]}}","quantity":1}]""", order["unitsToShip"]!.ToJsonString());
        await StockAsync(skus[0], 100, 2);

        var first = Expect.Status(201, await ShipAsync(order, "TP-1", (skus[0], 1)));
        Assert.Equal(("confirmed", "TP-1", 1), (first.Text("status"), first.Text("shipments.0.trackingNumber"),
            first.Number("unitsToShip.0.quantity")));
        Assert.Equal($"/api/v1/orders/{order.Text("id")}", first.Headers["Location"]);
        await StockAsync(skus[0], 99, 1);
        await StockAsync(skus[1], 100, 1);
        Expect.Problem(409, "invalid-order-state", await guest.PostAsync($"/orders/{order.Text("id")}/cancel"));

        var second = Expect.Status(201, await ShipAsync(order, "TP-2"));
        Assert.Equal(("shipped", 2), (second.Text("status"), second["shipments"]!.AsArray().Count));
        await StockAsync(skus[0], 98, 0);
        await StockAsync(skus[1], 99, 0);

        var place = $"/admin/orders/{order.Text("id")}/shipments";
        var one = Expect.Status(200, await shop.Admin.PostAsync($"{place}/{second.Text("shipments.0.id")}/deliver"));
        Assert.Equal(("shipped", "delivered"), (one.Text("status"), one.Text("shipments.0.status")));
        var both = Expect.Status(200, await shop.Admin.PostAsync($"{place}/{second.Text("shipments.1.id")}/deliver"));
        Assert.Equal("delivered", both.Text("status"));
    }

    [Fact]
    public async Task units_that_are_not_shipped_are_cancelled_and_refunded()
    {
        var (guest, order, skus) = await BuyAsync(2, 1);
        var place = $"/orders/{order.Text("id")}/cancel";
        var cancelled = Expect.Status(200, await guest.PostAsync(place, Lines((skus[0], 1))));
        Assert.Equal(
            ("confirmed", 1000, 1),
            (cancelled.Text("status"), cancelled.Number("payment.refunded.amount"), cancelled.Number("cancelledUnits.0.quantity")));
        await StockAsync(skus[0], 100, 1);

        Expect.Status(201, await ShipAsync(order, "TP-1", (skus[0], 1)));
        Expect.Problem(409, "conflict", await guest.PostAsync(place, Lines((skus[0], 1))));
        var rest = Expect.Status(200, await guest.PostAsync(place, Lines((skus[1], 1))));
        Assert.Equal(("shipped", 2000), (rest.Text("status"), rest.Number("payment.refunded.amount")));
        await StockAsync(skus[0], 99, 0);
        await StockAsync(skus[1], 100, 0);
        Expect.Problem(409, "invalid-order-state", await ShipAsync(order, "TP-2"));
    }

    [Fact]
    public async Task cancelling_all_units_cancels_the_order_with_its_shipping_costs()
    {
        var (guest, order, skus) = await BuyAsync(1);
        var cancelled = Expect.Status(200, await guest.PostAsync($"/orders/{order.Text("id")}/cancel", Lines((skus[0], 1))));
        Assert.Equal(
            ("cancelled", order.Number("total.amount")), (cancelled.Text("status"), cancelled.Number("payment.refunded.amount")));
        await StockAsync(skus[0], 100, 0);
    }

    [Fact]
    public async Task two_operators_who_ship_the_same_units_ship_them_once()
    {
        var (_, order, skus) = await BuyAsync(3);
        var replies = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => ShipAsync(order, $"TP-{i}", (skus[0], 2))));
        Assert.Equal(1, replies.Count(r => (int)r.Status == 201));
        Assert.Equal(5, replies.Count(r => (int)r.Status == 409));
        await StockAsync(skus[0], 98, 1);
    }

    [Fact]
    public async Task wrong_lines_are_named_and_nothing_is_shipped()
    {
        var (_, order, skus) = await BuyAsync(1);
        var wrong = Expect.Problem(400, "validation-failed", await ShipAsync(order, "TP-1", ("NO-SUCH-THING", 1)));
        Assert.Contains("lines[0].sku", wrong["errors"]!.AsObject().Select(e => e.Key));
        Expect.Problem(409, "conflict", await ShipAsync(order, "TP-1", (skus[0], 2)));
        Expect.Problem(400, "validation-failed", await ShipAsync(order, "TP-1", (skus[0], 0)));
        await StockAsync(skus[0], 100, 1);
    }

    [Fact]
    public async Task a_shipment_is_corrected_and_its_packing_slip_shows_what_is_in_it()
    {
        var (guest, order, skus) = await BuyAsync(2, 1);
        var shipped = Expect.Status(201, await ShipAsync(order, "TP-1", (skus[0], 2)));
        var place = $"/admin/orders/{order.Text("id")}/shipments/{shipped.Text("shipments.0.id")}";

        Expect.Status(200, await shop.Admin.PatchAsync(place, new { trackingNumber = "<TP-9>" }));
        Assert.Equal("<TP-9>", (await guest.GetAsync($"/orders/{order.Text("id")}")).Text("shipments.0.trackingNumber"));
        var slip = Expect.Status(200, await shop.Admin.GetAsync($"{place}/packing-slip"));
        Assert.Contains(skus[0], slip.Body, StringComparison.Ordinal);
        Assert.Contains("&lt;TP-9&gt;", slip.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(skus[1], slip.Body, StringComparison.Ordinal);
        Assert.DoesNotContain("USD", slip.Body, StringComparison.Ordinal);
        Expect.Problem(
            404, "not-found", await shop.Admin.GetAsync($"/admin/orders/{order.Text("id")}/shipments/{Guid.NewGuid()}/packing-slip"));
    }

    private Task<(ApiClient Guest, Reply Order, string[] Skus)> BuyAsync(params int[] quantities) => BoughtGoods.BuyAsync(shop, quantities);

    private Task<Reply> ShipAsync(Reply order, string trackingNumber, params (string Sku, int Quantity)[] lines) => shop.Admin.PostAsync(
        $"/admin/orders/{order.Text("id")}/shipments",
        lines.Length == 0
            ? new { carrier = "Turtle Post", trackingNumber }
            : new { carrier = "Turtle Post", trackingNumber, lines = lines.Select(l => new { sku = l.Sku, quantity = l.Quantity }) });

    private static object Lines(params (string Sku, int Quantity)[] lines) =>
        new { lines = lines.Select(l => new { sku = l.Sku, quantity = l.Quantity }) };

    private Task StockAsync(string sku, int onHand, int reserved) => Expect.StockAsync(shop.Admin, sku, onHand, reserved);
}
