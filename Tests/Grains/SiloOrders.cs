using SoonShop.Carts;
using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grains;

/// <summary>Orders at a silo in the tests' process.</summary>
internal static class SiloOrders
{
    /// <summary>A guest buys one unit of a product, of which ten are delivered first; answers the order's id.</summary>
    public static async Task<Guid> PlaceOrderAsync(this InProcessSilo silo, string sku, string email)
    {
        await silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku))
            .AdjustAsync(new AdjustStock(Guid.NewGuid().ToString(), 10, "delivery", null));
        var guest = new Caller(null, Guid.NewGuid(), IsAdmin: false);
        var cart = silo.Grains.GetGrain<ICartGrain>(guest.CartId!.Value);
        await cart.OpenForGuestAsync();
        await cart.SetItemAsync(guest, sku, 1);
        var id = OrderId.For(guest, "key");
        var placed = await silo.Grains.GetGrain<IOrderGrain>(id)
            .PlaceAsync(new PlaceOrder(guest, Rules.Given.Address, null, "pm_card_visa", email, "print"));
        Assert.False(placed.Result.IsError, placed.Result.Error?.Detail);
        return id;
    }
}
