using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

public sealed class CatalogOutageTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task without_news_nothing_that_is_kept_is_shown_and_afterwards_changes_are_seen_again()
    {
        await using var shop = await Shop.CreateAsync(null, ("Caching__ProductSeconds", "3600"));
        await shop.StartSiloProcessAsync();
        var first = await shop.StartApiAsync();
        var admin = await first.AsAdminAsync();
        var second = await shop.StartApiAsync();
        var sku = await admin.CreateProductAsync(price: 1000);
        await Until.TrueAsync("the second front end has it in memory", Limit, () => IsHitAsync(second, sku));

        await shop.Silo.KillAsync();
        await Until.TrueAsync("the second front end does not show what it has in memory", Limit, async () =>
            (int)(await second.GetAsync($"/products/{sku}")).Status == 503);

        // Behind the shop's back: what the memory held is not what is true any more.
        await using (var command = shop.Database.CreateCommand(
            "update grain_state set state = convert_to(replace(convert_from(state, 'UTF8'), '\"amount\":1000', '\"amount\":1001'), 'UTF8') "
                + "where state_name = 'product' and grain_key = $1"))
        {
            command.Parameters.Add(new() { Value = $"sku/{sku}" });
            Assert.Equal(1, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        }
        await shop.StartSiloProcessAsync();
        await Until.TrueAsync("the second front end has asked again, and has it in memory", Limit, async () =>
            (int)(await second.GetAsync($"/products/{sku}")).Status == 200 && await IsHitAsync(second, sku));
        Assert.Equal(1001, (await second.GetAsync($"/products/{sku}")).Number("price.amount"));

        await Until.TrueAsync("the price can be changed", Limit, async () =>
            (int)(await admin.PutAsync($"/products/{sku}", new
            {
                name = "A thing",
                category = "test/things",
                price = new { amount = 1002, currency = "USD" },
            })).Status == 200);
        await Until.TrueAsync("the second front end shows the new price", Limit, async () =>
            (await second.GetAsync($"/products/{sku}")).Number("price.amount") == 1002);
    }

    private static async Task<bool> IsHitAsync(ApiClient api, string sku) =>
        (await api.GetAsync($"/products/{sku}")).Headers.GetValueOrDefault("Cache-Status") == "soonshop; hit";
}
