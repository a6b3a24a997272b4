using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(SecondRunningShop))]
public sealed class OrderTests(RunningShop shop)
{
    private const string Declined = "pm_card_visa_chargeDeclined";
    private const string MustAct = "pm_card_authenticationRequired";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("US", 1000, 3, 499, 0)]       // below the free limit
    [InlineData("US", 2500, 2, 0, 0)]         // at the free limit
    [InlineData("DE", 1000, 3, 699, 703)]     // 19 % of 36.99, rounded half up
    [InlineData("DE", 2500, 3, 0, 1425)]
    [InlineData("CH", 1001, 1, 999, 162)]     // not named for shipping; 8.1 % of 20.00
    [InlineData("AU", 15_000, 1, 0, 0)]       // named nowhere
    public async Task totals_follow_the_country(string country, long price, int quantity, long shipping, long tax)
    {
        var sku = await shop.Admin.CreateProductAsync(price: price);
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku, quantity);
        var order = Expect.Status(
            201, await PlaceAsync(
                guest, new { email = "ada@example.com", paymentMethod = "pm_card_visa", shippingAddress = ApiClient.Address(country) }));
        Assert.Equal(
            (price * quantity, shipping, tax, 0, (price * quantity) + shipping + tax),
            (order.Number("subtotal.amount"), order.Number("shipping.amount"), order.Number("tax.amount"), order.Number("discount.amount"),
                order.Number("total.amount")));
        Assert.Equal(
            (order.Number("total.amount"), "captured", 0),
            (order.Number("payment.amount.amount"), order.Text("payment.status"), order.Number("payment.refunded.amount")));
        Assert.Equal(
            (sku, quantity, price * quantity),
            (order.Text("lines.0.sku"), order.Number("lines.0.quantity"), order.Number("lines.0.lineTotal.amount")));
        Assert.Equal(country, order.Text("shippingAddress.country"));
    }

    [Fact]
    public async Task the_taxes_of_lines_and_shipping_add_up()
    {
        var guest = await shop.Api.AsGuestAsync();
        foreach (var price in (long[])[33, 33, 34, 1])
            await guest.FillCartAsync(await shop.Admin.CreateProductAsync(price: price));
        var order = Expect.Status(
            201, await PlaceAsync(
                guest, new { email = "ada@example.com", paymentMethod = "pm_card_visa", shippingAddress = ApiClient.Address("DE") }));
        var ofLines = order["lines"]!.AsArray().Sum(l => l!["tax"]!["amount"]!.GetValue<long>());
        // 19 % of 8.00 in all; 6.99 of them are shipping.
        Assert.Equal(152, order.Number("tax.amount"));
        Assert.InRange(152 - ofLines, 132, 133);
    }

    [Fact]
    public async Task an_order_says_where_it_is_and_what_happened()
    {
        var (guest, _, order) = await BuyAsync();
        Assert.Equal($"/api/v1/orders/{order.Text("id")}", order.Headers["Location"]);
        Assert.Equal(["pending", "confirmed"], Statuses(order));
        Assert.Equal(order.Body, (await guest.GetAsync($"/orders/{order.Text("id")}")).Body);
        var payment = Expect.Status(200, await guest.GetAsync($"/payments/{order.Text("payment.id")}"));
        Assert.Equal(
            ("captured", order.Number("total.amount"), "pm_card_visa"),
            (payment.Text("status"), payment.Number("amount.amount"), payment.Text("method")));
    }

    [Fact]
    public async Task what_is_out_of_stock_is_named_and_nothing_is_touched()
    {
        var (enough, few) = (await shop.Admin.CreateProductAsync(stock: 10), await shop.Admin.CreateProductAsync(stock: 2));
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(enough, 4);
        await guest.FillCartAsync(few, 3);
        var key = Guid.NewGuid().ToString();
        var refused = Expect.Problem(409, "out-of-stock", await guest.OrderAsync(key));
        Assert.Equal($$"""[{"sku":"{{few}}","requested":3,"available":2}]""", refused["lines"]!.ToJsonString());
        Assert.Equal("rejected", (await guest.GetAsync($"/orders/{refused.Text("orderId")}")).Text("status"));
        await StockAsync(enough, 10, 0);
        await StockAsync(few, 2, 0);
        Assert.Equal(2, (await guest.GetAsync("/cart"))["items"]!.AsArray().Count);

        var again = Expect.Problem(409, "out-of-stock", await guest.OrderAsync(key));
        Assert.Equal((refused.Text("orderId"), true), (again.Text("orderId"), again.Replayed));
        await guest.FillCartAsync(few, 2);
        Assert.Equal("confirmed", Expect.Status(201, await guest.OrderAsync()).Text("status"));
    }

    [Fact]
    public async Task a_declined_card_can_be_followed_by_another()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 5);
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku, 2);
        var declined = Expect.Problem(402, "payment-declined", await guest.OrderAsync(paymentMethod: Declined));
        var place = $"/orders/{declined.Text("orderId")}";
        var waiting = await guest.GetAsync(place);
        Assert.Equal(("awaitingPayment", "declined"), (waiting.Text("status"), waiting.Text("payment.status")));
        Assert.NotNull(waiting["paymentDeadline"]);
        await StockAsync(sku, 5, 2);

        var broke = Expect.Problem(402, "payment-declined", await PayAsync(guest, place, "pm_card_chargeDeclinedInsufficientFunds"));
        Assert.Equal(("insufficient_funds", declined.Text("orderId")), (broke.Text("declineCode"), broke.Text("orderId")));
        var paid = Expect.Status(200, await PayAsync(guest, place, "pm_card_visa"));
        Assert.Equal(("confirmed", "captured"), (paid.Text("status"), paid.Text("payment.status")));
        await StockAsync(sku, 5, 2);
        Assert.Empty((await guest.GetAsync("/cart"))["items"]!.AsArray());
        Expect.Problem(409, "invalid-order-state", await PayAsync(guest, place, "pm_card_visa"));
    }

    [Fact]
    public async Task cards_tried_at_the_same_moment_take_the_money_once()
    {
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        var id = Expect.Status(402, await guest.OrderAsync(paymentMethod: Declined)).Text("orderId");
        var replies = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => PayAsync(guest, $"/orders/{id}", "pm_card_visa")));
        Assert.Equal([200, 409, 409, 409, 409], replies.Select(r => (int)r.Status).Order());
        Assert.Equal(
            1, await shop.Shop.QueryAsync<long>(
                "select count(*) from simulated_payment where order_id = $1 and status = 'captured'", Guid.Parse(id)));
    }

    [Fact]
    public async Task a_customer_who_must_act_acts()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 5);
        var customer = await shop.Api.AsNewCustomerAsync();
        await customer.FillCartAsync(sku, 2);
        var order = Expect.Status(201, await customer.OrderAsync(paymentMethod: MustAct));
        Assert.Equal(("awaitingPayment", "requiresAction"), (order.Text("status"), order.Text("payment.status")));
        Assert.NotEmpty(order.Text("payment.clientSecret"));
        await StockAsync(sku, 5, 2);

        var place = $"/simulated-payments/{order.Text("payment.id")}/authenticate";
        Expect.Problem(404, "not-found", await (await shop.Api.AsNewCustomerAsync()).PostAsync(place));
        Assert.Equal("captured", Expect.Status(200, await customer.PostAsync(place)).Text("status"));
        var confirmed = await customer.GetAsync($"/orders/{order.Text("id")}");
        Assert.Equal(("confirmed", null), (confirmed.Text("status"), confirmed["payment.clientSecret"]));
        Assert.Equal(["pending", "awaitingPayment", "confirmed"], Statuses(confirmed));
        await StockAsync(sku, 5, 2);
    }

    [Fact]
    public async Task a_payment_that_awaits_nobody_cannot_be_authenticated()
    {
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        var id = Expect.Status(402, await guest.OrderAsync(paymentMethod: Declined)).Text("orderId");
        Expect.Problem(409, "conflict", await guest.PostAsync($"/simulated-payments/{id}/authenticate"));
        Expect.Problem(404, "not-found", await guest.PostAsync($"/simulated-payments/{Guid.NewGuid()}/authenticate"));
    }

    [Fact]
    public async Task a_cancelled_order_gives_stock_and_money_back()
    {
        var (guest, sku, order) = await BuyAsync(stock: 5, quantity: 2);
        var cancelled = Expect.Status(200, await guest.PostAsync($"/orders/{order.Text("id")}/cancel", new { reason = "changed my mind" }));
        Assert.Equal(
            ("cancelled", "refunded", "changed my mind"),
            (cancelled.Text("status"), cancelled.Text("payment.status"), cancelled.Text("cancelReason")));
        Assert.Equal(order.Number("total.amount"), cancelled.Number("payment.refunded.amount"));
        await StockAsync(sku, 5, 0);
        Assert.Equal(cancelled.Body, Expect.Status(200, await guest.PostAsync($"/orders/{order.Text("id")}/cancel")).Body);
        await StockAsync(sku, 5, 0);
        Assert.Equal(order.Number("total.amount"), (long)await RefundedByProviderAsync(order.Text("id")));
    }

    [Theory]
    [InlineData("You won! http://evil.example")]
    [InlineData("You won! evil.nl")]
    [InlineData("Dear customer,\nyou won")]
    public async Task what_a_mail_says_of_why_an_order_was_called_off_is_one_line_without_links(string reason)
    {
        var (guest, _, order) = await BuyAsync(stock: 5, quantity: 1);
        var path = $"/orders/{order.Text("id")}";
        Expect.Invalid("reason", await guest.PostAsync($"{path}/cancel", new { reason }));
        Expect.Invalid("reason", await shop.Admin.PostAsync($"{path}/cancel", new { reason }));
        Assert.Equal("confirmed", (await guest.GetAsync(path)).Text("status"));
    }

    [Fact]
    public async Task an_order_that_awaits_payment_can_be_cancelled()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 5);
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku, 2);
        var order = Expect.Status(201, await guest.OrderAsync(paymentMethod: MustAct));
        var cancelled = Expect.Status(200, await guest.PostAsync($"/orders/{order.Text("id")}/cancel"));
        Assert.Equal(
            ("cancelled", "cancelled", 0),
            (cancelled.Text("status"), cancelled.Text("payment.status"), cancelled.Number("payment.refunded.amount")));
        await StockAsync(sku, 5, 0);
        Expect.Problem(409, "conflict", await guest.PostAsync($"/simulated-payments/{order.Text("id")}/authenticate"));
        Expect.Problem(409, "invalid-order-state", await PayAsync(guest, $"/orders/{order.Text("id")}", "pm_card_visa"));
    }

    [Fact]
    public async Task a_shipped_order_cannot_be_cancelled()
    {
        var (guest, sku, order) = await BuyAsync(stock: 5, quantity: 2);
        await ShipAsync(order);
        Expect.Problem(409, "invalid-order-state", await guest.PostAsync($"/orders/{order.Text("id")}/cancel"));
        await StockAsync(sku, 3, 0);
    }

    [Fact]
    public async Task an_order_is_shipped_and_delivered_in_that_order()
    {
        var (guest, _, order) = await BuyAsync();
        var place = $"/admin/orders/{order.Text("id")}";
        Expect.Problem(409, "invalid-order-state", await shop.Admin.PostAsync($"{place}/deliver"));
        var shipped = await ShipAsync(order);
        Assert.Equal(
            ("shipped", "Turtle Post", "TP-1"),
            (shipped.Text("status"), shipped.Text("shipment.carrier"), shipped.Text("shipment.trackingNumber")));
        Assert.Equal(shipped.Body, (await ShipAsync(order)).Body);
        Expect.Problem(
            409, "invalid-order-state", await shop.Admin.PostAsync(
                $"{place}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-2" }));
        var delivered = Expect.Status(200, await shop.Admin.PostAsync($"{place}/deliver"));
        Assert.Equal(["pending", "confirmed", "shipped", "delivered"], Statuses(delivered));
        Expect.Status(200, await shop.Admin.PostAsync($"{place}/deliver"));
        Assert.Equal(delivered.Body, (await guest.GetAsync($"/orders/{order.Text("id")}")).Body);
    }

    [Fact]
    public async Task money_is_given_back_in_parts_up_to_the_total()
    {
        var (guest, sku, order) = await BuyAsync(price: 1000, quantity: 2);
        await ShipAsync(order);
        var part = Expect.Status(200, await RefundAsync(order, 500));
        Assert.Equal(
            ("shipped", "partiallyRefunded", 500),
            (part.Text("status"), part.Text("payment.status"), part.Number("payment.refunded.amount")));
        Expect.Problem(409, "conflict", await RefundAsync(order, order.Number("total.amount") - 499));
        var all = Expect.Status(200, await RefundAsync(order, null));
        Assert.Equal(
            ("refunded", "refunded", order.Number("total.amount")),
            (all.Text("status"), all.Text("payment.status"), all.Number("payment.refunded.amount")));
        Expect.Problem(409, "conflict", await RefundAsync(order, 1));
        Expect.Problem(409, "conflict", await RefundAsync(order, null));
        Assert.Equal(order.Number("total.amount"), (long)await RefundedByProviderAsync(order.Text("id")));
        Assert.Equal("refunded", (await guest.GetAsync($"/payments/{order.Text("id")}")).Text("status"));
        Assert.Equal(98, (await shop.Admin.GetAsync($"/inventory/{sku}")).Number("onHand"));
    }

    [Fact]
    public async Task units_that_were_not_shipped_go_back_to_stock_and_the_rest_is_shipped()
    {
        var (guest, sku, order) = await BuyAsync(price: 1000, quantity: 3);
        await StockAsync(sku, 100, 3);

        var part = Expect.Status(200, await RefundLinesAsync(order, (sku.ToLowerInvariant(), 2)));
        Assert.Equal(
            ("confirmed", "partiallyRefunded", 2000),
            (part.Text("status"), part.Text("payment.status"), part.Number("payment.refunded.amount")));
        Assert.Equal(2, part["refundedUnits"]![0]!["quantity"]!.GetValue<int>());
        await StockAsync(sku, 100, 1);
        Expect.Problem(409, "conflict", await RefundLinesAsync(order, (sku, 2)));
        Expect.Invalid("lines[0].sku", await RefundLinesAsync(order, ("NO-SUCH-THING", 1)));
        await StockAsync(sku, 100, 1);

        await ShipAsync(order);
        await StockAsync(sku, 99, 0);
        Assert.Equal(order.Number("total.amount"), Expect.Status(200, await RefundAsync(order, null)).Number("payment.refunded.amount"));
        // The one that was shipped does not come back by itself.
        await StockAsync(sku, 99, 0);
        Assert.Equal(["sale -1", "release -2", "reservation 3", "adjustment 100"], await MovesAsync(sku));
        Assert.Equal(
            part["refundedUnits"]!.ToJsonString(), (await guest.GetAsync($"/orders/{order.Text("id")}"))["refundedUnits"]!.ToJsonString());
    }

    [Fact]
    public async Task a_full_refund_before_shipping_gives_everything_back_and_ends_the_order()
    {
        var (_, sku, order) = await BuyAsync(quantity: 3);
        Assert.Equal("refunded", Expect.Status(200, await RefundAsync(order, null)).Text("status"));
        await StockAsync(sku, 100, 0);
        Expect.Problem(
            409, "invalid-order-state", await shop.Admin.PostAsync(
                $"/admin/orders/{order.Text("id")}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" }));
        Expect.Problem(409, "invalid-order-state", await shop.Admin.PostAsync($"/orders/{order.Text("id")}/cancel"));
        await StockAsync(sku, 100, 0);
    }

    [Fact]
    public async Task a_refund_by_amount_gives_no_unit_back_until_nothing_is_left_to_refund()
    {
        var (_, sku, order) = await BuyAsync(quantity: 2);
        Expect.Status(200, await RefundAsync(order, 1000));
        await StockAsync(sku, 100, 2);
        Assert.Equal("refunded", Expect.Status(200, await RefundAsync(order, order.Number("total.amount") - 1000)).Text("status"));
        await StockAsync(sku, 100, 0);
    }

    [Fact]
    public async Task an_order_that_was_refunded_in_part_is_cancelled_with_the_rest_of_its_units_and_money()
    {
        var (guest, sku, order) = await BuyAsync(quantity: 3);
        Expect.Status(200, await RefundLinesAsync(order, (sku, 1)));
        var cancelled = Expect.Status(200, await guest.PostAsync($"/orders/{order.Text("id")}/cancel"));
        Assert.Equal(("cancelled", order.Number("total.amount")), (cancelled.Text("status"), cancelled.Number("payment.refunded.amount")));
        await StockAsync(sku, 100, 0);
        Assert.Equal(["release -2", "release -1", "reservation 3", "adjustment 100"], await MovesAsync(sku));
    }

    [Fact]
    public async Task an_order_whose_units_were_all_refunded_is_not_shipped()
    {
        var (_, sku, order) = await BuyAsync();
        Assert.Equal("confirmed", Expect.Status(200, await RefundLinesAsync(order, (sku, 1))).Text("status"));
        Expect.Problem(
            409, "invalid-order-state", await shop.Admin.PostAsync(
                $"/admin/orders/{order.Text("id")}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" }));
        await StockAsync(sku, 100, 0);
    }

    public static TheoryData<string, string[]> WrongRefunds() => new()
    {
        { """{ "reason": "x" }""", ["amount", "lines", "full"] },
        { """{ "amount": null, "lines": null, "full": null, "reason": "x" }""", ["amount", "lines", "full"] },
        { """{ "amount": 100, "full": true, "reason": "x" }""", ["amount", "full"] },
        { """{ "amount": 100, "lines": [{ "sku": "A", "quantity": 1 }], "reason": "x" }""", ["amount", "lines"] },
        { """{ "lines": [{ "sku": "A", "quantity": 1 }], "full": true, "reason": "x" }""", ["lines", "full"] },
        { """{ "amount": 100, "lines": [{ "sku": "A", "quantity": 1 }], "full": true, "reason": "x" }""", ["amount", "lines", "full"] },
        { """{ "full": false, "reason": "x" }""", ["full"] },
        { """{ "lines": [], "reason": "x" }""", ["lines"] },
        { """{ "lines": [null], "reason": "x" }""", ["lines"] },
        { """{ "lines": [{ "sku": "A" }], "reason": "x" }""", ["lines[0].quantity"] },
        { """{ "lines": [{ "quantity": 1 }], "reason": "x" }""", ["lines[0].sku"] },
        { """{ "lines": [{ "sku": "A", "quantity": 0 }], "reason": "x" }""", ["lines[0].quantity"] },
        { """{ "amount": 0, "reason": "x" }""", ["amount"] },
        { """{ "amount": -5, "reason": "x" }""", ["amount"] },
        { """{ "full": true }""", ["reason"] },
    };

    [Theory, MemberData(nameof(WrongRefunds))]
    public async Task a_refund_says_exactly_one_of_amount_lines_and_full(string body, string[] wrong)
    {
        var (_, sku, order) = await BuyAsync();
        var reply = await shop.Admin.PostAsync(
            $"/admin/orders/{order.Text("id")}/refunds", JsonNode.Parse(body), Guid.NewGuid().ToString());
        Assert.Equal(
            wrong.Order(StringComparer.Ordinal), Expect.Fields(Expect.Problem(400, "validation-failed", reply))
                .Order(StringComparer.Ordinal));
        Assert.Equal(0, (long)await RefundedByProviderAsync(order.Text("id")));
        await StockAsync(sku, 100, 1);
    }

    [Fact]
    public async Task only_the_buyer_is_given_the_client_secret()
    {
        var customer = await shop.Api.AsNewCustomerAsync();
        var guest = await shop.Api.AsGuestAsync();
        var made = Expect.Status(
            201, await shop.Admin.PostAsync(
                "/admin/api-keys", new { name = "machine", scopes = new[] { "orders:read", "payments:read" } }));
        var key = shop.Api with { AccessToken = made.Text("key") };
        foreach (var buyer in (ApiClient[])[customer, guest])
        {
            await buyer.FillCartAsync(await shop.Admin.CreateProductAsync());
            var order = Expect.Status(201, await buyer.OrderAsync(paymentMethod: MustAct));
            var id = order.Text("id");
            var secret = order.Text("payment.clientSecret");
            foreach (var reply in (Reply[])[
                await buyer.GetAsync($"/orders/{id}"), await buyer.GetAsync($"/payments/{id}"), await buyer.GetAsync("/orders")])
                Assert.Contains(secret, Expect.Status(200, reply).Body, StringComparison.Ordinal);
            foreach (var other in (ApiClient[])[shop.Admin, key])
            {
                foreach (var path in (string[])[
                    $"/orders/{id}", $"/payments/{id}", "/admin/orders?limit=100", "/admin/orders?status=awaitingPayment&limit=100"])
                    Assert.DoesNotContain(secret, Expect.Status(200, await other.GetAsync(path)).Body, StringComparison.Ordinal);
            }
            Assert.DoesNotContain(secret, (await shop.Admin.GetAsync("/admin/audit-log?limit=100")).Body, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, (await shop.Admin.PostAsync($"/orders/{id}/cancel")).Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task an_administrator_who_pays_for_somebody_is_not_given_the_client_secret()
    {
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        var order = Expect.Status(201, await guest.OrderAsync(paymentMethod: MustAct));
        var paid = Expect.Status(200, await shop.Admin.PostAsync($"/orders/{order.Text("id")}/payments", new { paymentMethod = MustAct }));
        Assert.Null(paid["payment"]!["clientSecret"]);
    }

    [Fact]
    public async Task refunds_at_the_same_moment_never_exceed_the_total()
    {
        var (_, _, order) = await BuyAsync(price: 1000, quantity: 1);
        var replies = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => RefundAsync(order, 400)));
        Assert.Equal(3, replies.Count(r => (int)r.Status == 200));
        Assert.Equal(1200, (long)await RefundedByProviderAsync(order.Text("id")));
    }

    [Fact]
    public async Task a_refund_needs_a_key_and_a_captured_payment()
    {
        var (_, _, order) = await BuyAsync();
        Expect.Invalid(
            "Idempotency-Key", await shop.Admin.PostAsync(
                $"/admin/orders/{order.Text("id")}/refunds", new { full = true, reason = "late" }));
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        var waiting = Expect.Status(201, await guest.OrderAsync(paymentMethod: MustAct));
        Expect.Problem(409, "invalid-order-state", await RefundAsync(waiting, 1));
        Expect.Problem(
            404, "not-found", await shop.Admin.PostAsync(
                $"/admin/orders/{Guid.NewGuid()}/refunds", new { full = true, reason = "late" }, Guid.NewGuid().ToString()));
    }

    [Fact]
    public async Task orders_are_listed_newest_first_page_by_page_and_by_status()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var sku = await shop.Admin.CreateProductAsync();
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            await customer.Api.FillCartAsync(sku);
            ids.Insert(0, Expect.Status(201, await customer.Api.OrderAsync(paymentMethod: i == 2 ? MustAct : "pm_card_visa")).Text("id"));
            if (i == 2)
                Expect.Status(200, await customer.Api.PostAsync($"/orders/{ids[0]}/cancel"));
        }
        Assert.Equal(ids, Ids(await customer.Api.GetAsync("/orders")));
        Assert.Equal(ids, await WalkAsync(customer.Api, "/orders?limit=2"));
        Assert.Equal([ids[2]], Ids(await customer.Api.GetAsync("/orders?status=cancelled")));
        Assert.Equal(ids.Where(i => i != ids[2]), await WalkAsync(customer.Api, "/orders?limit=3&status=confirmed"));
        Assert.Empty(Ids(await customer.Api.GetAsync("/orders?status=awaitingPayment")));

        var cursor = (await customer.Api.GetAsync("/orders?limit=2")).Text("nextCursor");
        Expect.Invalid("cursor", await customer.Api.GetAsync($"/orders?status=confirmed&cursor={cursor}"));
        Expect.Invalid("cursor", await (await shop.Api.AsNewCustomerAsync()).GetAsync($"/orders?cursor={cursor}"));

        Assert.Equal(ids, await WalkAsync(shop.Admin, $"/admin/orders?limit=2&customerId={customer.Id}"));
        Assert.Equal([ids[2]], Ids(await shop.Admin.GetAsync($"/admin/orders?customerId={customer.Id}&status=cancelled")));
        var middle = Uri.EscapeDataString((await customer.Api.GetAsync($"/orders/{ids[2]}")).Text("placedAt"));
        Assert.Equal(ids[..3], Ids(await shop.Admin.GetAsync($"/admin/orders?customerId={customer.Id}&from={middle}")));
        Assert.Equal(ids[3..], Ids(await shop.Admin.GetAsync($"/admin/orders?customerId={customer.Id}&to={middle}")));
        Assert.Empty(Ids(await shop.Admin.GetAsync($"/admin/orders?customerId={Guid.NewGuid()}")));
        var day = (await customer.Api.GetAsync($"/orders/{ids[2]}")).Text("placedAt")[..10];
        Assert.Contains(ids[2], Ids(await shop.Admin.GetAsync($"/admin/orders?customerId={customer.Id}&from={day}&to={day}")));
        Assert.Empty(Ids(await shop.Admin.GetAsync($"/admin/orders?customerId={customer.Id}&from=2020-01-01&to=2020-01-01")));
    }

    [Fact]
    public async Task orders_are_found_by_number_address_and_sku()
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        var (customer, guest) = (await shop.Api.AsNewCustomerAsync(email), await shop.Api.AsGuestAsync());
        var (one, two) = (await shop.Admin.CreateProductAsync(), await shop.Admin.CreateProductAsync());
        await customer.FillCartAsync(one);
        await customer.FillCartAsync(two);
        var first = Expect.Status(201, await PlaceAsync(customer, email));
        await guest.FillCartAsync(two);
        var second = Expect.Status(201, await PlaceAsync(guest, $" {email.ToUpperInvariant()} "));
        await customer.FillCartAsync(one);
        var third = Expect.Status(201, await PlaceAsync(customer, email, MustAct));
        string[] Found(params Reply[] orders) => [.. orders.Select(o => o.Text("id"))];

        foreach (var written in (string[])[
            first.Text("number"), first.Text("number").ToLowerInvariant(), first.Text("number").Replace("-", "", StringComparison.Ordinal)])
            Assert.Equal(Found(first), Ids(await shop.Admin.GetAsync($"/admin/orders?number={written}")));
        foreach (var written in (string[])[email, email.ToUpperInvariant(), $"%20{email}"])
        {
            Assert.Equal(Found(third, second, first), Ids(await shop.Admin.GetAsync($"/admin/orders?email={written}")));
            Assert.Equal(Found(third, second, first), await WalkAsync(shop.Admin, $"/admin/orders?limit=1&email={written}"));
        }
        Assert.Equal(Found(second, first), await WalkAsync(shop.Admin, $"/admin/orders?limit=1&sku={two.ToLowerInvariant()}"));
        Assert.Equal(Found(third, first), Ids(await shop.Admin.GetAsync($"/admin/orders?email={email}&sku={one}")));
        Assert.Equal(Found(third), Ids(await shop.Admin.GetAsync($"/admin/orders?sku={one}&status=awaitingPayment")));
        Assert.Empty(Ids(await shop.Admin.GetAsync($"/admin/orders?number={first.Text("number")}&sku=NO-SUCH-THING")));
        Assert.Empty(Ids(await shop.Admin.GetAsync("/admin/orders?number=SO-1")));
        Assert.Empty(Ids(await shop.Admin.GetAsync("/admin/orders?email=nobody@example.com")));
        Expect.Invalid("email", await shop.Admin.GetAsync("/admin/orders?email=nobody"));
        Expect.Invalid("sku", await shop.Admin.GetAsync("/admin/orders?sku=%20"));
        Expect.Invalid("number", await shop.Admin.GetAsync($"/admin/orders?number={new string('1', 41)}"));
    }

    [Theory]
    [InlineData("/admin/orders")]
    [InlineData("/admin/audit-log")]
    [InlineData("/admin/event-errors")]
    [InlineData("/admin/dead-letters")]
    [InlineData("/admin/dead-letters?groupBy=handler")]
    [InlineData("/admin/payments/discrepancies")]
    public async Task every_list_with_a_stretch_of_time_takes_days_and_times_and_nothing_else(string path)
    {
        var join = path.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        foreach (var good in (string[])[
            "2026-11-28", "2026-11-28T10:20:30Z", "2026-11-28T10:20:30%2B01:00", "2026-11-28T10:20:30+01:00", ""])
            Expect.Status(200, await shop.Admin.GetAsync($"{path}{join}from={good}&to={good}"));
        foreach (var bad in (string[])["28.11.2026", "yesterday", "2026-02-29", "1764288000", "2026-11"])
        {
            Expect.Invalid("from", await shop.Admin.GetAsync($"{path}{join}from={bad}"));
            Expect.Invalid("to", await shop.Admin.GetAsync($"{path}{join}to={bad}"));
        }
    }

    [Fact]
    public async Task a_day_in_the_audit_log_is_that_whole_day()
    {
        var sku = await shop.Admin.CreateProductAsync();
        var entries = Expect.Status(200, await shop.Admin.GetAsync($"/admin/audit-log?subject={sku}"))["items"]!.AsArray();
        var day = entries[0]!["at"]!.GetValue<string>()[..10];
        Assert.NotEmpty(
            Expect.Status(200, await shop.Admin.GetAsync($"/admin/audit-log?subject={sku}&from={day}&to={day}"))["items"]!.AsArray());
        Assert.Empty(Expect.Status(
            200, await shop.Admin.GetAsync($"/admin/audit-log?subject={sku}&from=2020-01-01&to=2020-01-01"))["items"]!.AsArray());
    }

    [Theory]
    [InlineData("status=lost")]
    [InlineData("status=1")]
    [InlineData("status=pending,confirmed")]
    [InlineData("status=%20confirmed")]
    [InlineData("status=confirmed%20")]
    public async Task a_list_wants_a_status_that_exists(string query)
    {
        Expect.Invalid("status", await (await shop.Api.AsNewCustomerAsync()).GetAsync($"/orders?{query}"));
        Expect.Invalid("status", await shop.Admin.GetAsync($"/admin/orders?{query}"));
    }

    [Fact]
    public async Task the_lists_for_administrators_are_theirs()
    {
        var (guest, _, order) = await BuyAsync();
        var customer = await shop.Api.AsNewCustomerAsync();
        Expect.Problem(403, "forbidden", await customer.GetAsync("/admin/orders"));
        Expect.Problem(401, "unauthenticated", await guest.GetAsync("/admin/orders"));
        Expect.Problem(403, "forbidden", await customer.PostAsync($"/admin/orders/{order.Text("id")}/deliver"));
        Expect.Problem(
            403, "forbidden", await customer.PostAsync($"/admin/orders/{order.Text("id")}/refunds", new { reason = "mine" }, "k"));
        Expect.Status(200, await shop.Admin.GetAsync($"/orders/{order.Text("id")}"));
    }

    [Fact]
    public async Task a_guest_sees_the_orders_of_the_own_cart_only()
    {
        var (guest, _, order) = await BuyAsync();
        Assert.Equal([order.Text("id")], Ids(await guest.GetAsync("/orders")));
        var stranger = await shop.Api.AsGuestAsync();
        Assert.Empty(Ids(await stranger.GetAsync("/orders")));
        await InvisibleAsync(stranger, order);
        await InvisibleAsync(await shop.Api.AsNewCustomerAsync(), order);
    }

    [Fact]
    public async Task a_customers_order_is_nobody_elses()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        await customer.Api.FillCartAsync(await shop.Admin.CreateProductAsync());
        var order = Expect.Status(201, await customer.Api.OrderAsync());
        Assert.Equal(customer.Id, order.Text("customerId"));
        await InvisibleAsync(await shop.Api.AsNewCustomerAsync(), order);
        await InvisibleAsync(shop.Api with { CartId = customer.Id }, order);
        await InvisibleAsync(await shop.Api.AsGuestAsync(), order);
    }

    [Fact]
    public async Task an_order_goes_to_an_address_of_the_book()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var addressId = (await customer.Api.PostAsync("/me/addresses", ApiClient.Address("DE"))).Text("id");
        await customer.Api.FillCartAsync(await shop.Admin.CreateProductAsync());
        Expect.Problem(
            404, "not-found", await PlaceAsync(customer.Api, new { addressId = Guid.NewGuid(), paymentMethod = "pm_card_visa" }));
        Expect.Invalid(
            "shippingAddress", await PlaceAsync(
                customer.Api, new { addressId, paymentMethod = "pm_card_visa", shippingAddress = ApiClient.Address() }));
        Expect.Invalid("shippingAddress", await PlaceAsync(customer.Api, new { paymentMethod = "pm_card_visa" }));
        var order = Expect.Status(201, await PlaceAsync(customer.Api, new { addressId, paymentMethod = "pm_card_visa" }));
        Assert.Equal(("DE", customer.Email), (order.Text("shippingAddress.country"), order.Text("email")));

        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        Expect.Status(404, await PlaceAsync(guest, new { addressId, paymentMethod = "pm_card_visa", email = "ada@example.com" }));
    }

    [Theory]
    [InlineData("email", "email")]
    [InlineData("paymentMethod", "paymentMethod")]
    [InlineData("shippingAddress", "shippingAddress")]
    public async Task a_guests_order_needs_its_fields(string member, string field)
    {
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        var body = new Dictionary<string, object>
        {
            ["email"] = "ada@example.com",
            ["paymentMethod"] = "pm_card_visa",
            ["shippingAddress"] = ApiClient.Address(),
        };
        body.Remove(member);
        Expect.Invalid(field, await PlaceAsync(guest, body));
        body[member] = member == "shippingAddress"
            ? new { name = "Ada", line1 = "1 Main St", city = "Springfield", region = "IL", country = "US" }
            : "";
        Expect.Invalid(member == "shippingAddress" ? "shippingAddress.postalCode" : field, await PlaceAsync(guest, body));
    }

    [Fact]
    public async Task an_order_needs_a_key() => Expect.Invalid("Idempotency-Key", await (await shop.Api.AsGuestAsync()).PostAsync(
        "/orders", new { email = "ada@example.com", paymentMethod = "pm_card_visa", shippingAddress = ApiClient.Address() }));

    [Fact]
    public async Task buyers_at_the_same_moment_get_what_is_there_and_no_more()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 7);
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            var guest = await shop.Api.AsGuestAsync();
            await guest.FillCartAsync(sku);
            return await guest.OrderAsync();
        }));
        Assert.Equal(7, replies.Count(r => (int)r.Status == 201));
        Assert.All(replies.Where(r => (int)r.Status != 201), r => Expect.Problem(409, "out-of-stock", r));
        await StockAsync(sku, 7, 7);
    }

    [Fact]
    public async Task one_cart_is_not_ordered_twice_at_the_same_moment()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 10);
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku);
        var replies = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => guest.OrderAsync()));
        Assert.Single(replies, r => (int)r.Status == 201);
        Assert.All(
            replies.Where(r => (int)r.Status != 201), r => Expect.Problem(409, r.Code is "cart-empty" ? "cart-empty" : "conflict", r));
        await StockAsync(sku, 10, 1);
    }

    [Fact]
    public async Task a_watcher_is_told_of_each_status_and_resumes_where_it_was()
    {
        var (guest, _, order) = await BuyAsync();
        var place = $"/api/v1/orders/{order.Text("id")}/events";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(120));
        await using var events = Follow(guest, place, null, limit.Token).GetAsyncEnumerator(limit.Token);
        Assert.Equal(("1", "pending"), await NextAsync(events));
        Assert.Equal(("2", "confirmed"), await NextAsync(events));
        var next = NextAsync(events);
        Assert.False(next.IsCompleted);
        await ShipAsync(order);
        Assert.Equal(("3", "shipped"), await next);

        await using var resumed = Follow(guest, place, "2", limit.Token).GetAsyncEnumerator(limit.Token);
        Assert.Equal(("3", "shipped"), await NextAsync(resumed));
        Expect.Status(200, await RefundAsync(order, null));
        Assert.Equal(("4", "refunded"), await NextAsync(events));
        Assert.Equal(("4", "refunded"), await NextAsync(resumed));
        Assert.False(await events.MoveNextAsync());
    }

    [Fact]
    public async Task who_has_seen_the_end_is_told_not_to_come_again()
    {
        var (guest, _, order) = await BuyAsync();
        Expect.Status(200, await guest.PostAsync($"/orders/{order.Text("id")}/cancel"));
        var place = $"/api/v1/orders/{order.Text("id")}/events";
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Soon);
        var statuses = new List<SseItem<string>>();
        await foreach (var item in Follow(guest, place, null, limit.Token))
            statuses.Add(item);
        Assert.Equal(["1", "2", "3"], statuses.Select(s => s.EventId));
        Assert.Equal(TimeSpan.FromSeconds(3), statuses[0].ReconnectionInterval);

        using var again = await guest.Http.SendAsync(Request(guest, place, "3"), TestContext.Current.CancellationToken);
        Assert.Equal(204, (int)again.StatusCode);
        using var ahead = await guest.Http.SendAsync(Request(guest, place, "4"), TestContext.Current.CancellationToken);
        Assert.Equal(400, (int)ahead.StatusCode);
    }

    [Fact]
    public async Task no_more_than_so_many_watch_an_order()
    {
        const int MaxWatchers = 64;
        var (guest, _, order) = await BuyAsync();
        var place = $"/api/v1/orders/{order.Text("id")}/events";
        var watching = await Task.WhenAll(Enumerable.Range(0, MaxWatchers).Select(_ =>
            guest.Http.SendAsync(
                Request(guest, place, "2"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken)));
        Assert.All(watching, w => Assert.Equal(200, (int)w.StatusCode));
        var refused = new HttpResponseMessage();
        await Until.TrueAsync("one more is refused", Soon, async () =>
            (int)(refused = await guest.Http.SendAsync(Request(guest, place, "2"), HttpCompletionOption.ResponseHeadersRead,
                TestContext.Current.CancellationToken)).StatusCode == 429);
        Assert.NotNull(refused.Headers.RetryAfter);
        foreach (var connection in watching)
            connection.Dispose();
        await Until.TrueAsync("who has left makes room", Soon, async () =>
        {
            using var next = await guest.Http.SendAsync(
                Request(guest, place, "2"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            return (int)next.StatusCode == 200;
        });
    }

    [Fact]
    public async Task a_strange_watcher_is_refused()
    {
        var (guest, _, order) = await BuyAsync();
        Expect.Problem(404, "not-found", await (await shop.Api.AsGuestAsync()).GetAsync($"/orders/{order.Text("id")}/events"));
        Expect.Problem(404, "not-found", await guest.GetAsync($"/orders/{Guid.NewGuid()}/events"));
        Expect.Problem(401, "unauthenticated", await shop.Api.GetAsync($"/orders/{order.Text("id")}/events"));
        foreach (var id in (string[])["nonsense", "-1", "99999999999"])
        {
            using var request = Request(guest, $"/api/v1/orders/{order.Text("id")}/events", id);
            using var response = await guest.Http.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal(400, (int)response.StatusCode);
            Assert.Contains(
                "Last-Event-ID", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }

    private static async IAsyncEnumerable<SseItem<string>> Follow(
        ApiClient client,
        string place,
        string? lastEventId,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        using var request = Request(client, place, lastEventId);
        using var response = await client.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(cancellation)).EnumerateAsync(cancellation))
        {
            if (item.EventType != "heartbeat")
                yield return item;
        }
    }

    private static HttpRequestMessage Request(ApiClient client, string place, string? lastEventId)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, place);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        request.Headers.TryAddWithoutValidation("X-Cart-Id", client.CartId);
        if (lastEventId is not null)
            request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        return request;
    }

    private static async Task<(string? Id, string Status)> NextAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Soon));
        return (events.Current.EventId, JsonNode.Parse(events.Current.Data)!["status"]!.GetValue<string>());
    }

    private async Task<(ApiClient Guest, string Sku, Reply Order)> BuyAsync(int stock = 100, long price = 1000, int quantity = 1)
    {
        var sku = await shop.Admin.CreateProductAsync(stock, price);
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(sku, quantity);
        return (guest, sku, Expect.Status(201, await guest.OrderAsync()));
    }

    private static Task<Reply> PlaceAsync(ApiClient buyer, object body) => buyer.PostAsync("/orders", body, Guid.NewGuid().ToString());

    private static Task<Reply> PlaceAsync(ApiClient buyer, string email, string paymentMethod = "pm_card_visa") =>
        PlaceAsync(buyer, new { email, paymentMethod, shippingAddress = ApiClient.Address() });

    private static Task<Reply> PayAsync(ApiClient buyer, string place, string paymentMethod) =>
        buyer.PostAsync($"{place}/payments", new { paymentMethod });

    private async Task<Reply> ShipAsync(Reply order) => Expect.Status(200, await shop.Admin.PostAsync(
        $"/admin/orders/{order.Text("id")}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" }));

    private Task<Reply> RefundAsync(Reply order, long? amount) =>
        shop.Admin.PostAsync(
            $"/admin/orders/{order.Text("id")}/refunds",
            amount is null ? new { full = true, reason = "late" } : new { amount, reason = "late" }, Guid.NewGuid().ToString());

    private Task<Reply> RefundLinesAsync(Reply order, params (string Sku, int Quantity)[] lines) => shop.Admin.PostAsync(
        $"/admin/orders/{order.Text("id")}/refunds",
        new { lines = lines.Select(l => new { sku = l.Sku, quantity = l.Quantity }), reason = "late" }, Guid.NewGuid().ToString());

    private Task<decimal> RefundedByProviderAsync(string orderId) => shop.Shop.QueryAsync<decimal>(
        "select coalesce(sum(r.amount), 0)::numeric from simulated_refund r join simulated_payment p on p.reference = r.payment_reference "
            + "where p.order_id = $1",
        Guid.Parse(orderId));

    /// <summary>The movements of stock, newest first.</summary>
    private async Task<string[]> MovesAsync(string sku) =>
        [.. (await shop.Admin.GetAsync($"/inventory/{sku}/ledger"))["items"]!.AsArray().Select(m => $"{m!["kind"]} {m["delta"]}")];

    private Task StockAsync(string sku, int onHand, int reserved) => Expect.StockAsync(shop.Admin, sku, onHand, reserved);

    private static async Task InvisibleAsync(ApiClient stranger, Reply order)
    {
        var id = order.Text("id");
        Expect.Problem(404, "not-found", await stranger.GetAsync($"/orders/{id}"));
        Expect.Problem(404, "not-found", await stranger.GetAsync($"/payments/{id}"));
        Expect.Problem(404, "not-found", await stranger.PostAsync($"/orders/{id}/cancel"));
        Expect.Problem(404, "not-found", await stranger.PostAsync($"/orders/{id}/payments", new { paymentMethod = "pm_card_visa" }));
        Expect.Problem(404, "not-found", await stranger.PostAsync($"/simulated-payments/{id}/authenticate"));
        Assert.DoesNotContain(id, Ids(await stranger.GetAsync("/orders")));
    }

    private static async Task<List<string>> WalkAsync(ApiClient client, string path)
    {
        var ids = new List<string>();
        string? cursor = null;
        do
        {
            var page = Expect.Status(
                200, await client.GetAsync($"{path}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}"));
            ids.AddRange(Ids(page));
            cursor = page["nextCursor"]?.GetValue<string>();
        }
        while (cursor is not null && ids.Count < 100);
        return ids;
    }

    private static string[] Ids(Reply page) => [.. page["items"]!.AsArray().Select(i => i!["id"]!.GetValue<string>())];

    private static string[] Statuses(Reply order) => [.. order["timeline"]!.AsArray().Select(t => t!["status"]!.GetValue<string>())];
}
