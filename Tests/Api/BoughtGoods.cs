using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Purchases of new products, of which the shop has plenty.</summary>
internal static class BoughtGoods
{
    /// <summary>A guest buys so many units of each of as many new products, at 10.00 each, of which there are 100.</summary>
    public static async Task<(ApiClient Guest, Reply Order, string[] Skus)> BuyAsync(RunningShop shop, params int[] quantities)
    {
        var guest = await shop.Api.AsGuestAsync();
        var skus = new string[quantities.Length];
        for (var i = 0; i < skus.Length; i++)
        {
            skus[i] = await shop.Admin.CreateProductAsync(stock: 100, price: 1000);
            Expect.Status(200, await guest.FillCartAsync(skus[i], quantities[i]));
        }
        return (guest, Expect.Status(201, await guest.OrderAsync()), skus);
    }
}
