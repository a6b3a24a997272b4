using SoonShop.Tests.Api;

namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>The rows beside those of checkouts, each a short load of its own.</summary>
internal static class OtherRows
{
    private const int Clients = 32;
    private const int LongCart = 50;
    private const int Catalog = 20_000;
    private const int IdleActivations = 30_000;
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ActivationLimit = TimeSpan.FromMinutes(2);

    private const int HotUnits = 500, HotBuyers = 800;
    private static readonly TimeSpan HotLimit = TimeSpan.FromMinutes(5);

    /// <summary>
    /// More buyers than units of one item: every unit is sold, and none twice. Until they are shipped, the units are reserved; versions
    /// before that rule took them out of stock at once.
    /// </summary>
    public static async Task HotItemAsync(MeasuredShop shop, Figures figures)
    {
        var sku = (await shop.CreateProductsAsync(1, HotUnits))[0];
        var load = await Load.RunAsync(shop.Port, Clients, HotLimit, Buyers.BuyHotItem(sku), HotBuyers);
        var stock = Expect.Status(200, await shop.Admin.GetAsync($"/inventory/{sku}"));
        Assert.True(load.Done == HotUnits && (stock.Number("onHand"), stock.Number("reserved")) is (HotUnits, HotUnits) or (0, 0),
            $"{load.Done} of {HotUnits} units were sold to {HotBuyers} buyers; stock: {stock.Body}; "
            + $"refusals: {string.Join("; ", load.Refusals)}");
        figures.Add($"hot item: {HotBuyers} buyers, s", load.Seconds);
        figures.Add($"hot item: units sold of {HotUnits}", load.Done);
    }

    /// <summary>Carts: opened, changed, read.</summary>
    public static async Task CartsAsync(MeasuredShop shop, string[] skus, TimeSpan duration, Figures figures)
    {
        figures.Add("POST /carts /s", await RateAsync(shop, duration, Buyers.OpenCart));
        figures.Add("PUT /cart/items/{sku} /s", await RateAsync(shop, duration, Buyers.SetLine(skus, 1)));
        figures.Add("GET /cart /s", await RateAsync(shop, duration, Buyers.ReadCart(skus)));
    }

    /// <summary>One line of many is changed.</summary>
    public static async Task LongCartAsync(MeasuredShop shop, string[] skus, TimeSpan duration, Figures figures) =>
        figures.Add($"PUT /cart/items/{{sku}}, {LongCart} lines /s", await RateAsync(shop, duration, Buyers.SetLine(skus, LongCart)));

    /// <summary>A catalog of many products: one read by its SKU, and searches that differ.</summary>
    public static async Task CatalogAsync(MeasuredShop shop, string[] skus, TimeSpan duration, Figures figures)
    {
        await Filler.ProductsAsync(shop, skus[0], 1, Catalog);
        figures.Add($"GET /products/{{sku}} of {Catalog} /s", await RateAsync(shop, duration, Buyers.ReadProduct(Catalog)));
        figures.Add($"GET /products?q= of {Catalog} /s", await RateAsync(shop, duration, Buyers.Search(Catalog)));
    }

    /// <summary>
    /// A silo that has many grains in memory and nothing to do; in a shop of its own, so that none are left over from other rows.
    /// </summary>
    public static async Task IdleAsync(ShopBuild build, Figures figures)
    {
        await using var shop = await MeasuredShop.StartAsync(build);
        await Load.RunAsync(shop.Port, Clients, ActivationLimit, Buyers.OpenCart, IdleActivations);
        await shop.QuietAsync();
        figures.Add("idle silo: activations", (await shop.SiloMetricsAsync()).Sum("orleans_catalog_activations"));
        var (silo, postgres) = Read();
        await Task.Delay(IdleTime);
        var (siloLater, postgresLater) = Read();
        figures.Add("idle silo: % of a processor, silo", 100 * (siloLater - silo) / IdleTime.TotalSeconds);
        figures.Add("idle silo: % of a processor, PostgreSQL", 100 * (postgresLater - postgres) / IdleTime.TotalSeconds);

        (double, double) Read() => (ProcessorTime.Of(shop.SiloId), ProcessorTime.OfTree(shop.Database.Postmaster, shop.Database.Own));
    }

    private static async Task<double> RateAsync(MeasuredShop shop, TimeSpan duration, Func<Connection, int, Func<bool>> prepare) =>
        (await Load.RunAsync(shop.Port, Clients, duration, prepare)).Rate;
}
