using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Generated codes: each for one order, none to be guessed.</summary>
public sealed class PromotionCodesTests(PricedShop shop) : IClassFixture<PricedShop>
{
    [Fact]
    public async Task a_hundred_thousand_codes_are_listed_page_by_page_and_each_is_there_once()
    {
        var path = await PromoteAsync(shop.Admin, Id());
        var few = Expect.Status(201, await shop.Admin.PostAsync(path, new { count = 3 }));
        var many = Expect.Status(201, await shop.Admin.PostAsync(path, new { count = 100_000 }));
        Assert.Equal(100_000, many.Number("count"));
        Assert.StartsWith($"/api/v1{path}?batchId=", many.Headers["Location"], StringComparison.Ordinal);

        var found = new List<(string Code, string Batch)>();
        string? cursor = null;
        for (var page = 0; page < 4; page++)
        {
            var reply = Expect.Status(200, await shop.Admin.GetAsync($"{path}?limit=100{(cursor is null ? "" : $"&cursor={cursor}")}"));
            found.AddRange(reply["items"]!.AsArray().Select(i => (i!["code"]!.GetValue<string>(), i["batchId"]!.GetValue<string>())));
            Assert.All(reply["items"]!.AsArray(), i => Assert.False(i!["used"]!.GetValue<bool>()));
            cursor = reply.Text("nextCursor");
        }
        Assert.Equal((400, 400, 3), (found.Count, found.Distinct().Count(), found.Count(f => f.Batch == few.Text("id"))));
        var batch = Expect.Status(200, await shop.Admin.GetAsync($"{path}?batchId={few.Text("id")}"));
        Assert.Equal(found.Take(3).Select(f => f.Code), batch["items"]!.AsArray().Select(i => i!["code"]!.GetValue<string>()));
        Assert.Null(batch["nextCursor"]);

        Expect.Invalid("cursor", await shop.Admin.GetAsync($"{path}?batchId={few.Text("id")}&cursor={cursor}"));
        Assert.Empty(Expect.Status(200, await shop.Admin.GetAsync($"{path}?batchId={Guid.NewGuid()}"))["items"]!.AsArray());
        Expect.Problem(404, "not-found", await shop.Admin.GetAsync("/admin/promotions/no-such-promotion/codes"));
        Expect.Problem(409, "conflict", await shop.Admin.PostAsync("/admin/promotions/welcome/codes", new { count = 1 }));
        foreach (var count in (int[])[0, -1, 100_001])
            Expect.Invalid("count", await shop.Admin.PostAsync(path, new { count }));
    }

    [Fact]
    public async Task a_code_is_for_one_order_however_many_carts_have_it()
    {
        var (code, path) = await GenerateAsync();
        var sku = await shop.Admin.CreateProductAsync(price: 1000);
        // As people type it.
        var written = $" {code.Replace("-", "", StringComparison.Ordinal).ToLowerInvariant().Replace('0', 'o')} ";
        var carts = await Task.WhenAll(Enumerable.Range(0, 6).Select(n => CartAsync(sku, n % 2 == 0 ? code : written)));
        Assert.All(carts, c => Assert.Equal(500, c.Shown.Number("prices.discount.amount")));
        var replies = await Task.WhenAll(carts.Select(c => OrderAsync(c.Guest)));
        var (winner, order) = Assert.Single(carts.Zip(replies), r => (int)r.Second.Status == 201) is var won
            ? (won.First, won.Second)
            : default;
        Assert.Equal(500, order.Number("discount.amount"));
        Assert.All(replies.Where(r => r != order), r => Expect.Problem(409, "conflict", r));
        var (other, _) = await CartAsync(sku, code);
        Assert.Single(
            Expect.Status(200, await other.PutAsync($"/cart/codes/{Uri.EscapeDataString(written)}", null))["choices"]!["codes"]!.AsArray());
        Assert.Null(Expect.Status(200, await other.DeleteAsync($"/cart/codes/{Uri.EscapeDataString(written)}"))["choices"]);
        Assert.True(Expect.Status(200, await shop.Admin.GetAsync(path))["items"]![0]!["used"]!.GetValue<bool>());
        var late = await CartAsync(sku, code);
        Assert.Equal(
            (0, "This code has been used already."),
            (late.Shown.Number("prices.discount.amount"), late.Shown.Text("prices.refusedCodes.0.reason")));

        Expect.Status(200, await winner.Guest.PostAsync($"/orders/{order.Text("id")}/cancel"));
        Assert.Equal(500, Expect.Status(201, await OrderAsync(late.Guest)).Number("discount.amount"));
    }

    [Fact]
    public async Task a_code_that_a_carts_own_unpaid_order_holds_is_there_for_its_next_checkout()
    {
        var (code, _) = await GenerateAsync();
        var (guest, _) = await CartAsync(await shop.Admin.CreateProductAsync(price: 1000), code);
        Expect.Problem(402, "payment-declined", await OrderAsync(guest, "pm_card_visa_chargeDeclined"));
        Assert.Equal(500, Expect.Status(200, await guest.GetAsync("/cart")).Number("prices.discount.amount"));
        Assert.Equal(500, Expect.Status(201, await OrderAsync(guest)).Number("discount.amount"));
    }

    [Fact]
    public async Task a_code_that_was_not_generated_is_unknown()
    {
        var (code, path) = await GenerateAsync();
        var guest = await shop.GuestAsync();
        var last = code[^1] == '0' ? '1' : '0';
        foreach (var wrong in (string[])[code[..^1] + last, code[..^1], code + "0", code[..5] + "0001" + code[9..]])
            Expect.Problem(404, "not-found", await guest.PutAsync($"/cart/codes/{wrong}", null));
        Expect.Status(200, await guest.PutAsync($"/cart/codes/{code}", null));
        Expect.Status(204, await shop.Admin.DeleteAsync(path[..path.LastIndexOf('/')]));
        await Until.TrueAsync("the promotion has ended", TimeSpan.FromSeconds(60), async () =>
            (int)(await (await shop.GuestAsync()).PutAsync($"/cart/codes/{code}", null)).Status == 404);
    }

    /// <summary>Adds a promotion of 50 % with generated codes, and returns the path of its codes.</summary>
    internal static async Task<string> PromoteAsync(ApiClient admin, string id, bool enabled = true)
    {
        Expect.Status(201, await admin.PostAsync("/admin/promotions", new
        {
            id,
            name = "For those with a code",
            enabled,
            trigger = "codeBatch",
            action = new { kind = "orderDiscount", percentPpm = 500_000 },
        }));
        return $"/admin/promotions/{id}/codes";
    }

    private static string Id() => $"b-{Guid.NewGuid():N}"[..14];

    /// <summary>A promotion with one code, which carts know when this returns.</summary>
    private async Task<(string Code, string Path)> GenerateAsync()
    {
        var path = await PromoteAsync(shop.Admin, Id());
        Expect.Status(201, await shop.Admin.PostAsync(path, new { count = 1 }));
        var code = Expect.Status(200, await shop.Admin.GetAsync(path)).Text("items.0.code");
        var guest = await shop.GuestAsync();
        await Until.TrueAsync("the code is known", TimeSpan.FromSeconds(60), async () =>
            (int)(await guest.PutAsync($"/cart/codes/{code}", null)).Status == 200);
        return (code, path);
    }

    private async Task<(ApiClient Guest, Reply Shown)> CartAsync(string sku, string code)
    {
        var guest = await shop.GuestAsync();
        Expect.Status(200, await guest.FillCartAsync(sku));
        return (guest, Expect.Status(200, await guest.PutAsync($"/cart/codes/{Uri.EscapeDataString(code)}", null)));
    }

    private static Task<Reply> OrderAsync(ApiClient guest, string method = "pm_card_visa") =>
        PricedShop.OrderAsync(guest, PricedShop.NewYork, method: method);
}
