using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Returned goods that are exchanged for new orders, with 12.5 % tax on top of the prices.</summary>
[Collection(nameof(DraftOrderShop))]
public sealed class ExchangeTests(DraftOrderShop shop)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task a_dearer_thing_is_sent_once_its_difference_is_paid()
    {
        var email = Make.Email();
        var (guest, order, path) = await ReturnedAsync(email);
        var dearer = await shop.Admin.CreateProductAsync(stock: 10, price: 1600);
        var body = new { lines = new[] { new { sku = dearer, quantity = 1 } }, message = "Here is your XL." };

        // 10.00 came back and 16.00 goes out, with 12.5 % on top of each; the new order is sent for free.
        var quote = Expect.Status(200, await shop.Admin.PostAsync($"{path}/exchange/quote", body));
        Assert.Equal(
            (1125, 1800, 1125, 675, 0),
            (quote.Number("value.amount"), quote.Number("quote.total.amount"), quote.Number("credit.amount"), quote.Number("toPay.amount"),
                quote.Number("toRefund.amount")));
        Assert.Equal(0, quote.Number("quote.shipping.amount"));

        var begun = Expect.Status(201, await shop.Admin.PostAsync($"{path}/exchange", body));
        var id = begun.Text("exchanges.0.orderId");
        Assert.EndsWith($"/orders/{id}", begun.Headers["Location"], StringComparison.Ordinal);
        Assert.Equal(
            ("pending", 1125, 1125), (begun.Text("exchanges.0.status"), begun.Number("exchanges.0.value.amount"),
                begun.Number("exchanges.0.credit.amount")));
        await Expect.StockAsync(shop.Admin, dearer, 10, 1);
        // Until it is paid, the return waits, and its money cannot go elsewhere.
        Assert.Equal(("received", 0), (begun.Text("returns.0.status"), begun.Number("payment.refunded.amount")));
        Assert.Equal(id, Expect.Problem(409, "conflict", await shop.Admin.PostAsync($"{path}/refund")).Text("orderId"));
        Expect.Problem(409, "conflict", await shop.Admin.PostAsync($"{path}/exchange", body));
        var total = order.Number("total.amount");
        Expect.Problem(409, "conflict", await RefundAsync(order.Text("id"), total - 1124));

        var token = await shop.TokenAsync(email, $"orders/{id}");
        var mail = Assert.Single(shop.RequestsTo(email)).TextBody!;
        Assert.All(["Here is your XL.", "18.00", "11.25", "6.75"], text => Assert.Contains(text, mail, StringComparison.Ordinal));
        var waiting = Expect.Status(200, await shop.ByLinkAsync(HttpMethod.Get, $"/orders/{id}", token));
        Assert.Equal(
            ("awaitingPayment", 1800, 1125, order.Text("id")),
            (waiting.Text("status"), waiting.Number("total.amount"), waiting.Number("payment.credit.amount"),
                waiting.Text("exchangeFor.orderId")));
        var paid = Expect.Status(200, await shop.ByLinkAsync(
            HttpMethod.Post, $"/orders/{id}/payments", token, new { paymentMethod = "pm_card_visa" }));
        Assert.Equal(("confirmed", 1800), (paid.Text("status"), paid.Number("payment.captured.amount")));
        Assert.Equal(675, await ChargedAsync(id));

        await ExchangeIsAsync(order, "completed");
        var ended = Expect.Status(200, await guest.GetAsync($"/orders/{order.Text("id")}"));
        Assert.Equal(
            ("refunded", 1125, 1125, id, 1125),
            (ended.Text("returns.0.status"), ended.Number("returns.0.refund.amount"), ended.Number("returns.0.credited.amount"),
                ended.Text("returns.0.exchangeOrderId"), ended.Number("payment.refunded.amount")));
        // No money has gone back to the card.
        Assert.Equal(0, await RefundedAsync(order.Text("id")));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);

        // Everything is refunded: to the card that paid the difference, and the rest to the one that paid at first.
        var back = Expect.Status(200, await RefundAsync(id, null));
        Assert.Equal(("refunded", 1800), (back.Text("status"), back.Number("payment.refunded.amount")));
        Assert.Equal((675, 1125), (await RefundedAsync(id), await RefundedAsync(order.Text("id"))));
        Expect.Status(200, await RefundAsync(order.Text("id"), null));
        Assert.Equal(total, await RefundedAsync(order.Text("id")));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    [Fact]
    public async Task a_cheaper_thing_is_sent_at_once_and_the_rest_is_refunded()
    {
        var email = Make.Email();
        var (_, order, path) = await ReturnedAsync(email);
        var cheaper = await shop.Admin.CreateProductAsync(stock: 10, price: 400);
        var body = new { fee = 125, lines = new[] { new { sku = cheaper, quantity = 1 } } };
        var quote = Expect.Status(200, await shop.Admin.PostAsync($"{path}/exchange/quote", body));
        Assert.Equal((1000, 450, 0, 550), (quote.Number("value.amount"), quote.Number("credit.amount"), quote.Number("toPay.amount"),
            quote.Number("toRefund.amount")));

        var done = Expect.Status(201, await shop.Admin.PostAsync($"{path}/exchange", body));
        var id = done.Text("exchanges.0.orderId");
        Assert.Equal(
            ("completed", "refunded", 1000, 125, 1000),
            (done.Text("exchanges.0.status"), done.Text("returns.0.status"), done.Number("returns.0.refund.amount"),
                done.Number("returns.0.fee.amount"), done.Number("payment.refunded.amount")));
        Assert.Equal(550, await RefundedAsync(order.Text("id")));
        var placed = Expect.Status(200, await shop.Admin.GetAsync($"/orders/{id}"));
        Assert.Equal(("confirmed", 450), (placed.Text("status"), placed.Number("payment.captured.amount")));
        Assert.Equal(0, await ChargedAsync(id));
        await Until.TrueAsync("the guest is told of both", Limit, () => Task.FromResult(
            shop.MailsTo(email).Any(m => m.TextBody!.Contains("4.50", StringComparison.Ordinal)
                && m.TextBody!.Contains(placed.Text("number"), StringComparison.Ordinal))));

        // The new order is cancelled: its money goes back to the first card.
        Expect.Status(200, await shop.Admin.PostAsync($"/orders/{id}/cancel", new { reason = "on second thought" }));
        await Until.TrueAsync("it is refunded", Limit, async () => await RefundedAsync(order.Text("id")) == 1000);
        Assert.Equal("completed", Expect.Status(200, await shop.Admin.GetAsync($"/orders/{order.Text("id")}")).Text("exchanges.0.status"));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    [Fact]
    public async Task a_thing_that_costs_nothing_is_sent_and_the_whole_value_refunded()
    {
        var (_, order, path) = await ReturnedAsync(Make.Email());
        var free = await shop.Admin.CreateProductAsync(stock: 10, price: 1600);
        var done = Expect.Status(201, await shop.Admin.PostAsync(
            $"{path}/exchange", new { lines = new[] { new { sku = free, quantity = 1, unitPrice = DraftOrderShop.Usd(0) } } }));
        Assert.Equal(
            ("completed", 0, "refunded", 1125),
            (done.Text("exchanges.0.status"), done.Number("exchanges.0.credit.amount"), done.Text("returns.0.status"),
                done.Number("payment.refunded.amount")));
        Assert.Equal(1125, await RefundedAsync(order.Text("id")));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    [Fact]
    public async Task an_exchange_whose_order_is_cancelled_unpaid_leaves_the_return_to_be_refunded_or_exchanged_again()
    {
        var (_, order, path) = await ReturnedAsync(Make.Email());
        var dearer = await shop.Admin.CreateProductAsync(stock: 10, price: 1600);
        var body = new { lines = new[] { new { sku = dearer, quantity = 1 } } };
        var first = Expect.Status(201, await shop.Admin.PostAsync($"{path}/exchange", body)).Text("exchanges.0.orderId");
        Expect.Status(200, await shop.Admin.PostAsync($"/orders/{first}/cancel"));
        await ExchangeIsAsync(order, "cancelled");
        await Expect.StockAsync(shop.Admin, dearer, 10, 0);

        var second = Expect.Status(201, await shop.Admin.PostAsync($"{path}/exchange", body));
        Assert.Equal(["cancelled", "pending"], second["exchanges"]!.AsArray().Select(e => e!["status"]!.GetValue<string>()));
        Expect.Status(200, await shop.Admin.PostAsync($"/orders/{second.Text("exchanges.1.orderId")}/cancel"));
        await Until.TrueAsync("the return can be refunded", Limit, async () =>
            (int)(await shop.Admin.PostAsync($"{path}/refund")).Status == 200);
        Assert.Equal(1125, await RefundedAsync(order.Text("id")));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    [Fact]
    public async Task what_cannot_be_ordered_holds_nothing()
    {
        var (_, order, path) = await ReturnedAsync(Make.Email());
        var few = await shop.Admin.CreateProductAsync(stock: 1);
        Expect.Problem(409, "out-of-stock", await shop.Admin.PostAsync(
            $"{path}/exchange", new { lines = new[] { new { sku = few, quantity = 2 } } }));
        Expect.Problem(400, "validation-failed", await shop.Admin.PostAsync(
            $"{path}/exchange", new { lines = new[] { new { sku = "NO-SUCH-THING", quantity = 1 } } }));
        Expect.Problem(400, "validation-failed", await shop.Admin.PostAsync(
            $"{path}/exchange", new { fee = 1126, lines = new[] { new { sku = few, quantity = 1 } } }));
        Expect.Problem(400, "validation-failed", await shop.Admin.PostAsync($"{path}/exchange", new { lines = Array.Empty<object>() }));
        Expect.Problem(404, "not-found", await shop.Admin.PostAsync(
            $"{path[..^36]}{Guid.NewGuid()}/exchange", new { lines = new[] { new { sku = few, quantity = 1 } } }));
        var other = Expect.Problem(409, "conflict", await shop.Admin.PostAsync(
            $"{path}/exchange", new { expectedTotal = DraftOrderShop.Usd(1), lines = new[] { new { sku = few, quantity = 1 } } }));
        Assert.NotNull(other["quote"]);

        Assert.Empty(Expect.Status(200, await shop.Admin.GetAsync($"/orders/{order.Text("id")}"))["exchanges"]!.AsArray());
        await Expect.StockAsync(shop.Admin, few, 1, 0);
        Assert.Equal(1125, Expect.Status(200, await shop.Admin.PostAsync($"{path}/refund")).Number("payment.refunded.amount"));
        Expect.Problem(409, "conflict", await shop.Admin.PostAsync(
            $"{path}/exchange", new { lines = new[] { new { sku = few, quantity = 1 } } }));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    [Fact]
    public async Task two_operators_exchange_the_same_return_once()
    {
        var (_, order, path) = await ReturnedAsync(Make.Email());
        var sku = await shop.Admin.CreateProductAsync(stock: 10, price: 1000);
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => i % 3 == 0
            ? shop.Admin.PostAsync($"{path}/refund")
            : shop.Admin.PostAsync($"{path}/exchange", new { lines = new[] { new { sku, quantity = 1 } } })));
        Assert.All(answers, a => Assert.True((int)a.Status is 200 or 201 or 409, a.ToString()));
        var ended = Expect.Status(200, await shop.Admin.GetAsync($"/orders/{order.Text("id")}"));
        Assert.Equal(("refunded", 1125), (ended.Text("returns.0.status"), ended.Number("payment.refunded.amount")));
        Assert.Equal(answers.Count(a => (int)a.Status == 201), ended["exchanges"]!.AsArray().Count);
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    [Fact]
    public async Task before_it_is_shipped_an_order_is_edited_and_its_difference_paid()
    {
        var email = Make.Email();
        var (_, sku, order) = await BuyAsync(email);
        var id = order.Text("id");
        var other = await shop.Admin.CreateProductAsync(stock: 10, price: 1600);
        var body = new { cancel = new[] { new { sku, quantity = 1 } }, lines = new[] { new { sku = other, quantity = 1 } } };
        var quote = Expect.Status(200, await shop.Admin.PostAsync($"/admin/orders/{id}/edits/quote", body));
        Assert.Equal(
            (1125, 1800, 675), (quote.Number("value.amount"), quote.Number("quote.total.amount"), quote.Number("toPay.amount")));
        var begun = Expect.Status(201, await shop.Admin.PostAsync($"/admin/orders/{id}/edits", body));
        var added = begun.Text("exchanges.0.orderId");
        Assert.Null(begun["exchanges"]![0]!["returnId"]);

        // Until the difference is paid, the unit can be neither shipped nor cancelled; the other one can.
        Expect.Problem(409, "conflict", await shop.Admin.PostAsync($"/orders/{id}/cancel"));
        var parcel = new { carrier = "Turtle Post", trackingNumber = "TP-1" };
        var shipped = Expect.Status(201, await shop.Admin.PostAsync($"/admin/orders/{id}/shipments", parcel));
        Assert.Equal(("confirmed", 1), (shipped.Text("status"), shipped.Number("shipments.0.lines.0.quantity")));
        Expect.Problem(409, "conflict", await shop.Admin.PostAsync(
            $"/admin/orders/{id}/shipments", new { carrier = "Turtle Post", trackingNumber = "TP-2" }));

        var token = await shop.TokenAsync(email, $"orders/{added}");
        Expect.Status(200, await shop.ByLinkAsync(
            HttpMethod.Post, $"/orders/{added}/payments", token, new { paymentMethod = "pm_card_visa" }));
        await ExchangeIsAsync(order, "completed");
        await Until.TrueAsync("the unit is cancelled", Limit, async () =>
            (await shop.Admin.GetAsync($"/orders/{id}")).Text("status") == "shipped");
        var ended = Expect.Status(200, await shop.Admin.GetAsync($"/orders/{id}"));
        Assert.Equal((1, 1125), (ended.Number("cancelledUnits.0.quantity"), ended.Number("payment.refunded.amount")));
        Assert.Equal((0, 675), (await RefundedAsync(id), await ChargedAsync(added)));
        await Expect.StockAsync(shop.Admin, sku, 99, 0);
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    [Fact]
    public async Task lines_are_added_to_an_order_and_cancelled_again_without_touching_it()
    {
        var (_, _, order) = await BuyAsync(Make.Email());
        var other = await shop.Admin.CreateProductAsync(stock: 10, price: 1600);
        var body = new { lines = new[] { new { sku = other, quantity = 2 } }, shippingPrice = DraftOrderShop.Usd(200) };
        var begun = Expect.Status(201, await shop.Admin.PostAsync($"/admin/orders/{order.Text("id")}/edits", body));
        var added = Expect.Status(200, await shop.Admin.GetAsync($"/orders/{begun.Text("exchanges.0.orderId")}"));
        // 2 × 16.00 and 2.00 for shipping, with 12.5 % on top.
        Assert.Equal(("awaitingPayment", 3825), (added.Text("status"), added.Number("total.amount")));
        Assert.Null(added["payment"]!["credit"]);
        Expect.Status(200, await shop.Admin.PostAsync($"/orders/{added.Text("id")}/cancel"));
        await ExchangeIsAsync(order, "cancelled");
        Assert.Equal(0, (await shop.Admin.GetAsync($"/orders/{order.Text("id")}")).Number("payment.refunded.amount"));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    /// <summary>A guest buys two units at 10.00 of one thing.</summary>
    private async Task<(ApiClient Guest, string Sku, Reply Order)> BuyAsync(string email)
    {
        var guest = await shop.Api.AsGuestAsync();
        var sku = await shop.Admin.CreateProductAsync(stock: 100, price: 1000);
        Expect.Status(200, await guest.FillCartAsync(sku, 2));
        return (guest, sku, Expect.Status(201, await guest.PostAsync(
            "/orders", new { email, paymentMethod = "pm_card_visa", shippingAddress = ApiClient.Address() }, Guid.NewGuid().ToString())));
    }

    /// <summary>A guest bought two units at 10.00 of one thing, and one of them came back.</summary>
    private async Task<(ApiClient Guest, Reply Order, string Return)> ReturnedAsync(string email)
    {
        var (guest, sku, order) = await BuyAsync(email);
        var id = order.Text("id");
        Expect.Status(200, await shop.Admin.PostAsync(
            $"/admin/orders/{id}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" }));
        Expect.Status(200, await shop.Admin.PostAsync($"/admin/orders/{id}/deliver"));
        var returned = Expect.Status(201, await guest.PostAsync(
            $"/orders/{id}/returns", new { lines = new[] { new { sku, quantity = 1, reason = "other" } } })).Text("returns.0.id");
        var path = $"/admin/orders/{id}/returns/{returned}";
        Expect.Status(200, await shop.Admin.PostAsync($"{path}/approve"));
        Expect.Status(200, await shop.Admin.PostAsync($"{path}/receive", new { lines = new[] { new { sku, good = 1 } } }));
        return (guest, order, path);
    }

    private Task<Reply> RefundAsync(string order, long? amount) => shop.Admin.PostAsync(
        $"/admin/orders/{order}/refunds", amount is null ? new { full = true, reason = "test" } : new { amount, reason = "test" },
        Guid.NewGuid().ToString());

    private Task ExchangeIsAsync(Reply order, string status) => Until.TrueAsync($"the exchange is {status}", Limit, async () =>
        (await shop.Admin.GetAsync($"/orders/{order.Text("id")}")).Text("exchanges.0.status") == status);

    /// <summary>What the provider has taken for an order.</summary>
    private Task<long> ChargedAsync(string order) => shop.Shop.QueryAsync<long>(
        "select coalesce(sum(amount) filter (where status = 'captured'), 0)::bigint from simulated_payment where order_id = $1",
        Guid.Parse(order));

    /// <summary>What the provider has given back for an order.</summary>
    private Task<long> RefundedAsync(string order) => shop.Shop.QueryAsync<long>(
        "select coalesce(sum(r.amount), 0)::bigint from simulated_refund r join simulated_payment p on p.reference = r.payment_reference "
            + "where p.order_id = $1", Guid.Parse(order));
}
