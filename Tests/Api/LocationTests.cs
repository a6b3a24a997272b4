using System.Text;
using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>A shop with three locations: the default one ships first, Berlin is near to Germany, and Bonn comes last.</summary>
public sealed class LocationTests(LocationTests.Fixture shop) : IClassFixture<LocationTests.Fixture>
{
    private static readonly object Germany = new
    {
        name = "Ada Lovelace",
        line1 = "1 Main St",
        city = "Berlin",
        postalCode = "10115",
        country = "DE",
    };

    [Fact]
    public async Task the_public_sees_the_sum_and_staff_each_location()
    {
        var sku = await shop.ProductAsync(("default", 2), ("berlin", 3));
        var stock = Expect.Status(200, await shop.Admin.GetAsync($"/inventory/{sku}"));
        Assert.Equal((5, 0, 5), (stock.Number("onHand"), stock.Number("reserved"), stock.Number("available")));
        Assert.Equal(
            [("default", 2), ("berlin", 3), ("bonn", 0)],
            stock["locations"]!.AsArray().Select(l => (l!["location"]!.GetValue<string>(), l["onHand"]!.GetValue<int>())));

        var guest = await shop.Api.AsGuestAsync();
        Assert.True(Expect.Status(200, await guest.FillCartAsync(sku, 5))["items.0.available"]!.GetValue<bool>());
        Assert.False(Expect.Status(200, await guest.FillCartAsync(sku, 6))["items.0.available"]!.GetValue<bool>());
        await Until.TrueAsync("the search finds it", TimeSpan.FromSeconds(60), async () =>
            (await guest.GetAsync($"/products?q={sku}&inStock=true"))["items"]!.AsArray().Count == 1);
    }

    [Fact]
    public async Task stock_that_only_another_location_has_is_sold_and_found()
    {
        var sku = await shop.ProductAsync(("bonn", 9));
        await Until.TrueAsync("it is in stock", TimeSpan.FromSeconds(60), async () =>
            (await shop.Api.GetAsync($"/products/{sku}")).Text("availability") == "inStock");
        Assert.Single((await shop.Api.GetAsync($"/products?q={sku}&inStock=true"))["items"]!.AsArray());
        var order = await shop.BuyAsync(Germany, (sku, 1));
        Assert.Equal([(sku, "bonn", 1)], shop.Allocations(order));
    }

    [Fact]
    public async Task an_order_ships_from_one_location_if_one_has_everything()
    {
        var (a, b) = (await shop.ProductAsync(("default", 5), ("bonn", 5)), await shop.ProductAsync(("berlin", 5), ("bonn", 5)));
        var order = await shop.BuyAsync(Germany, (a, 1), (b, 1));
        Assert.Equal([(a, "bonn", 1), (b, "bonn", 1)], shop.Allocations(order));
        // Nobody but the shop sees where.
        Assert.Null((await shop.Buyer.GetAsync($"/orders/{order.Text("id")}"))["allocations"]);
    }

    [Fact]
    public async Task two_parcels_from_two_locations_a_return_and_the_books_agree()
    {
        var (a, b) = (await shop.ProductAsync(("default", 5)), await shop.ProductAsync(("berlin", 5)));
        var order = await shop.BuyAsync(Germany, (a, 2), (b, 1));
        var place = $"/admin/orders/{order.Text("id")}";
        Assert.Equal([(a, "default", 2), (b, "berlin", 1)], shop.Allocations(order));
        Expect.Invalid("location", await shop.ShipAsync(place, null));
        Expect.Problem(409, "conflict", await shop.ShipAsync(place, "bonn"));
        Assert.Equal("confirmed", Expect.Status(201, await shop.ShipAsync(place, "berlin")).Text("status"));
        var shipped = Expect.Status(201, await shop.ShipAsync(place, null));
        Assert.Equal(("shipped", "default"), (shipped.Text("status"), shipped.Text("shipments.1.location")));
        await shop.HasAsync(b, ("berlin", 4, 0));
        await shop.HasAsync(a, ("default", 3, 0));

        var lines = new[] { new { sku = a, quantity = 1, reason = "other" }, new { sku = b, quantity = 1, reason = "other" } };
        var requested = Expect.Status(201, await shop.Buyer.PostAsync($"/orders/{order.Text("id")}/returns", new { lines }));
        var back = $"{place}/returns/{requested.Text("returns.0.id")}";
        Expect.Status(200, await shop.Admin.PostAsync($"{back}/approve", null));
        object Received(string location) => new
        {
            lines = new object[] { new { sku = a, good = 1, location }, new { sku = b, good = 1 } },
        };
        Expect.Invalid("lines[0].location", await shop.Admin.PostAsync($"{back}/receive", Received("nowhere")));
        var received = Expect.Status(200, await shop.Admin.PostAsync($"{back}/receive", Received("bonn")));
        Assert.Equal(
            ("bonn", "berlin"), (received.Text("returns.0.received.0.location"), received.Text("returns.0.received.1.location")));
        await shop.HasAsync(a, ("default", 3, 0), ("bonn", 1, 0));
        await shop.HasAsync(b, ("berlin", 5, 0));
        await shop.AssertBalanceAsync();
    }

    [Fact]
    public async Task the_short_route_of_a_shipment_takes_a_location_too()
    {
        var (a, b) = (await shop.ProductAsync(("default", 5)), await shop.ProductAsync(("berlin", 5)));
        var order = await shop.BuyAsync(Germany, (a, 2), (b, 1));
        var place = $"/admin/orders/{order.Text("id")}/ship";
        var key = Guid.NewGuid().ToString();
        Task<Reply> Ship(string? location, string? key = null) =>
            shop.Admin.PostAsync(place, new { carrier = "DHL", trackingNumber = "JD-1", location }, key);
        // Nobody knows which of the two is meant.
        Expect.Invalid("location", await Ship(null));
        Expect.Invalid("location", await Ship("Not a slug"));
        Expect.Problem(409, "conflict", await Ship("bonn"));
        var first = Expect.Status(200, await Ship("berlin", key));
        Assert.Equal(
            ("confirmed", "berlin", 1),
            (first.Text("status"), first.Text("shipments.0.location"), first.Number("shipments.0.lines.0.quantity")));
        Assert.True(Expect.Status(200, await Ship("berlin", key)).Replayed);
        Expect.Problem(409, "conflict", await Ship("berlin"));
        await shop.HasAsync(b, ("berlin", 4, 0));
        await shop.HasAsync(a, ("default", 5, 2));

        // Without a location, the only one that has units left.
        var second = Expect.Status(200, await Ship(null));
        Assert.Equal(("shipped", 2), (second.Text("status"), second["shipments"]!.AsArray().Count));
        await shop.HasAsync(a, ("default", 3, 0));
        Expect.Problem(409, "invalid-order-state", await Ship("default"));
        await shop.AssertBalanceAsync();
    }

    [Fact]
    public async Task units_move_to_another_location_and_ship_from_there()
    {
        var sku = await shop.ProductAsync(("default", 3), ("bonn", 1));
        var order = await shop.BuyAsync(Germany, (sku, 3));
        var place = $"/admin/orders/{order.Text("id")}";
        object Move(int quantity, string to) => new { sku, quantity, from = "default", to };
        Expect.Problem(409, "out-of-stock", await shop.Admin.PostAsync($"{place}/move-units", Move(2, "bonn")));
        await shop.HasAsync(sku, ("default", 3, 3), ("bonn", 1, 0));
        Expect.Invalid("to", await shop.Admin.PostAsync($"{place}/move-units", Move(1, "nowhere")));
        Expect.Problem(409, "conflict", await shop.Admin.PostAsync($"{place}/move-units", Move(4, "bonn")));
        var moved = Expect.Status(200, await shop.Admin.PostAsync($"{place}/move-units", Move(1, "bonn")));
        Assert.Equal([(sku, "default", 2), (sku, "bonn", 1)], shop.Allocations(moved));
        await shop.HasAsync(sku, ("default", 3, 2), ("bonn", 1, 1));

        Expect.Status(201, await shop.ShipAsync(place, "bonn"));
        // What was cancelled is free where it was.
        Expect.Status(200, await shop.Buyer.PostAsync(
            $"/orders/{order.Text("id")}/cancel", new { lines = new[] { new { sku, quantity = 2 } } }));
        await shop.HasAsync(sku, ("default", 3, 0), ("bonn", 0, 0));
        await shop.AssertBalanceAsync();
    }

    [Fact]
    public async Task a_cancelled_order_gives_everything_back_everywhere()
    {
        var sku = await shop.ProductAsync(("default", 2), ("berlin", 2));
        var order = await shop.BuyAsync(Germany, (sku, 4));
        await shop.HasAsync(sku, ("default", 2, 2), ("berlin", 2, 2));
        Expect.Status(200, await shop.Buyer.PostAsync($"/orders/{order.Text("id")}/cancel", null));
        await shop.HasAsync(sku, ("default", 2, 0), ("berlin", 2, 0));
    }

    [Fact]
    public async Task buyers_at_once_get_all_units_of_all_locations_and_no_more()
    {
        var sku = await shop.ProductAsync(("default", 5), ("berlin", 5), ("bonn", 5));
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            var guest = await shop.Api.AsGuestAsync();
            Expect.Status(200, await guest.FillCartAsync(sku));
            return await shop.OrderAsync(guest, Germany);
        }));
        Assert.All(replies.Where(r => (int)r.Status != 201), r => Expect.Problem(409, "out-of-stock", r));
        // A buyer whose routings were all overtaken may be refused although a unit is left; nothing is sold twice.
        var sold = replies.Count(r => (int)r.Status == 201);
        Assert.InRange(sold, 10, 15);
        var stock = Expect.Status(200, await shop.Admin.GetAsync($"/inventory/{sku}"));
        Assert.Equal((15, sold), (stock.Number("onHand"), stock.Number("reserved")));
        await shop.AssertBalanceAsync();
    }

    [Fact]
    public async Task a_transfer_takes_all_or_nothing_and_arrives_in_parts()
    {
        var (a, b) = (await shop.ProductAsync(("default", 5)), await shop.ProductAsync(("default", 1)));
        object Transfer(int units) => new
        {
            from = "default",
            to = "bonn",
            lines = new[] { new { sku = a, quantity = 4 }, new { sku = b, quantity = units } },
            reference = "DN-1",
        };
        var refused = Expect.Problem(409, "conflict", await shop.Admin.PostAsync("/admin/stock-transfers", Transfer(2)));
        Assert.Contains(b, refused.Text("detail"), StringComparison.Ordinal);
        var listed = (await shop.Admin.GetAsync("/admin/stock-transfers?status=cancelled"))["items"]!.AsArray();
        Assert.Contains(listed, t => t!["refusal"]?.GetValue<string>().StartsWith(b, StringComparison.Ordinal) == true);
        await shop.HasAsync(a, ("default", 5, 0), ("bonn", 0, 0));
        var sent = Expect.Status(201, await shop.Admin.PostAsync("/admin/stock-transfers", Transfer(1)));
        var place = $"/admin/stock-transfers/{sent.Text("id")}";
        Assert.Equal("inTransit", sent.Text("status"));
        Assert.Equal(4, (await shop.HasAsync(a, ("default", 1, 0), ("bonn", 0, 0))).Number("inTransit"));
        object Arrived(int received, int lost) => new { lines = new[] { new { sku = a, received, lost } } };
        Expect.Problem(409, "conflict", await shop.Admin.PostAsync($"{place}/receive", Arrived(4, 1)));
        Expect.Invalid("lines[0].received", await shop.Admin.PostAsync($"{place}/receive", Arrived(0, 0)));
        Expect.Status(200, await shop.Admin.PostAsync($"{place}/receive", Arrived(2, 1)));
        Assert.Equal(1, (await shop.HasAsync(a, ("default", 1, 0), ("bonn", 2, 0))).Number("inTransit"));
        var ended = Expect.Status(200, await shop.Admin.PostAsync($"{place}/cancel", null));
        Assert.Equal(("cancelled", 1), (ended.Text("status"), ended.Number("lines.0.returned")));
        await shop.HasAsync(a, ("default", 2, 0), ("bonn", 2, 0));
        await shop.HasAsync(b, ("default", 1, 0), ("bonn", 0, 0));
        Expect.Problem(409, "conflict", await shop.Admin.PostAsync($"{place}/receive", null));
        Expect.Status(200, await shop.Admin.PostAsync($"{place}/cancel", null));

        var ledger = (await shop.Admin.GetAsync($"/inventory/{a}/ledger?location=bonn"))["items"]!.AsArray();
        Assert.Equal(
            ("transfer", 2, $"transfer {sent.Text("id")}"), (
                ledger[0]!["kind"]!.GetValue<string>(), ledger[0]!["delta"]!.GetValue<int>(), ledger[0]!["reference"]!.GetValue<string>()));
        listed = (await shop.Admin.GetAsync("/admin/stock-transfers?status=cancelled&location=bonn"))["items"]!.AsArray();
        Assert.Contains(listed, t => t!["id"]!.GetValue<string>() == sent.Text("id"));
        await shop.AssertBalanceAsync();
    }

    [Fact]
    public async Task two_operators_receive_the_same_transfer_once()
    {
        var sku = await shop.ProductAsync(("default", 5));
        var sent = Expect.Status(201, await shop.Admin.PostAsync(
            "/admin/stock-transfers", new { from = "default", to = "berlin", lines = new[] { new { sku, quantity = 3 } } }));
        var replies = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ =>
            shop.Admin.PostAsync($"/admin/stock-transfers/{sent.Text("id")}/receive", null, Guid.NewGuid().ToString())));
        Assert.Single(replies, r => (int)r.Status == 200);
        await shop.HasAsync(sku, ("default", 2, 0), ("berlin", 3, 0));
    }

    [Fact]
    public async Task wrong_transfers_and_counts_are_refused_with_every_wrong_field()
    {
        var sku = await shop.ProductAsync(("default", 5));
        var refused = await shop.Admin.PostAsync("/admin/stock-transfers", new
        {
            from = "nowhere",
            to = "else-where",
            lines = new[] { new { sku, quantity = 1 }, new { sku, quantity = 1 }, new { sku = "T-NONE", quantity = 1 } },
        });
        foreach (var field in (string[])["to", "lines[1].sku", "lines[2].sku"])
            Expect.Invalid(field, refused);
        Expect.Invalid("to", await shop.Admin.PostAsync(
            "/admin/stock-transfers", new { from = "default", to = "default", lines = new[] { new { sku, quantity = 1 } } }));
        Expect.Invalid("location", await shop.Admin.PostAsync(
            "/admin/stock-takes", new { location = "nowhere", lines = new[] { new { sku, counted = 1 } } }));
        Expect.Invalid("location", await shop.Admin.PostAsync(
            $"/inventory/{sku}/adjustments", new { delta = 1, reason = "delivery", location = "nowhere" }));
        Expect.Invalid("location", await shop.Admin.GetAsync($"/inventory/{sku}/ledger?location=nowhere"));
        Expect.Invalid("location", await shop.Admin.GetAsync($"/inventory/{sku}/ledger?location=No%20Slug"));
    }

    [Fact]
    public async Task a_stock_take_sets_each_line_and_says_what_it_cannot_set()
    {
        var (a, b) = (await shop.ProductAsync(("berlin", 5)), await shop.ProductAsync(("berlin", 5)));
        await shop.BuyAsync(Germany, (b, 2));
        var taken = Expect.Status(200, await shop.Admin.PostAsync("/admin/stock-takes", new
        {
            location = "berlin",
            lines = new[] { new { sku = a, counted = 4 }, new { sku = b, counted = 1 } },
            reference = "2026-11",
        }));
        Assert.Equal((5, 4, -1), (
            taken.Number("lines.0.onHandBefore"), taken.Number("lines.0.counted"), taken.Number("lines.0.difference")));
        Assert.Contains("reserved", taken.Text("lines.1.problem"), StringComparison.Ordinal);
        await shop.HasAsync(a, ("berlin", 4, 0));
        await shop.HasAsync(b, ("berlin", 5, 2));
        var ledger = (await shop.Admin.GetAsync($"/inventory/{a}/ledger?location=berlin"))["items"]!.AsArray();
        Assert.Equal("count: 2026-11", ledger[0]!["reference"]!.GetValue<string>());
    }

    [Fact]
    public async Task stock_of_a_location_is_low_by_its_own_threshold()
    {
        var sku = await shop.ProductAsync(("default", 50), ("bonn", 8));
        Expect.Status(200, await shop.Admin.PutAsync($"/inventory/{sku}", new { lowStockThreshold = 7, location = "bonn" }));
        Expect.Status(201, await shop.Admin.PostAsync(
            $"/inventory/{sku}/adjustments", new { delta = -1, reason = "damaged", location = "bonn" }));
        Assert.Equal("bonn", await shop.QueryAsync<string>(
            "select data ->> 'location' from event where type = 'inventory.low-stock' and stream_key = $1",
            sku));
        Assert.Equal("inStock", (await shop.Api.GetAsync($"/products/{sku}")).Text("availability"));
    }

    [Fact]
    public async Task the_default_location_can_be_changed_and_not_archived()
    {
        Assert.Equal("Default", Expect.Status(200, await shop.Admin.GetAsync("/admin/locations/default")).Text("name"));
        Expect.Problem(409, "conflict", await shop.Admin.DeleteAsync("/admin/locations/default"));
        Assert.DoesNotContain(
            (await shop.Admin.GetAsync("/admin/locations?status=archived"))["items"]!.AsArray(),
            l => l!["id"]!.GetValue<string>() == "default");
        Expect.Invalid("areas[0].country", await shop.Admin.PostAsync(
            "/admin/locations", new { name = "x", areas = new[] { new { country = "UK" } } }));
        Expect.Invalid("areas[0].region", await shop.Admin.PostAsync(
            "/admin/locations", new { name = "x", areas = new[] { new { country = "US", region = "Bavaria" } } }));
    }

    [Fact]
    public async Task an_archived_location_sells_nothing_and_can_be_emptied()
    {
        var id = $"old-{Guid.NewGuid():N}"[..12];
        Expect.Status(201, await shop.Admin.PostAsync("/admin/locations", new { id, name = "Old", enabled = false }));
        var sku = await shop.ProductAsync(("default", 1), (id, 4));
        var version = (await shop.HasAsync(sku, (id, 4, 0)))["locations"]!.AsArray()
            .Single(l => l!["location"]!.GetValue<string>() == id)!["version"]!.GetValue<int>();
        var body = new { delta = -1, reason = "damaged", location = id };
        Expect.Problem(412, "precondition-failed", await shop.Admin.SendAsync(
            HttpMethod.Post, $"/inventory/{sku}/adjustments", body, ifMatch: $"\"{version + 7}\""));
        Expect.Status(201, await shop.Admin.SendAsync(
            HttpMethod.Post, $"/inventory/{sku}/adjustments", body, ifMatch: $"\"{version}\""));
        Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/locations/{id}"));
        Assert.Equal(1, (await shop.Admin.GetAsync($"/inventory/{sku}")).Number("onHand"));
        var sent = Expect.Status(201, await shop.Admin.PostAsync(
            "/admin/stock-transfers", new { from = id, to = "default", lines = new[] { new { sku, quantity = 3 } } }));
        Expect.Status(200, await shop.Admin.PostAsync($"/admin/stock-transfers/{sent.Text("id")}/receive", null));
        await shop.HasAsync(sku, ("default", 4, 0));
    }

    [Fact]
    public async Task stock_is_imported_and_exported_by_location()
    {
        var sku = await shop.ProductAsync(("default", 2));
        var file = $"SKU,Location,On hand\n{sku},bonn,7\n{sku},,3\n{sku},nowhere,1\n";
        var job = await ImportAsync(file);
        Assert.Equal((2, 1), (job.Number("counts.changed"), job.Number("counts.wrong")));
        await shop.HasAsync(sku, ("default", 3, 0), ("bonn", 7, 0));
        var exported = (await shop.Admin.GetAsync("/admin/exports/stock")).Body;
        Assert.Contains($"{sku},3,5,", exported, StringComparison.Ordinal);
        Assert.Contains($"{sku},7,5,bonn", exported, StringComparison.Ordinal);
        Assert.Equal(0, (await ImportAsync(exported)).Number("counts.changed"));
    }

    private async Task<Reply> ImportAsync(string file)
    {
        var upload = new StringContent(file, Encoding.UTF8, "text/csv");
        var job = Expect.Status(201, await shop.Admin.PostAsync("/admin/import-jobs?kind=stock", upload));
        var place = $"/admin/import-jobs/{job.Text("id")}";
        await EndAsync("checked");
        await shop.Admin.PostAsync($"{place}/apply", null);
        return await EndAsync("done");

        async Task<Reply> EndAsync(string status)
        {
            Reply? reply = null;
            await Until.TrueAsync($"the import is {status}", TimeSpan.FromSeconds(120), async () =>
                (reply = await shop.Admin.GetAsync(place)).Text("status") == status);
            return reply!;
        }
    }

    public sealed class Fixture : IAsyncLifetime
    {
        private Shop shop = null!;

        internal ApiClient Api { get; private set; } = null!;

        internal ApiClient Admin { get; private set; } = null!;

        /// <summary>The guest of the last order.</summary>
        internal ApiClient Buyer { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            (shop, Api) = await Shop.StartAsync();
            Admin = await Api.AsAdminAsync();
            var areas = new[] { new { country = "DE" } };
            Expect.Status(201, await Admin.PostAsync("/admin/locations", new { id = "berlin", name = "Berlin", priority = 10, areas }));
            Expect.Status(201, await Admin.PostAsync("/admin/locations", new { id = "bonn", name = "Bonn", priority = 20 }));
            var sku = await ProductAsync(("bonn", 1));
            await Until.TrueAsync("carts know the locations", TimeSpan.FromSeconds(60), async () =>
                (int)(await (await Api.AsGuestAsync()).FillCartAsync(sku)).Status == 200);
        }

        public ValueTask DisposeAsync() => shop.DisposeAsync();

        internal Task<T> QueryAsync<T>(string sql, params object[] values) => shop.QueryAsync<T>(sql, values);

        internal async Task<string> ProductAsync(params (string Location, int Units)[] stock)
        {
            var sku = await Admin.CreateProductAsync(stock: 0);
            foreach (var (location, delta) in stock)
                Expect.Status(201, await Admin.PostAsync($"/inventory/{sku}/adjustments", new { delta, reason = "delivery", location }));
            return sku;
        }

        internal Task<Reply> OrderAsync(ApiClient guest, object shippingAddress) => guest.PostAsync(
            "/orders", new { email = "ada@example.com", paymentMethod = "pm_card_visa", shippingAddress }, Guid.NewGuid().ToString());

        /// <summary>The order as staff see it.</summary>
        internal async Task<Reply> BuyAsync(object address, params (string Sku, int Units)[] lines)
        {
            Buyer = await Api.AsGuestAsync();
            foreach (var (sku, units) in lines)
                Expect.Status(200, await Buyer.FillCartAsync(sku, units));
            var order = Expect.Status(201, await OrderAsync(Buyer, address));
            return Expect.Status(200, await Admin.GetAsync($"/orders/{order.Text("id")}"));
        }

        internal IEnumerable<(string, string, int)> Allocations(Reply order) => order["allocations"]!.AsArray().Select(a =>
            (a!["sku"]!.GetValue<string>(), a["location"]!.GetValue<string>(), a["quantity"]!.GetValue<int>()));

        internal Task<Reply> ShipAsync(string place, string? location) =>
            Admin.PostAsync($"{place}/shipments", new { carrier = "DHL", trackingNumber = "JD-1", location }, Guid.NewGuid().ToString());

        internal async Task<Reply> HasAsync(string sku, params (string Location, int OnHand, int Reserved)[] expected)
        {
            var stock = Expect.Status(200, await Admin.GetAsync($"/inventory/{sku}"));
            foreach (var level in expected)
            {
                var at = stock["locations"]!.AsArray().Single(l => l!["location"]!.GetValue<string>() == level.Location)!;
                Assert.Equal(level, (level.Location, at["onHand"]!.GetValue<int>(), at["reserved"]!.GetValue<int>()));
            }
            return stock;
        }

        internal Task AssertBalanceAsync() => InvariantChecker.AssertInvariantsAsync(shop);
    }
}
