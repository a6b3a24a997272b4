using Microsoft.Extensions.DependencyInjection;
using SoonShop.Carts;
using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Tests.Rules;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grains;

/// <summary>A silo whose clock is wrong by an hour; the database's is right.</summary>
internal sealed class SkewedSilo(TimeSpan skew) : InProcessSilo
{
    protected override Dictionary<string, string?> Settings => new() { ["Checkout:PaymentWindowMinutes"] = "0.05" };

    protected override void Configure(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<TimeProvider>(new SkewedTime(skew));
        // Orleans takes a silo's start from the machine's clock. If membership used the wrong clock, the silo would find that it
        // has been joining for an hour, and declare itself dead.
        silo.Services.AddKeyedSingleton(TimeProviderNames.Membership, TimeProvider.System);
    }

    private sealed class SkewedTime(TimeSpan skew) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + skew;
    }
}

public sealed class SkewedClockTests
{
    /// <summary>Three seconds for the payment: not an hour and three seconds, and not none.</summary>
    [Theory]
    [InlineData(-60)]
    [InlineData(60)]
    public async Task a_deadline_is_kept_by_the_databases_clock(int skewMinutes)
    {
        await using var silo = new SkewedSilo(TimeSpan.FromMinutes(skewMinutes));
        await silo.InitializeAsync();
        var sku = await silo.CreateProductAsync();
        await silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku)).AdjustAsync(new AdjustStock("stock", 1, "delivery", null));
        var (cartId, orderId) = (Guid.NewGuid(), Guid.NewGuid());
        var buyer = new Caller(null, cartId, false);
        var cart = silo.Grains.GetGrain<ICartGrain>(cartId);
        await cart.OpenForGuestAsync();
        Assert.False((await cart.SetItemAsync(buyer, sku, 1)).IsError);
        var order = silo.Grains.GetGrain<IOrderGrain>(orderId);

        await order.PlaceAsync(
            new PlaceOrder(buyer, Given.Address, null, "pm_card_authenticationRequired", "ada@example.com", "fingerprint"));

        await Until.TrueAsync("the order has expired", TimeSpan.FromSeconds(60), async () =>
            (await order.GetAsync(buyer)).Value!.Status == OrderStatus.Expired);
        var timeline = (await order.GetAsync(buyer)).Value!.Timeline;
        Assert.Equal(OrderStatus.AwaitingPayment, timeline[^2].Status);
        Assert.True(timeline[^1].At - timeline[^2].At > TimeSpan.FromSeconds(2), string.Join(", ", timeline));
    }
}
