using System.Text.Json.Nodes;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Staff correct the e-mail address and the shipping address of orders.</summary>
[Collection(nameof(OrderLinkShop))]
public sealed class OrderEditTests(OrderLinkShop shop)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task both_addresses_are_corrected_and_the_prices_stay()
    {
        var (guest, order) = await shop.BuyAsync(Make.Email());
        var (id, path) = (order.Text("id"), $"/admin/orders/{order.Text("id")}");
        var email = Make.Email();
        var corrected = Expect.Status(200, await shop.Admin.PatchAsync(path, new
        {
            email = $"  {email} ",
            shippingAddress = Address(("line1", "  14   St James Sq "), ("line2", "Flat 3"), ("city", "Springfield ")),
        }));
        Assert.Equal(
            (email, "14 St James Sq", "Flat 3", "Springfield", "confirmed"),
            (corrected.Text("email"), corrected.Text("shippingAddress.line1"), corrected.Text("shippingAddress.line2"),
                corrected.Text("shippingAddress.city"), corrected.Text("status")));
        var seen = Expect.Status(200, await guest.GetAsync($"/orders/{id}"));
        foreach (var member in (string[])["total", "prices", "lines", "payment", "timeline"])
            Assert.Equal(order[member]!.ToJsonString(), seen[member]!.ToJsonString());
        Assert.Equal(corrected["shippingAddress"]!.ToJsonString(), seen["shippingAddress"]!.ToJsonString());

        // The same again, and nothing at all, changes nothing.
        Expect.Status(200, await shop.Admin.PatchAsync(path, new { email, shippingAddress = corrected["shippingAddress"] }));
        Expect.Status(200, await shop.Admin.PatchAsync(path, new { }));
        Expect.Status(200, await shop.Admin.PatchAsync(path, new { email = (string?)null, shippingAddress = (object?)null }));
        var changed = await shop.Shop.QueryAsync<string>(
            "select string_agg(data ->> 'fields', ';') from event where type = 'order.updated' and data #>> '{order,orderId}' = $1", id);
        Assert.Equal("""["email", "shippingAddress"]""", changed);

        // Each field by itself.
        var second = Make.Email();
        var mail = Expect.Status(200, await shop.Admin.PatchAsync(path, new { email = second }));
        Assert.Equal((second, "14 St James Sq"), (mail.Text("email"), mail.Text("shippingAddress.line1")));
        var address = Expect.Status(200, await shop.Admin.PatchAsync(path, new { shippingAddress = Address() }));
        Assert.Equal((second, "12 St James Sq"), (address.Text("email"), address.Text("shippingAddress.line1")));
        Assert.Null(address["shippingAddress"]!["line2"]);

        // The audit log names the fields and holds none of their values.
        JsonObject[] entries = [];
        await Until.TrueAsync("the audit log has each correction", Limit, async () =>
        {
            entries = [.. (await shop.Admin.GetAsync($"/admin/audit-log?subject={id}&action=orders.update"))["items"]!.AsArray()
                .Select(e => e!.AsObject())];
            return entries.Length >= 3;
        });
        Assert.Equal(
            ["""["shippingAddress"]""", """["email"]""", """["email","shippingAddress"]"""],
            entries.Select(e => e["details"]!["fields"]!.ToJsonString()));
        Assert.All(entries, e => Assert.DoesNotContain("@", e["details"]!.ToJsonString(), StringComparison.Ordinal));
        Assert.All(entries, e => Assert.DoesNotContain("James", e.ToJsonString(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task a_corrected_order_is_found_and_opened_by_its_new_address_alone()
    {
        var (former, email) = (Make.Email(), Make.Email());
        var (_, order) = await shop.BuyAsync(former);
        var (id, number) = (order.Text("id"), order.Text("number"));
        var token = await shop.SignedTokenAsync(id, former, DateTimeOffset.UtcNow.AddHours(1));
        Expect.Status(200, await ByLinkAsync(id, token));
        await Until.TrueAsync("the order is confirmed by mail", Limit, () => Task.FromResult(shop.MailsTo(former).Length > 0));

        Expect.Status(200, await shop.Admin.PatchAsync($"/admin/orders/{id}", new { email }));
        // The link to the former address is worth nothing any more.
        Expect.Problem(404, "not-found", await ByLinkAsync(id, token));
        Expect.Status(202, await shop.Api.PostAsync("/orders/lookup", new { number, email = former }));
        Expect.Status(202, await shop.Api.PostAsync("/orders/lookup", new { number, email = email.ToUpperInvariant() }));
        var mailed = await shop.TokenAsync(email, $"orders/{id}");
        Assert.Equal(email, Expect.Status(200, await ByLinkAsync(id, mailed)).Text("email"));
        Assert.Empty(shop.LinksTo(former));
        // The correction itself was not mailed.
        Assert.Single(shop.MailsTo(former));
        Assert.Single(shop.MailsTo(email));
        Assert.Equal(id, Expect.Status(200, await shop.Admin.GetAsync($"/admin/orders?email={email}")).Text("items.0.id"));
        Assert.Empty((await shop.Admin.GetAsync($"/admin/orders?email={former}"))["items"]!.AsArray());

        // What follows is mailed to the new address.
        Expect.Status(
            200, await shop.Admin.PostAsync($"/admin/orders/{id}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-7" }));
        await Until.TrueAsync("the shipment is mailed", Limit, () => Task.FromResult(
            shop.MailsTo(email).Any(m => m.TextBody!.Contains("TP-7", StringComparison.Ordinal))));
        Assert.Single(shop.MailsTo(former));
        // Back to the former address: links that are still valid count again, and the others do not.
        Expect.Status(200, await shop.Admin.PatchAsync($"/admin/orders/{id}", new { email = former }));
        Expect.Status(200, await ByLinkAsync(id, token));
        Expect.Problem(404, "not-found", await ByLinkAsync(id, mailed));
    }

    [Fact]
    public async Task a_wrong_address_is_refused_as_at_a_checkout()
    {
        var (guest, order) = await shop.BuyAsync(Make.Email());
        var path = $"/admin/orders/{order.Text("id")}";
        Expect.Invalid("email", await shop.Admin.PatchAsync(path, new { email = "nobody" }));
        Expect.Invalid("email", await shop.Admin.PatchAsync(path, new { email = " " }));
        Expect.Invalid("shippingAddress.name", await shop.Admin.PatchAsync(path, new { shippingAddress = Address(("name", "  ")) }));
        Expect.Invalid(
            "shippingAddress.postalCode", await shop.Admin.PatchAsync(path, new { shippingAddress = Address(("postalCode", "x")) }));
        Expect.Invalid("shippingAddress.region", await shop.Admin.PatchAsync(path, new { shippingAddress = Address(("region", "ZZ")) }));
        Expect.Invalid("shippingAddress.country", await shop.Admin.PatchAsync(path, new { shippingAddress = Address(("country", "UK")) }));
        Expect.Invalid("shippingAddress.fax", await shop.Admin.PatchAsync(path, new { shippingAddress = Address(("fax", "1")) }));
        Expect.Invalid("quantity", await shop.Admin.PatchAsync(path, new { quantity = 2 }));
        Expect.Invalid("status", await shop.Admin.PatchAsync(path, Make.Json("""{ "email": "ada@example.com", "status": "shipped" }""")));
        Expect.Problem(
            409, "conflict", await shop.Admin.PatchAsync(path, new { email = Make.Email(), shippingAddress = ApiClient.Address("DE") }));
        Expect.Problem(404, "not-found", await shop.Admin.PatchAsync($"/admin/orders/{Guid.NewGuid()}", new { email = Make.Email() }));
        // It is no business of the buyer.
        Expect.Problem(401, "unauthenticated", await guest.PatchAsync(path, new { email = Make.Email() }));
        Expect.Problem(403, "forbidden", await (await shop.Api.AsNewCustomerAsync()).PatchAsync(path, new { email = Make.Email() }));

        var now = Expect.Status(200, await guest.GetAsync($"/orders/{order.Text("id")}"));
        foreach (var member in (string[])["email", "shippingAddress"])
            Assert.Equal(order[member]!.ToJsonString(), now[member]!.ToJsonString());
        Assert.Equal(0, await shop.Shop.QueryAsync<long>(
            "select count(*) from event where type = 'order.updated' and data #>> '{order,orderId}' = $1", order.Text("id")));
    }

    [Fact]
    public async Task the_shipping_address_can_be_changed_until_a_parcel_leaves_and_the_email_address_after_that()
    {
        var guest = await shop.Api.AsGuestAsync();
        Expect.Status(200, await guest.FillCartAsync(await shop.Admin.CreateProductAsync(), 2));
        var order = Expect.Status(201, await guest.OrderAsync());
        var (path, sku) = ($"/admin/orders/{order.Text("id")}", order.Text("lines.0.sku"));
        Expect.Status(201, await shop.Admin.PostAsync(
            $"{path}/shipments", new { carrier = "DHL", trackingNumber = "1", lines = new[] { new { sku, quantity = 1 } } }));
        var late = await RefusedAsync();
        Assert.Contains("parcel", late.Text("detail"), StringComparison.Ordinal);
        Expect.Status(200, await shop.Admin.PostAsync($"{path}/ship", new { carrier = "DHL", trackingNumber = "2" }));
        await RefusedAsync();
        Expect.Status(200, await shop.Admin.PostAsync($"{path}/deliver"));
        await RefusedAsync();
        // A late repetition of what the order has is no change.
        Expect.Status(200, await shop.Admin.PatchAsync(path, new { shippingAddress = Address() }));

        var (other, declined) = await shop.BuyAsync(Make.Email(), "pm_card_visa_chargeDeclined");
        path = $"/admin/orders/{Expect.Status(402, declined).Text("orderId")}";
        var waiting = Expect.Status(200, await shop.Admin.PatchAsync(path, new { shippingAddress = Address(("line1", "Elsewhere 1")) }));
        Assert.Equal(("awaitingPayment", "Elsewhere 1"), (waiting.Text("status"), waiting.Text("shippingAddress.line1")));
        Expect.Status(200, await other.PostAsync($"/orders/{waiting.Text("id")}/cancel"));
        await RefusedAsync();

        async Task<Reply> RefusedAsync()
        {
            var refused = Expect.Problem(
                409, "invalid-order-state", await shop.Admin.PatchAsync(path, new { shippingAddress = Address(("line1", "Late 1")) }));
            var email = Make.Email();
            Assert.Equal(email, Expect.Status(200, await shop.Admin.PatchAsync(path, new { email })).Text("email"));
            return refused;
        }
    }

    [Fact]
    public async Task an_order_of_an_account_is_corrected_and_an_erased_buyer_is_not()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var (_, order) = await shop.BuyAsync(customer.Email, buyer: customer.Api);
        var (id, path) = (order.Text("id"), $"/admin/orders/{order.Text("id")}");
        var email = Make.Email();
        Expect.Status(200, await shop.Admin.PatchAsync(path, new { email }));
        Assert.Equal(email, Expect.Status(200, await customer.Api.GetAsync($"/orders/{id}")).Text("email"));
        // The account keeps its own address, and no token of the other one opens what is the account's.
        Assert.Equal(customer.Email, (await customer.Api.GetAsync("/me")).Text("email"));
        Expect.Problem(404, "not-found", await ByLinkAsync(
            id, await shop.SignedTokenAsync(id, email, DateTimeOffset.UtcNow.AddHours(1))));

        Expect.Status(200, await customer.Api.PostAsync($"/orders/{id}/cancel"));
        var erasing = Expect.Status(
            202, await customer.Api.SendAsync(HttpMethod.Delete, "/me", new { currentPassword = customer.Password }));
        await Until.TrueAsync("the account is erased", TimeSpan.FromSeconds(120), async () =>
            (await shop.Api.GetAsync(erasing.Headers["Location"]["/api/v1".Length..])).Text("status") == "completed");
        foreach (var body in (object[])[new { email = Make.Email() }, new { shippingAddress = Address(("line1", "1 Main St")) }])
            Expect.Problem(409, "invalid-order-state", await shop.Admin.PatchAsync(path, body));
        Assert.Equal("[erased]", Expect.Status(200, await shop.Admin.PatchAsync(path, new { })).Text("email"));
        Assert.Equal(0, await shop.Shop.QueryAsync<long>(
            "select count(*) from event where type = 'order.updated' and data::text like '%' || $1 || '%'", email));
    }

    [Fact]
    public async Task staff_get_from_an_order_to_its_draft_and_buyers_do_not()
    {
        var email = Make.Email();
        var draft = Expect.Status(201, await shop.Admin.PostAsync(
            "/admin/draft-orders", DraftOrderShop.Body(await shop.Admin.CreateProductAsync(), email))).Text("id");
        var id = Expect.Status(200, await shop.Admin.PostAsync($"/admin/draft-orders/{draft}/send")).Text("orderId");
        Assert.Equal(draft, Expect.Status(200, await shop.Admin.GetAsync($"/orders/{id}")).Text("draftId"));
        Assert.Equal(draft, Expect.Status(200, await shop.Admin.GetAsync($"/admin/orders?email={email}")).Text("items.0.draftId"));
        var token = await shop.TokenAsync(email, $"orders/{id}");
        Assert.Null(Expect.Status(200, await ByLinkAsync(id, token))["draftId"]);
        // Not in any of the buyer's answers.
        var cancelled = await shop.Api.SendAsync(HttpMethod.Post, $"/orders/{id}/cancel", new { }, more: ("X-Order-Token", token));
        Assert.Equal("cancelled", Expect.Status(200, cancelled).Text("status"));
        Assert.DoesNotContain(draft, cancelled.Body, StringComparison.Ordinal);

        var (guest, order) = await shop.BuyAsync(Make.Email());
        Assert.Null(order["draftId"]);
        Assert.Null(Expect.Status(200, await shop.Admin.GetAsync($"/orders/{order.Text("id")}"))["draftId"]);
        Assert.NotNull(guest.CartId);
    }

    [Fact]
    public async Task an_account_that_got_the_order_by_its_address_loses_it_with_the_address()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        var (guest, order) = await shop.BuyAsync(customer.Email);
        var id = Expect.Status(201, order).Text("id");
        await VerifyAsync(customer.Email);
        await Until.TrueAsync("the order is the account's", Limit, async () => (await OrdersOfAsync(customer.Api)).Contains(id));
        // Another spelling is the same address.
        Expect.Status(200, await shop.Admin.PatchAsync($"/admin/orders/{id}", new { email = customer.Email.ToUpperInvariant() }));
        Expect.Status(200, await customer.Api.GetAsync($"/orders/{id}"));

        var email = Make.Email();
        Assert.Null(Expect.Status(200, await shop.Admin.PatchAsync($"/admin/orders/{id}", new { email }))["customerId"]);
        foreach (var path in (string[])[$"/orders/{id}", $"/orders/{id}/events", $"/payments/{id}"])
            Expect.Problem(404, "not-found", await customer.Api.GetAsync(path));
        Assert.Empty(await OrdersOfAsync(customer.Api));
        Assert.DoesNotContain(email, Expect.Status(200, await customer.Api.GetAsync("/me/export")).Body, StringComparison.Ordinal);
        // The guest has it as before.
        Assert.Equal(email, Expect.Status(200, await guest.GetAsync($"/orders/{id}")).Text("email"));

        // Whoever proves the new address gets it.
        var other = Expect.Status(201, await shop.Api.PostAsync("/auth/register", new { email, password = "correct horse" }));
        await VerifyAsync(email);
        await Until.TrueAsync("it is the other account's", Limit, async () =>
            (await OrdersOfAsync(shop.Api with { AccessToken = other.Text("accessToken") })).Contains(id));
        Assert.Empty(await OrdersOfAsync(customer.Api));
    }

    private async Task VerifyAsync(string email) => Expect.Status(
        204, await shop.Api.PostAsync("/auth/email/verify", new { token = await shop.TokenAsync(email, "verify-email") }));

    private static async Task<string[]> OrdersOfAsync(ApiClient customer) =>
        [.. Expect.Status(200, await customer.GetAsync("/orders?limit=100"))["items"]!.AsArray().Select(o => o!["id"]!.GetValue<string>())];

    private Task<Reply> ByLinkAsync(string id, string token) =>
        shop.Api.SendAsync(HttpMethod.Get, $"/orders/{id}", more: ("X-Order-Token", token));

    /// <summary>The address that the orders have, with other members.</summary>
    private static Dictionary<string, object?> Address(params (string Name, object? Value)[] changes)
    {
        var address = ApiClient.Address();
        var members = address.GetType().GetProperties().ToDictionary(p => p.Name, p => p.GetValue(address));
        foreach (var (name, value) in changes)
            members[name] = value;
        return members;
    }
}
