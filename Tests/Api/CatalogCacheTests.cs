using System.Diagnostics;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(SecondRunningShop))]
public sealed class CatalogCacheTests(RunningShop shop, ITestOutputHelper output)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task what_the_client_has_is_not_sent_again()
    {
        var sku = await shop.Admin.CreateProductAsync();
        foreach (var path in (string[])[$"/products/{sku}", $"/products?q={sku}"])
        {
            var read = Expect.Status(200, await shop.Api.GetAsync(path));
            var tag = read.Headers["ETag"];
            foreach (var condition in (string[])[tag, $"W/{tag}", "*", $"\"other\", {tag}", $"W/\"other\",W/{tag}"])
            {
                var unchanged = Expect.Status(304, await shop.Api.GetAsync(path, condition));
                Assert.Equal(
                    ("", tag, read.Headers["Cache-Control"]),
                    (unchanged.Body, unchanged.Headers["ETag"], unchanged.Headers["Cache-Control"]));
                Assert.False(unchanged.Headers.ContainsKey("Content-Type"));
            }
            foreach (var condition in (string[])["\"other\"", "nonsense", "", tag.Trim('"')])
                Assert.Equal(read.Body, Expect.Status(200, await shop.Api.GetAsync(path, condition)).Body);
        }
    }

    [Fact]
    public async Task clients_may_keep_products_and_searches_for_a_moment_and_administrators_may_not()
    {
        var sku = await shop.Admin.CreateProductAsync();
        Assert.Equal("public, max-age=5", (await shop.Api.GetAsync($"/products/{sku}")).Headers["Cache-Control"]);
        Assert.Equal(
            "public, max-age=5, stale-while-revalidate=10", (await shop.Api.GetAsync($"/products?q={sku}")).Headers["Cache-Control"]);
        foreach (var path in (string[])[$"/products/{sku}", $"/products?q={sku}"])
        {
            var read = await shop.Admin.GetAsync(path);
            Assert.Equal(("no-cache, private", "soonshop; fwd=bypass"), (read.Headers["Cache-Control"], read.Headers["Cache-Status"]));
        }
        Assert.False((await shop.Api.GetAsync("/products/NO-SUCH-PRODUCT")).Headers.ContainsKey("ETag"));
    }

    [Fact]
    public async Task head_answers_as_get_does_without_the_body()
    {
        var sku = await shop.Admin.CreateProductAsync();
        foreach (var path in (string[])[$"/products/{sku}", $"/products?q={sku}"])
        {
            var get = Expect.Status(200, await shop.Api.GetAsync(path));
            var head = Expect.Status(200, await shop.Api.SendAsync(HttpMethod.Head, path));
            Assert.Equal(
                ("", get.Headers["ETag"], get.Headers["Content-Length"]),
                (head.Body, head.Headers["ETag"], head.Headers["Content-Length"]));
            Expect.Status(304, await shop.Api.SendAsync(HttpMethod.Head, path, more: ("If-None-Match", get.Headers["ETag"])));
        }
        Assert.Equal(404, (int)(await shop.Api.SendAsync(HttpMethod.Head, "/products/NO-SUCH-PRODUCT")).Status);
    }

    [Fact]
    public async Task the_tag_changes_with_the_availability_and_stays_good_for_an_edit()
    {
        var sku = await shop.Admin.CreateProductAsync(stock: 6);
        var read = await shop.Api.GetAsync($"/products/{sku}");
        await shop.Admin.PostAsync($"/inventory/{sku}/adjustments", new { delta = -1, reason = "damaged" });
        var low = Expect.Status(200, await shop.Api.GetAsync($"/products/{sku}", read.Headers["ETag"]));
        Assert.Equal("lowStock", low.Text("availability"));
        Assert.NotEqual(read.Headers["ETag"], low.Headers["ETag"]);

        var edited = Expect.Status(
            200, await shop.Admin.PutAsync(
                $"/products/{sku}", new { name = "Another name", category = "test/things", price = low["price"] }, read.Headers["ETag"]));
        Expect.Problem(
            412, "precondition-failed", await shop.Admin.PutAsync(
                $"/products/{sku}", new { name = "Too late", category = "test/things", price = low["price"] }, low.Headers["ETag"]));
        Assert.Equal(edited.Headers["ETag"], (await shop.Api.GetAsync($"/products/{sku}")).Headers["ETag"]);
    }

    [Fact]
    public async Task a_change_reaches_the_memory_of_another_front_end()
    {
        var other = await shop.Shop.StartApiAsync();
        var sku = await shop.Admin.CreateProductAsync(stock: 100, price: 1000);
        var search = $"/products?q={sku}";

        await ChangeAsync("the price", () => shop.Admin.PutAsync($"/products/{sku}", Product(2000)), r => r.Number("price.amount") == 2000);
        await ChangeAsync(
            "the stock", () => shop.Admin.PostAsync($"/inventory/{sku}/adjustments", new { delta = -97, reason = "count" }),
            r => r.Text("availability") == "lowStock");
        await ChangeAsync("the threshold", () => shop.Admin.PutAsync($"/inventory/{sku}", new { lowStockThreshold = 1 }), r =>
            r.Text("availability") == "inStock");
        await ChangeAsync("a purchase", () => OrderAsync(2), r => r.Text("availability") == "lowStock");
        await ChangeAsync("the last purchase", () => OrderAsync(1), r => r.Text("availability") == "outOfStock");
        await ChangeAsync("the archiving", () => shop.Admin.DeleteAsync($"/products/{sku}"), r => !r["active"]!.GetValue<bool>());
        await Until.TrueAsync(
            "the search has forgotten it", Limit, async () => (await other.GetAsync(search))["items"]!.AsArray().Count == 0);

        async Task ChangeAsync(string what, Func<Task<Reply>> change, Func<Reply, bool> isSeen)
        {
            await Until.TrueAsync("the other front end has it in memory", Limit, async () =>
                (await other.GetAsync($"/products/{sku}")).Headers["Cache-Status"] == "soonshop; hit"
                && (await other.GetAsync(search)).Headers["Cache-Status"] == "soonshop; hit");
            Assert.False(isSeen(await other.GetAsync($"/products/{sku}")));
            Assert.True((int)(await change()).Status < 300);
            var watch = Stopwatch.StartNew();
            while (!isSeen(await other.GetAsync($"/products/{sku}")))
            {
                Assert.True(watch.Elapsed < Limit, $"{what} is not seen");
                await Task.Delay(5, TestContext.Current.CancellationToken);
            }
            output.WriteLine($"{what}: seen by the other front end after {watch.Elapsed.TotalMilliseconds:F0} ms");
        }

        object Product(long price) =>
            new { name = $"Test product {sku}", category = "test/things", price = new { amount = price, currency = "USD" } };

        async Task<Reply> OrderAsync(int quantity)
        {
            var guest = await shop.Api.AsGuestAsync();
            await guest.FillCartAsync(sku, quantity);
            return await guest.OrderAsync();
        }
    }
}
