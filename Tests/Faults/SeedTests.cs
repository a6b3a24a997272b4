using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

public sealed class SeedTests
{
    [Fact]
    public async Task loading_the_demo_catalogue_twice_changes_nothing_the_second_time()
    {
        var (shop, api) = await Shop.StartAsync();
        await using var _ = shop;
        await SeedAsync(shop);
        var products = await CountAsync(shop);
        Assert.True(products >= 200, $"{products} products");
        var stock = await StockAsync(shop);
        Assert.True(stock > products, $"{stock} units");
        var movements = await shop.QueryAsync<long>("select count(*) from stock_ledger");

        await SeedAsync(shop);
        Assert.Equal(products, await CountAsync(shop));
        Assert.Equal(stock, await StockAsync(shop));
        Assert.Equal(movements, await shop.QueryAsync<long>("select count(*) from stock_ledger"));
        Assert.Equal(20, (await api.GetAsync("/products"))["items"]!.AsArray().Count);
        await InvariantChecker.AssertBalanceAsync(shop);
    }

    private static async Task SeedAsync(Shop shop)
    {
        var (code, _, error) = await Repository.TryRunAsync("dotnet", [Repository.Program("Silo"), "seed"], new()
        {
            ["DOTNET_ENVIRONMENT"] = "Production",
            ["ConnectionStrings__soonshop"] = shop.ConnectionString,
        });
        Assert.True(code == 0, error);
    }

    private static Task<long> CountAsync(Shop shop) =>
        shop.QueryAsync<long>("select count(*) from grain_state_product where state is not null");

    private static Task<long> StockAsync(Shop shop) => shop.QueryAsync<long>(
        "select sum((convert_from(state, 'UTF8')::jsonb #>> '{state,onHand}')::bigint)::bigint from grain_state_inventory");
}
