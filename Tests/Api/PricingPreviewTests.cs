using System.Text.Json.Nodes;
using SoonShop.Tests.Notifications;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>What administrators see before shoppers do; in a shop of its own, whose rules no other test changes.</summary>
public sealed class PricingPreviewTests : IAsyncLifetime
{
    private static readonly DateTimeOffset Summer = new(2030, 7, 1, 0, 0, 0, TimeSpan.Zero);
    private Shop shop = null!;
    private ApiClient admin = null!;

    public async ValueTask InitializeAsync()
    {
        (shop, var api) = await Shop.StartAsync(
            ("Checkout__TaxBasisPointsByCountry__GB", "2000"), ("Checkout__TaxBasisPointsRestOfWorld", ""));
        admin = await api.AsAdminAsync();
    }

    public ValueTask DisposeAsync() => shop.DisposeAsync();

    [Fact]
    public async Task a_scheduled_promotion_shows_in_the_preview_of_its_time()
    {
        var sku = await admin.CreateProductAsync(price: 2000);
        Expect.Status(201, await admin.PostAsync("/admin/promotions", new
        {
            id = "summer",
            name = "Summer sale",
            from = Summer,
            action = new { kind = "unitDiscount", percentPpm = 125_000 },
        }));

        var now = await PreviewAsync(sku);
        Assert.Equal((4000L, 0L, 800L), (now.Number("subtotal.amount"), now.Number("discount.amount"), now.Number("lines.0.tax.amount")));
        var outcome = Outcome(now, "promotion", "summer");
        Assert.False(outcome["applies"]!.GetValue<bool>());
        Assert.Contains("2030-07-01", outcome["reason"]!.GetValue<string>(), StringComparison.Ordinal);

        var then = await PreviewAsync(sku, Summer);
        Assert.Equal(
            (500L, 3500L, 700L), (
                then.Number("discount.amount"), then.Number("taxes.0.base.amount") - then.Number("shippingCost.amount"),
                then.Number("lines.0.tax.amount")));
        Assert.Equal(
            ("summer", "line", 500L), (then.Text("lines.0.discounts.0.promotionId"), then.Text("lines.0.discounts.0.stage"), then.Number(
                "promotions.0.discount.amount")));
        Assert.True(Outcome(then, "promotion", "summer")["applies"]!.GetValue<bool>());
        Assert.True(Outcome(then, "shippingMethod", "standard")["applies"]!.GetValue<bool>());
        Assert.True(Outcome(then, "taxRate", "gb")["applies"]!.GetValue<bool>());
        Assert.Equal(then.Number("total.amount"),
            then.Number("subtotal.amount") + then.Number("shippingCost.amount") - then.Number("discount.amount")
                + then.Number("tax.amount"));
        // Nothing was stored.
        Assert.Equal(then.Number("rulesVersion"), (await PreviewAsync(sku)).Number("rulesVersion"));
    }

    [Fact]
    public async Task codes_groups_and_customers_count()
    {
        var sku = await admin.CreateProductAsync(price: 1000);
        await admin.CreateGroupAsync("friends");
        Expect.Status(201, await admin.PostAsync("/admin/promotions", new
        {
            id = "friends",
            name = "For friends",
            trigger = "code",
            code = "Friends10",
            conditions = new { customerGroups = new[] { "friends" } },
            action = new { kind = "orderDiscount", amounts = new[] { new { amount = 100, currency = "USD" } } },
        }));
        string[] codes = [" friends10 ", "NOSUCHCODE"];

        var stranger = Expect.Status(200, await PostAsync(new { lines = Lines(sku), codes }));
        Assert.Equal(2, stranger["refusedCodes"]!.AsArray().Count);
        Assert.All(stranger["refusedCodes"]!.AsArray(), c => Assert.NotEmpty(c!["reason"]!.GetValue<string>()));
        var friend = Expect.Status(200, await PostAsync(new { lines = Lines(sku), codes, groups = new[] { "friends" } }));
        Assert.Equal(("NOSUCHCODE", 100L), (friend.Text("refusedCodes.0.code"), friend.Number("discount.amount")));

        var customer = await Customer.RegisterAsync(admin);
        Expect.Status(
            200, await admin.PutAsync(
                $"/admin/users/{customer.Id}/pricing", new { groups = new[] { "friends" }, taxExemptionReason = "embassy" }));
        var known = Expect.Status(200, await PostAsync(
            new
            {
                lines = Lines(sku),
                codes,
                customerId = customer.Id,
                destination = new { country = "GB" },
                shippingMethod = "standard",
            }));
        Assert.Equal(
            (100L, "exempt", "embassy"), (known.Number("discount.amount"), known.Text("taxStatus"), known.Text("taxExemptionReason")));

        Expect.Invalid("customerId", await PostAsync(new { lines = Lines(sku), customerId = customer.Id, groups = new[] { "friends" } }));
        Expect.Invalid("customerId", await PostAsync(new { lines = Lines(sku), customerId = Guid.NewGuid() }));
        Expect.Invalid("lines[1].sku", await PostAsync(new { lines = Lines(sku).Concat(Lines("NONE")) }));
        Expect.Invalid("lines", await PostAsync(new { lines = Array.Empty<object>() }));
        Expect.Invalid("lines[0].quantity", await PostAsync(new { lines = new[] { new { sku, quantity = 1000 } } }));
        Expect.Invalid("destination.country", await PostAsync(new { lines = Lines(sku), destination = new { country = "UK" } }));
    }

    [Fact]
    public async Task a_destination_that_is_not_served_is_a_problem_of_the_cart_and_no_error()
    {
        var sku = await admin.CreateProductAsync();
        var reply = Expect.Status(200, await PostAsync(new { lines = Lines(sku), destination = new { country = "AQ" } }));
        Assert.Equal("unknown", reply.Text("taxStatus"));
        Assert.NotEmpty(reply["problems"]!.AsArray());
        Assert.All(reply["problems"]!.AsArray(), p => Assert.NotEmpty(p!["reason"]!.GetValue<string>()));
    }

    [Fact]
    public async Task rules_survive_a_restart_of_the_shop_and_the_configuration_no_longer_counts()
    {
        await using var own = await Shop.CreateAsync(null, ("Checkout__TaxBasisPointsByCountry__GB", "1000"));
        var silo = await own.StartSiloProcessAsync();
        var api = await own.StartApiAsync();
        var owner = await api.AsAdminAsync();
        Assert.Equal(100_000, Expect.Status(200, await owner.GetAsync("/admin/tax/rates/gb")).Number("ppm"));
        Expect.Status(
            201, await owner.PostAsync(
                "/admin/promotions", new { id = "kept", name = "Kept", action = new { kind = "orderDiscount", percentPpm = 5 } }));
        await owner.CreateGroupAsync("trade");
        Expect.Status(
            201, await owner.PostAsync("/admin/price-lists", new { id = "gone", name = "Gone", customerGroups = new[] { "trade" } }));
        Expect.Status(204, await owner.DeleteAsync("/admin/price-lists/gone"));
        var before = Expect.Status(200, await owner.GetAsync("/admin/promotions/kept"));

        await silo.KillAsync();
        own.Set("Checkout__TaxBasisPointsByCountry__GB", "2000");
        await own.StartSiloProcessAsync();
        Reply? after = null;
        await Until.TrueAsync("the front end has found the new silo", TimeSpan.FromSeconds(60), async () =>
            (int)(after = await owner.GetAsync("/admin/promotions/kept")).Status == 200);
        Assert.Equal((before.Body, before.Headers["ETag"]), (after!.Body, after.Headers["ETag"]));
        Assert.Equal("archived", Expect.Status(200, await owner.GetAsync("/admin/price-lists/gone")).Text("status"));
        Assert.Equal(100_000, Expect.Status(200, await owner.GetAsync("/admin/tax/rates/gb")).Number("ppm"));
        Assert.Equal("create", Expect.Status(200, await owner.GetAsync("/admin/promotions/kept/history")).Text("items.0.change"));
    }

    [Fact]
    public async Task a_webhook_endpoint_hears_of_each_change()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        Expect.Status(201, await admin.PostAsync("/admin/webhooks", new { url = receiver.Url, eventTypes = new[] { "pricing.*" } }));
        Expect.Status(
            201, await admin.PostAsync(
                "/admin/tax/zones", new { id = "oslo", name = "Oslo", areas = new[] { new { country = "NO", region = "Oslo" } } }));
        await Until.TrueAsync("the change is posted", TimeSpan.FromSeconds(60), () => Task.FromResult(!receiver.Posts.IsEmpty));
        // What the receiver was too slow to acknowledge is posted again.
        var posted = Assert.Single(receiver.Posts.Select(p => p.Event).DistinctBy(e => e["id"]!.GetValue<string>()));
        Assert.Equal("pricing.rules-changed", posted["type"]!.GetValue<string>());
        Assert.Equal(("taxZone", "oslo"), (posted["data"]!["kind"]!.GetValue<string>(), posted["data"]!["id"]!.GetValue<string>()));
        Assert.True(posted["data"]!["version"]!.GetValue<long>() >= 1);
    }

    private static object[] Lines(string sku) => [new { sku, quantity = 1 }];

    private Task<Reply> PostAsync(object body) => admin.PostAsync("/admin/pricing/preview", body);

    private async Task<Reply> PreviewAsync(string sku, DateTimeOffset? at = null) => Expect.Status(200, await PostAsync(new
    {
        lines = new[] { new { sku, quantity = 2 } },
        destination = new { country = "GB", postalCode = "SW1Y 4JH" },
        shippingMethod = "standard",
        at,
    }));

    private static JsonNode Outcome(Reply reply, string kind, string id) => Assert.Single(
        reply["outcomes"]!.AsArray(), o => o!["kind"]!.GetValue<string>() == kind && o["id"]!.GetValue<string>() == id)!;
}
