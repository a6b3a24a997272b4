using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
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
        // Its number is of the machine's clock: by this one, it is an hour old at once, and taken for dead after an hour.
        silo.Configure<ClusterMembershipOptions>(o => o.SiloGenerationRetirementAge = TimeSpan.FromDays(1));
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
        Assert.False((await cart.SetItemAsync(buyer, sku, 1)).IsRefused);
        var order = silo.Grains.GetGrain<IOrderGrain>(orderId);

        await order.PlaceAsync(new PlaceOrder(buyer, Given.Address, null, "pm_card_authenticationRequired", "ada@example.com", "fingerprint"));

        Assert.Equal(OrderStatus.AwaitingPayment, (await order.GetAsync(buyer)).Value!.Status);
        await Until.TrueAsync("the order has expired", TimeSpan.FromSeconds(30), async () => (await order.GetAsync(buyer)).Value!.Status == OrderStatus.Expired);
    }
}
