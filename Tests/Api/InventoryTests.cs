using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(RunningShop))]
public sealed class InventoryTests(RunningShop shop)
{
    [Fact]
    public async Task adjustments_add_and_take_units()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 0);
        var added = Expect.Status(201, await AdjustAsync(sku, 10));
        Assert.Equal($"/api/v1/inventory/{sku}/ledger", added.Headers["Location"]);
        Expect.Status(201, await AdjustAsync(sku, -3));
        await HasAsync(sku, onHand: 7, reserved: 0);
    }

    [Fact]
    public async Task an_adjustment_happens_once_under_its_key()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 0);
        var key = Guid.NewGuid().ToString();
        foreach (var reply in await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => AdjustAsync(sku, 10, key))))
            Expect.Status(201, reply);
        await HasAsync(sku, onHand: 10, reserved: 0);
    }

    [Fact]
    public async Task adjustments_without_a_key_each_count()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 0);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => AdjustAsync(sku, 1)));
        await HasAsync(sku, onHand: 20, reserved: 0);
    }

    [Fact]
    public async Task what_is_reserved_cannot_be_taken_away()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 5);
        await ReserveAsync(sku, 3);
        await HasAsync(sku, onHand: 5, reserved: 3);
        Expect.Problem(409, "conflict", await AdjustAsync(sku, -3));
        Expect.Status(201, await AdjustAsync(sku, -2));
        Expect.Problem(409, "conflict", await AdjustAsync(sku, -1));
        await HasAsync(sku, onHand: 3, reserved: 3);
    }

    [Fact]
    public async Task there_is_an_upper_limit_to_stock()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 1);
        Expect.Problem(409, "conflict", await AdjustAsync(sku, 1_000_000_000));
        Expect.Invalid("delta", await AdjustAsync(sku, 1_000_000_001));
        Expect.Invalid("delta", await AdjustAsync(sku, 0));
        await HasAsync(sku, onHand: 1, reserved: 0);
    }

    [Fact]
    public async Task the_ledger_adds_up_to_the_counters_page_by_page()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 0);
        foreach (var delta in (int[])[20, -3, 5, -1])
            Expect.Status(201, await AdjustAsync(sku, delta));
        await ReserveAsync(sku, 2);
        var sold = await BuyAsync(sku, 4);
        Expect.Status(200, await shop.Admin.PostAsync(
            $"/admin/orders/{sold.OrderId}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" }));
        var cancelled = await BuyAsync(sku, 1);
        Expect.Status(200, await cancelled.Guest.PostAsync($"/orders/{cancelled.OrderId}/cancel"));
        Assert.NotEqual(sold.OrderId, cancelled.OrderId);
        await TakeBackAsync(sold.Guest, sold.OrderId, sku);

        var movements = new List<Reply>();
        string? cursor = null;
        do
        {
            var page = Expect.Status(
                200, await shop.Admin.GetAsync(
                    $"/inventory/{sku}/ledger?limit=3{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}"));
            Assert.InRange(page["items"]!.AsArray().Count, 1, 3);
            movements.AddRange(page["items"]!.AsArray().Select(i => new Reply(page.Status, i!.ToJsonString(), page.Headers)));
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null);

        movements.Reverse();
        Assert.Equal(
            [
                "adjustment", "adjustment", "adjustment", "adjustment", "reservation", "reservation", "sale", "reservation", "release",
                "return",
            ],
            movements.Select(m => m.Text("kind")));
        long onHand = 0, reserved = 0;
        foreach (var m in movements)
        {
            var delta = m.Number("delta");
            (onHand, reserved) = m.Text("kind") switch
            {
                "reservation" or "release" => (onHand, reserved + delta),
                "sale" => (onHand + delta, reserved + delta),
                _ => (onHand + delta, reserved),
            };
            Assert.Equal((onHand, reserved), (m.Number("onHandAfter"), m.Number("reservedAfter")));
        }
        Assert.Equal((18, 2), (onHand, reserved));
        await HasAsync(sku, onHand: 18, reserved: 2);
        Assert.Equal("delivery", movements[0].Text("reference"));
        foreach (var ofTheSold in (int[])[6, 9])
            Assert.Contains(sold.OrderId, movements[ofTheSold].Text("reference"), StringComparison.Ordinal);
        Assert.Contains(cancelled.OrderId, movements[8].Text("reference"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_threshold_decides_what_is_low()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 6);
        Assert.Equal("inStock", await AvailabilityAsync(sku));
        Expect.Status(201, await AdjustAsync(sku, -1));
        Assert.Equal("lowStock", await AvailabilityAsync(sku));
        var set = Expect.Status(200, await shop.Admin.PutAsync($"/inventory/{sku}", new { lowStockThreshold = 2 }));
        Assert.Equal(2, set.Number("lowStockThreshold"));
        Assert.Equal("inStock", await AvailabilityAsync(sku));
        Expect.Status(201, await AdjustAsync(sku, -3));
        Assert.Equal("lowStock", await AvailabilityAsync(sku));
        await ReserveAsync(sku, 2);
        // An order is not this front end's own change: it hears of it within a second.
        await Until.TrueAsync(
            "the product is out of stock", TimeSpan.FromSeconds(60), async () => await AvailabilityAsync(sku) == "outOfStock");
        Expect.Invalid("lowStockThreshold", await shop.Admin.PutAsync($"/inventory/{sku}", new { lowStockThreshold = -1 }));
    }

    [Fact]
    public async Task a_stale_etag_changes_nothing()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 6);
        var seen = (await shop.Admin.GetAsync($"/inventory/{sku}")).Headers["ETag"];
        Expect.Status(200, await shop.Admin.PutAsync($"/inventory/{sku}", new { lowStockThreshold = 1 }, seen));
        Expect.Problem(412, "precondition-failed", await shop.Admin.PutAsync($"/inventory/{sku}", new { lowStockThreshold = 3 }, seen));
        Expect.Problem(412, "precondition-failed", await shop.Admin.SendAsync(
            HttpMethod.Post, $"/inventory/{sku}/adjustments", new { delta = 1, reason = "count" }, ifMatch: seen));
        var now = await shop.Admin.GetAsync($"/inventory/{sku}");
        Assert.Equal((1, 6), (now.Number("lowStockThreshold"), now.Number("onHand")));
    }

    [Fact]
    public async Task an_unknown_product_has_no_stock()
    {
        foreach (var sku in (string[])["NO-SUCH-PRODUCT", "-", "x y"])
        {
            var place = $"/inventory/{Uri.EscapeDataString(sku)}";
            Expect.Problem(404, "not-found", await shop.Admin.GetAsync(place));
            Expect.Problem(404, "not-found", await shop.Admin.PutAsync(place, new { lowStockThreshold = 3 }));
            Expect.Problem(404, "not-found", await shop.Admin.PostAsync($"{place}/adjustments", new { delta = 3, reason = "count" }));
            Expect.Problem(404, "not-found", await shop.Admin.GetAsync($"{place}/ledger"));
        }
    }

    [Fact]
    public async Task stock_is_for_administrators()
    {
        var sku = await shop.Admin.CreateProductAsync();
        var customer = await shop.Api.AsNewCustomerAsync();
        Expect.Problem(403, "forbidden", await customer.GetAsync($"/inventory/{sku}"));
        Expect.Problem(403, "forbidden", await customer.PostAsync($"/inventory/{sku}/adjustments", new { delta = 1, reason = "gift" }));
        Expect.Problem(403, "forbidden", await customer.GetAsync($"/inventory/{sku}/ledger"));
        Expect.Problem(401, "unauthenticated", await shop.Api.GetAsync($"/inventory/{sku}"));
        Expect.Problem(
            401, "unauthenticated", await (await shop.Api.AsGuestAsync()).PutAsync($"/inventory/{sku}", new { lowStockThreshold = 1 }));
    }

    private Task<Reply> AdjustAsync(string sku, int delta, string? key = null) =>
        shop.Admin.PostAsync($"/inventory/{sku}/adjustments", new { delta, reason = "delivery" }, key);

    private async Task HasAsync(string sku, int onHand, int reserved)
    {
        var stock = Expect.Status(200, await shop.Admin.GetAsync($"/inventory/{sku}"));
        Assert.Equal((onHand, reserved, onHand - reserved), (stock.Number("onHand"), stock.Number("reserved"), stock.Number("available")));
    }

    private async Task<string> AvailabilityAsync(string sku) => (await shop.Api.GetAsync($"/products/{sku}")).Text("availability");

    /// <summary>An order that waits for its payment holds the units.</summary>
    private async Task ReserveAsync(string sku, int quantity)
    {
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku, quantity);
        Expect.Problem(402, "payment-declined", await guest.OrderAsync(paymentMethod: "pm_card_visa_chargeDeclined"));
    }

    private async Task<(ApiClient Guest, string OrderId)> BuyAsync(string sku, int quantity)
    {
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku, quantity);
        return (guest, Expect.Status(201, await guest.OrderAsync()).Text("id"));
    }

    /// <summary>A unit of a shipped order comes back, and is good.</summary>
    private async Task TakeBackAsync(ApiClient guest, string orderId, string sku)
    {
        var requested = Expect.Status(201, await guest.PostAsync(
            $"/orders/{orderId}/returns", new { lines = new[] { new { sku, quantity = 1, reason = "other" } } }));
        var place = $"/admin/orders/{orderId}/returns/{requested.Text("returns.0.id")}";
        Expect.Status(200, await shop.Admin.PostAsync($"{place}/approve"));
        Expect.Status(200, await shop.Admin.PostAsync($"{place}/receive", new { lines = new[] { new { sku, good = 1 } } }));
    }
}
