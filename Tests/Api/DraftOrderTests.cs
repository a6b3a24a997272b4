using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Orders that staff writes for customers, from the draft to the payment.</summary>
[Collection(nameof(DraftOrderShop))]
public sealed class DraftOrderTests(DraftOrderShop shop)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task a_guest_pays_an_order_with_own_prices_by_the_mailed_link()
    {
        var email = Make.Email();
        var (own, usual) = (await shop.Admin.CreateProductAsync(stock: 10), await shop.Admin.CreateProductAsync(stock: 10, price: 1000));
        var created = Expect.Status(201, await shop.Admin.PostAsync("/admin/draft-orders", DraftOrderShop.Body(own, email,
            ("lines", new object[]
            {
                new { sku = own, quantity = 2, unitPrice = DraftOrderShop.Usd(700) }, new { sku = usual, quantity = 1 },
            }),
            ("shippingPrice", DraftOrderShop.Usd(250)), ("message", "As we agreed on the telephone."), ("note", "Bob called."))));
        // 2 × 700 + 1000 and shipping, with 12.5 % on top: 331.25.
        Assert.Equal(
            (2400, 250, 331, 2981),
            (created.Number("quote.subtotal.amount"), created.Number("quote.shipping.amount"), created.Number("quote.tax.amount"),
                created.Number("quote.total.amount")));
        Assert.Equal(("open", "Bob called.", "\"1\""), (created.Text("status"), created.Text("note"), created.Headers["ETag"]));
        var draft = created.Text("id");
        Assert.EndsWith($"/admin/draft-orders/{draft}", created.Headers["Location"], StringComparison.Ordinal);

        var sent = Expect.Status(200, await shop.SendAsync(draft));
        var id = sent.Text("orderId");
        Assert.Equal(("sent", 2981), (sent.Text("status"), sent.Number("quote.total.amount")));
        await Expect.StockAsync(shop.Admin, own, 10, 2);

        var token = await shop.TokenAsync(email, $"orders/{id}");
        var mail = Assert.Single(shop.RequestsTo(email)).TextBody!;
        Assert.Contains("As we agreed on the telephone.", mail, StringComparison.Ordinal);
        Assert.Contains("29.81", mail, StringComparison.Ordinal);
        Assert.DoesNotContain("Bob called", mail, StringComparison.Ordinal);
        Expect.Problem(401, "unauthenticated", await shop.Api.GetAsync($"/orders/{id}"));
        var waiting = Expect.Status(200, await shop.ByLinkAsync(HttpMethod.Get, $"/orders/{id}", token));
        Assert.Equal(
            ("awaitingPayment", "none", sent.Text("validUntil"), 2981),
            (waiting.Text("status"), waiting.Text("payment.method"), waiting.Text("paymentDeadline"), waiting.Number("total.amount")));
        Assert.Equal(700, waiting.Number("lines.0.unitPrice.amount"));

        // A declined card leaves the order as it is.
        var pay = $"/orders/{id}/payments";
        Expect.Problem(
            402, "payment-declined",
            await shop.ByLinkAsync(HttpMethod.Post, pay, token, new { paymentMethod = "pm_card_visa_chargeDeclined" }));
        var paid = Expect.Status(200, await shop.ByLinkAsync(HttpMethod.Post, pay, token, new { paymentMethod = "pm_card_visa" }));
        Assert.Equal(("confirmed", "captured"), (paid.Text("status"), paid.Text("payment.status")));
        Assert.Single(shop.RequestsTo(email));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);

        // The draft says what it has become, and nothing else changes it.
        var again = Expect.Status(200, await shop.Admin.GetAsync($"/admin/draft-orders/{draft}"));
        Assert.Equal(("sent", id, 2981), (again.Text("status"), again.Text("orderId"), again.Number("quote.total.amount")));
        Expect.Problem(409, "conflict", await shop.Admin.DeleteAsync($"/admin/draft-orders/{draft}"));
        Expect.Problem(409, "conflict", await shop.Admin.PutAsync($"/admin/draft-orders/{draft}", DraftOrderShop.Body(own, email)));
        Assert.Equal(1, await ActionsAsync("send", draft));
    }

    [Fact]
    public async Task an_account_pays_signed_in_and_its_cart_leaves_the_order_alone()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var sku = await shop.Admin.CreateProductAsync(stock: 10);
        var draft = await shop.CreateAsync(DraftOrderShop.Body(sku, null, ("customerId", customer.Id)));
        var id = Expect.Status(200, await shop.SendAsync(draft)).Text("orderId");
        Assert.Equal(id, Expect.Status(200, await customer.Api.GetAsync("/orders")).Text("items.0.id"));
        await Until.TrueAsync("the account is told", Limit, () => Task.FromResult(shop.RequestsTo(customer.Email).Length > 0));
        var mail = Assert.Single(shop.RequestsTo(customer.Email)).TextBody!;
        Assert.Contains("Sign in", mail, StringComparison.Ordinal);
        Assert.DoesNotContain("token", mail, StringComparison.Ordinal);

        // A checkout ends earlier orders of its cart; this one has none.
        await customer.Api.FillCartAsync(sku);
        Expect.Status(201, await customer.Api.OrderAsync());
        Assert.Equal("awaitingPayment", (await customer.Api.GetAsync($"/orders/{id}")).Text("status"));
        await customer.Api.FillCartAsync(sku, 2);

        var acting = Expect.Status(200, await customer.Api.PostAsync(
            $"/orders/{id}/payments", new { paymentMethod = "pm_card_authenticationRequired" }));
        Assert.Equal("requiresAction", acting.Text("payment.status"));
        Expect.Status(200, await customer.Api.PostAsync($"/simulated-payments/{id}/authenticate"));
        await Until.TrueAsync("the order is paid", Limit, async () =>
            (await customer.Api.GetAsync($"/orders/{id}")).Text("status") == "confirmed");
        Assert.Equal(2, (await customer.Api.GetAsync("/cart")).Number("items.0.quantity"));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    [Fact]
    public async Task a_draft_is_replaced_and_cancelled_by_who_has_seen_it()
    {
        var (sku, email) = (await shop.Admin.CreateProductAsync(price: 1000), Make.Email());
        var path = $"/admin/draft-orders/{await shop.CreateAsync(DraftOrderShop.Body(sku, email, ("validDays", 3)))}";
        var first = Expect.Status(200, await shop.Admin.GetAsync(path));
        var body = DraftOrderShop.Body(sku, email, ("lines", new[] { new { sku, quantity = 3 } }), ("validDays", 30));
        Expect.Problem(412, "precondition-failed", await shop.Admin.PutAsync(path, body, "\"7\""));
        var replaced = Expect.Status(200, await shop.Admin.PutAsync(path, body, first.Headers["ETag"]));
        Assert.Equal(("\"2\"", 3000), (replaced.Headers["ETag"], replaced.Number("quote.subtotal.amount")));
        Assert.True(TimeOf(replaced) > TimeOf(first).AddDays(20));
        Expect.Problem(412, "precondition-failed", await shop.Admin.SendAsync(HttpMethod.Post, $"{path}/send", ifMatch: "\"1\""));
        Expect.Problem(412, "precondition-failed", await shop.Admin.DeleteAsync(path, "\"1\""));
        Expect.Status(204, await shop.Admin.DeleteAsync(path, "\"2\""));
        Expect.Status(204, await shop.Admin.DeleteAsync(path, "\"2\""));

        var cancelled = Expect.Status(200, await shop.Admin.GetAsync(path));
        Assert.Equal("cancelled", cancelled.Text("status"));
        Assert.NotNull(cancelled["cancelledAt"]);
        Expect.Problem(409, "conflict", await shop.Admin.PostAsync($"{path}/send"));
        Expect.Problem(409, "conflict", await shop.Admin.PutAsync(path, body));
        Expect.Problem(404, "not-found", await shop.Admin.GetAsync($"/admin/draft-orders/{Guid.NewGuid()}"));
        Assert.Empty(shop.MailsTo(email));
        var draft = path.Split('/')[^1];
        Assert.Equal(
            (1, 1, 1), (await ActionsAsync("create", draft), await ActionsAsync("update", draft), await ActionsAsync("cancel", draft)));
    }

    [Fact]
    public async Task two_operators_at_the_same_moment_send_one_order_and_one_mail()
    {
        var (sku, email) = (await shop.Admin.CreateProductAsync(stock: 10), Make.Email());
        var draft = await shop.CreateAsync(DraftOrderShop.Body(sku, email));
        var replies = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => shop.SendAsync(draft)));
        var id = Assert.Single(replies.Select(r => Expect.Status(200, r).Text("orderId")).Distinct());
        await shop.TokenAsync(email, $"orders/{id}");
        Expect.Status(200, await shop.SendAsync(draft));
        await Expect.StockAsync(shop.Admin, sku, 10, 1);
        await InvariantChecker.QuietAsync(shop.Shop, TimeSpan.FromMinutes(5));
        Assert.Single(shop.RequestsTo(email));
    }

    [Fact]
    public async Task what_stock_cannot_fill_stays_open_until_it_can()
    {
        var (sku, email) = (await shop.Admin.CreateProductAsync(stock: 1), Make.Email());
        var draft = await shop.CreateAsync(DraftOrderShop.Body(sku, email, ("lines", new[] { new { sku, quantity = 3 } })));
        var refused = Expect.Problem(409, "out-of-stock", await shop.SendAsync(draft));
        Assert.Equal((sku, 3, 1), (refused.Text("lines.0.sku"), refused.Number("lines.0.requested"), refused.Number("lines.0.available")));
        var open = Expect.Status(200, await shop.Admin.GetAsync($"/admin/draft-orders/{draft}"));
        // What was tried is no change: the ETag is good.
        Assert.Equal(("open", "\"1\""), (open.Text("status"), open.Headers["ETag"]));
        Expect.Status(201, await shop.Admin.PostAsync($"/inventory/{sku}/adjustments", new { delta = 5, reason = "delivery" }));
        Expect.Status(200, await shop.SendAsync(draft));
        await Expect.StockAsync(shop.Admin, sku, 6, 3);
    }

    [Fact]
    public async Task a_code_that_does_not_apply_and_a_missing_price_are_told_and_refused()
    {
        var (sku, email) = (await shop.Admin.CreateProductAsync(), Make.Email());
        var coded = Expect.Status(201, await shop.Admin.PostAsync(
            "/admin/draft-orders", DraftOrderShop.Body(sku, email, ("codes", new[] { "NO-SUCH-CODE" }))));
        Assert.Equal("NO-SUCH-CODE", coded.Text("quote.prices.refusedCodes.0.code"));
        var refused = Expect.Problem(409, "conflict", await shop.SendAsync(coded.Text("id")));
        Assert.Contains("codes[NO-SUCH-CODE]", Expect.Fields(refused));
        Assert.NotNull(refused["quote"]);

        var body = DraftOrderShop.Body(sku, email, ("currency", "EUR"));
        var unpriced = Expect.Status(201, await shop.Admin.PostAsync("/admin/draft-orders", body));
        Assert.Equal(sku, unpriced.Text("quote.prices.problems.0.sku"));
        Assert.Contains(sku, Expect.Fields(Expect.Problem(409, "conflict", await shop.SendAsync(unpriced.Text("id")))));
        // Own prices are prices in any currency.
        var euros = new { amount = 500, currency = "EUR" };
        body["lines"] = new[] { new { sku, quantity = 1, unitPrice = euros } };
        body["shippingPrice"] = euros;
        Expect.Status(200, await shop.Admin.PutAsync($"/admin/draft-orders/{unpriced.Text("id")}", body));
        Assert.Equal("EUR", Expect.Status(200, await shop.SendAsync(unpriced.Text("id"))).Text("total.currency"));
    }

    [Fact]
    public async Task an_order_without_costs_is_confirmed_at_once()
    {
        var (sku, email) = (await shop.Admin.CreateProductAsync(stock: 10), Make.Email());
        var draft = await shop.CreateAsync(DraftOrderShop.Body(
            sku, email, ("lines", new[] { new { sku, quantity = 1, unitPrice = DraftOrderShop.Usd(0) } }),
            ("shippingPrice", DraftOrderShop.Usd(0))));
        var id = Expect.Status(200, await shop.SendAsync(draft)).Text("orderId");
        var order = Expect.Status(200, await shop.Admin.GetAsync($"/orders/{id}"));
        Assert.Equal(("confirmed", 0), (order.Text("status"), order.Number("total.amount")));
        await Until.TrueAsync("the receipt is there", Limit, () => Task.FromResult(shop.MailsTo(email).Length > 0));
        Assert.Empty(shop.RequestsTo(email));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    [Fact]
    public async Task a_promotion_is_reserved_by_the_order_and_given_back_by_its_cancellation()
    {
        var (sku, code) = (await shop.Admin.CreateProductAsync(price: 1000), Make.Word().ToUpperInvariant());
        Expect.Status(201, await shop.Admin.PostAsync("/admin/promotions", new
        {
            id = code.ToLowerInvariant(),
            name = "Half",
            trigger = "code",
            code,
            action = new { kind = "orderDiscount", percentPpm = 500_000 },
            maxUses = 1,
        }));
        var bodies = Enumerable.Range(0, 2).Select(_ => DraftOrderShop.Body(sku, Make.Email(), ("codes", new[] { code }))).ToArray();
        var (one, other) = (await shop.CreateAsync(bodies[0]), await shop.CreateAsync(bodies[1]));
        await Until.TrueAsync("the code is known", Limit, async () =>
            (await shop.Admin.GetAsync($"/admin/draft-orders/{one}")).Number("quote.prices.discount.amount") == 500);
        var id = Expect.Status(200, await shop.SendAsync(one)).Text("orderId");
        Expect.Problem(409, "conflict", await shop.SendAsync(other));
        Expect.Status(200, await shop.Admin.PostAsync($"/orders/{id}/cancel"));
        Expect.Status(200, await shop.SendAsync(other));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    [Fact]
    public async Task the_drafts_of_an_account_are_exported_and_erased_with_it()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var body = DraftOrderShop.Body(
            await shop.Admin.CreateProductAsync(), null, ("customerId", customer.Id), ("note", "Ada called."), ("message", "Dear Ada"));
        var (open, sent) = (await shop.CreateAsync(body), await shop.CreateAsync(body));
        var order = Expect.Status(200, await shop.SendAsync(sent)).Text("orderId");
        var export = Expect.Status(200, await customer.Api.GetAsync("/me/export"));
        Assert.Equal(
            [sent, open], export["draftOrders"]!.AsArray().Select(d => d!["id"]!.GetValue<string>()));
        // The order as its buyer sees it.
        Assert.Equal(order, export.Text("orders.0.order.id"));
        Assert.Null(export["orders.0.order.draftId"]);

        Expect.Problem(409, "conflict", await EraseAsync(customer));
        Expect.Status(200, await shop.Admin.PostAsync($"/orders/{order}/cancel"));
        await ErasedAsync(Expect.Status(202, await EraseAsync(customer)));
        foreach (var (draft, status) in ((string, string)[])[(open, "cancelled"), (sent, "sent")])
        {
            var erased = Expect.Status(200, await shop.Admin.GetAsync($"/admin/draft-orders/{draft}"));
            Assert.Equal((status, "[erased]", null), (erased.Text("status"), erased.Text("email"), erased["customerId"]));
            Assert.DoesNotContain("Ada", erased.Body, StringComparison.Ordinal);
        }
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    [Fact]
    public async Task a_guests_draft_is_erased_with_the_account_that_has_its_order()
    {
        var email = Make.Email();
        var draft = await shop.CreateAsync(DraftOrderShop.Body(await shop.Admin.CreateProductAsync(), email));
        var order = Expect.Status(200, await shop.SendAsync(draft)).Text("orderId");
        const string Password = "correct horse";
        var registered = Expect.Status(201, await shop.Api.PostAsync("/auth/register", new { email, password = Password }));
        var account = shop.Api with { AccessToken = registered.Text("accessToken") };
        Expect.Status(204, await shop.Api.PostAsync("/auth/email/verify", new { token = await shop.TokenAsync(email, "verify-email") }));
        await Until.TrueAsync("the order is the account's", Limit, async () =>
            (await account.GetAsync("/orders"))["items"]!.AsArray().Any(o => o!["id"]!.GetValue<string>() == order));
        Expect.Status(200, await account.PostAsync($"/orders/{order}/cancel"));
        await ErasedAsync(Expect.Status(202, await account.SendAsync(HttpMethod.Delete, "/me", new { currentPassword = Password })));
        Assert.Equal("[erased]", (await shop.Admin.GetAsync($"/admin/draft-orders/{draft}")).Text("email"));
    }

    private static Task<Reply> EraseAsync(Customer customer) =>
        customer.Api.SendAsync(HttpMethod.Delete, "/me", new { currentPassword = customer.Password });

    private Task ErasedAsync(Reply accepted) => Until.TrueAsync("the account is erased", Limit, async () =>
        Expect.Status(200, await shop.Api.GetAsync(accepted.Headers["Location"]["/api/v1".Length..])).Text("status") == "completed");

    [Fact]
    public async Task drafts_are_listed_by_status_newest_first()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 10);
        var ids = new List<string>();
        for (var i = 0; i < 3; i++)
            ids.Add(await shop.CreateAsync(DraftOrderShop.Body(sku, Make.Email())));
        Expect.Status(200, await shop.SendAsync(ids[0]));
        Expect.Status(204, await shop.Admin.DeleteAsync($"/admin/draft-orders/{ids[1]}"));
        foreach (var (status, id) in ((string, string)[])[("sent", ids[0]), ("cancelled", ids[1]), ("open", ids[2])])
        {
            var first = Expect.Status(200, await shop.Admin.GetAsync($"/admin/draft-orders?status={status}&limit=1"));
            Assert.Equal((id, status), (first.Text("items.0.id"), first.Text("items.0.status")));
        }
        var seen = new List<string>();
        for (string? cursor = null; seen.Count < 3;)
        {
            var next = cursor is null ? "" : $"&cursor={cursor}";
            var page = Expect.Status(200, await shop.Admin.GetAsync($"/admin/draft-orders?limit=1{next}"));
            seen.Add(page.Text("items.0.id"));
            cursor = page.Text("nextCursor");
        }
        Assert.Equal(ids.AsEnumerable().Reverse(), seen);
        Expect.Invalid("status", await shop.Admin.GetAsync("/admin/draft-orders?status=lost"));
        Expect.Invalid("cursor", await shop.Admin.GetAsync("/admin/draft-orders?cursor=x"));
    }

    /// <summary>A member, what it is changed to, and the field that the answer names.</summary>
    public static TheoryData<string, string, string> BadInput => new()
    {
        { "email", "null", "email" },
        { "email", "\"nobody\"", "email" },
        { "customerId", "\"0b6f4a52-8d1b-4c2f-9b7e-2f6f0c3d9a11\"", "email" },
        { "currency", "null", "currency" },
        { "currency", "\"XXQ\"", "currency" },
        { "lines", "[]", "lines" },
        { "lines", "null", "lines" },
        { "lines", """[{ "sku": "NO-SUCH-SKU", "quantity": 1 }]""", "lines[0].sku" },
        { "lines", """[{ "sku": "{sku}", "quantity": 0 }]""", "lines[0].quantity" },
        { "lines", """[{ "sku": "{sku}", "quantity": 1000 }]""", "lines[0].quantity" },
        { "lines", """[{ "sku": "{sku}", "quantity": 1 }, { "sku": "{sku}", "quantity": 2 }]""", "lines[1].sku" },
        {
            "lines", """[{ "sku": "{sku}", "quantity": 1, "unitPrice": { "amount": -1, "currency": "USD" } }]""",
            "lines[0].unitPrice.amount"
        },
        {
            "lines", """[{ "sku": "{sku}", "quantity": 1, "unitPrice": { "amount": 1000000001, "currency": "USD" } }]""",
            "lines[0].unitPrice.amount"
        },
        {
            "lines", """[{ "sku": "{sku}", "quantity": 1, "unitPrice": { "amount": 1, "currency": "EUR" } }]""",
            "lines[0].unitPrice.currency"
        },
        { "lines", """[{ "sku": "{sku}", "quantity": 1, "price": 5 }]""", "lines[0].price" },
        { "shippingAddress", "null", "shippingAddress" },
        { "shippingAddress", """{ "name": "Ada", "line1": "1 Street", "city": "Oslo", "postalCode": "0150", "country": "NO" }""",
            "shippingAddress.country" },
        { "shippingAddress", """{ "name": "Ada", "line1": "1 Street", "city": "Springfield", "region": "IL", "country": "US" }""",
            "shippingAddress.postalCode" },
        { "shippingMethod", "\"No Slug\"", "shippingMethod" },
        { "shippingPrice", """{ "amount": 1, "currency": "EUR" }""", "shippingPrice.currency" },
        { "shippingPrice", """{ "currency": "USD" }""", "shippingPrice.amount" },
        { "codes", """["1","2","3","4","5","6","7","8","9","10","11"]""", "codes" },
        { "message", "\"\\u0000\"", "message" },
        { "note", "\"\\u0001\"", "note" },
        { "validDays", "0", "validDays" },
        { "validDays", "91", "validDays" },
        { "total", "1", "total" },
    };

    [Theory, MemberData(nameof(BadInput))]
    public async Task bad_input_names_its_field(string member, string value, string field)
    {
        sku ??= await shop.Admin.CreateProductAsync();
        var body = System.Text.Json.JsonSerializer.SerializeToNode(DraftOrderShop.Body(sku, "ada@example.com"))!;
        body[member] = System.Text.Json.Nodes.JsonNode.Parse(value.Replace("{sku}", sku, StringComparison.Ordinal));
        Expect.Invalid(field, await shop.Admin.PostAsync("/admin/draft-orders", Make.Json(body.ToJsonString())));
    }

    private static string? sku;

    [Fact]
    public async Task a_customer_who_does_not_exist_is_refused() => Expect.Invalid("customerId", await shop.Admin.PostAsync(
        "/admin/draft-orders",
        DraftOrderShop.Body(await shop.Admin.CreateProductAsync(), null, ("customerId", Guid.NewGuid()))));

    private static DateTimeOffset TimeOf(Reply draft) => draft["validUntil"]!.GetValue<DateTimeOffset>();

    private Task<long> ActionsAsync(string change, string draft) => shop.Shop.QueryAsync<long>(
        "select count(*) from audit_log where action = $1 and subject = $2", $"draft-orders.{change}", draft);
}
