using System.Text.Json;
using SoonShop.Catalog;
using SoonShop.Inventory;
using SoonShop.Users;

namespace SoonShop.Silo.Seed;

/// <summary>
/// Loads the demo catalogue (<c>catalogue.json</c>) through the grains and creates the demo customer. Repeating it changes nothing:
/// existing products stay as they are, and the first delivery of each product is one stock operation.
/// </summary>
internal static class DemoCatalog
{
    private const int MaxParallel = 16;

    /// <summary>Loads the file. Returns how many products it has and how many were new.</summary>
    public static async Task<(int Products, int Created)> LoadAsync(
        IGrainFactory grains, string path, DemoPricing pricing, string currency, CancellationToken cancellation)
    {
        await using var file = File.OpenRead(path);
        var catalogue = await JsonSerializer.DeserializeAsync<Catalogue>(file, JsonSerializerOptions.Web, cancellation)
            ?? throw new JsonException($"{path} is empty.");
        var created = 0;
        await Parallel.ForEachAsync(
            catalogue.Products, new ParallelOptions { MaxDegreeOfParallelism = MaxParallel, CancellationToken = cancellation },
            async (item, _) =>
            {
                if (!Sku.TryNormalize(item.Sku, out var sku))
                    throw new JsonException($"{path}: '{item.Sku}' is not a valid SKU.");
                var product = grains.GetGrain<IProductGrain>(Sku.GrainKey(sku));
                if (await product.GetOfferAsync() is null)
                {
                    var result = await product.CreateAsync(pricing.Complete(new ProductContent(
                        item.Name, item.Description, item.Category, item.Family, new Money(item.Price, currency), item.Attributes,
                        item.Images)));
                    if (result.IsError)
                        throw new JsonException($"{path}: {sku}: {result.Error.Detail} {JsonSerializer.Serialize(result.Error.Errors)}");
                    Interlocked.Increment(ref created);
                }
                var stock = grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku));
                // The delivery is one idempotent operation. The threshold is set only once, so that a later change stays.
                var isNew = await stock.GetAsync() is { Value.Version: 0 };
                if (item.Stock > 0)
                    await stock.AdjustAsync(new AdjustStock("demo-catalogue", item.Stock, "delivery", "demo catalogue"));
                if (isNew)
                    await stock.SetLowStockThresholdAsync(item.LowStockThreshold, null);
            });
        return (catalogue.Products.Length, created);
    }

    /// <summary>Creates the demo customer if the address is free.</summary>
    public static Task EnsureCustomerAsync(IGrainFactory grains, string email, string password) =>
        grains.GetGrain<IUserGrain>(Deterministic.Id("demo", EmailAddress.Normalize(email)))
            .RegisterAsync(new RegisterUser(email, password, "Demo Buyer"));

    private sealed record Catalogue(ImmutableArray<Item> Products);

    private sealed record Item(
        string Sku, string Name, string Description, string Category, string? Family, long Price,
        Dictionary<string, string> Attributes, ImmutableArray<string> Images, int Stock, int LowStockThreshold);
}
