using System.Text.Json;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>
/// A rule of each kind for tests that go through all routes, and may change or archive them. They change no price: one needs its code,
/// another its customer group, the others a destination to which nobody sends anything.
/// </summary>
internal static class ExistingRules
{
    /// <summary>The id of each rule.</summary>
    private const string Id = "every-route";

    /// <summary>The code of the promotion.</summary>
    private const string Code = "EVERY-ROUTE";

    private static readonly (string Path, object Content)[] All =
    [
        ("/admin/tax/zones", new { name = "Bouvet Island", areas = new[] { new { country = "BV" } } }),
        ("/admin/tax/rates", new { name = "Nothing", zoneId = Id, ppm = 0 }),
        ("/admin/shipping/zones", new { name = "Bouvet Island", areas = new[] { new { country = "BV" } } }),
        ("/admin/shipping/methods", new { name = "Seal", prices = new[] { new { zoneId = Id, currency = "USD", amount = 1 } } }),
        ("/admin/customer-groups", new { name = "Nobody" }),
        ("/admin/price-lists", new { name = "For nobody", customerGroups = new[] { Id } }),
        ("/admin/locations", new { name = "Nowhere", enabled = false }),
        ("/admin/search/synonyms", new { terms = new[] { "every-route", "each-route" } }),
        ("/admin/product-groups", new { name = "Of no variants" }),
        ("/admin/promotions",
            new { name = "With the code", trigger = "code", code = Code, action = new { kind = "orderDiscount", percentPpm = 1 } }),
    ];

    /// <summary>Adds or restores the rules. Carts know the code when this returns.</summary>
    public static async Task AddAsync(ApiClient admin)
    {
        foreach (var (path, content) in All)
        {
            var body = JsonSerializer.SerializeToNode(content)!.AsObject();
            body["id"] = Id;
            var created = await admin.PostAsync(path, body);
            if ((int)created.Status == 409)
                created = await admin.PutAsync($"{path}/{Id}", body);
            Assert.True((int)created.Status is 200 or 201, created.Body);
        }
        var guest = await (admin with { AccessToken = null }).AsGuestAsync();
        await Until.TrueAsync(
            "the code is known", TimeSpan.FromSeconds(60), async () =>
                (int)(await guest.PutAsync($"/cart/codes/{Code}", null)).Status == 200);
    }

    /// <summary>The id of a webhook endpoint: the same for all tests of a shop, which has at most some.</summary>
    public static async Task<string> WebhookAsync(ApiClient admin) => Expect.Status(201, await admin.PostAsync(
        "/admin/webhooks", new { url = "http://127.0.0.1:9/every-route", eventTypes = new[] { "pricing.*" } }, Id)).Text("id");

    /// <summary>The path with the id of a rule that exists; other paths stay as they are.</summary>
    public static string Fill(string path) => All.Aggregate(
        path.Replace("{code}", Code, StringComparison.Ordinal),
        (filled, rule) =>
            filled.StartsWith($"{rule.Path}/", StringComparison.Ordinal) ? filled.Replace("{id}", Id, StringComparison.Ordinal) : filled);
}
