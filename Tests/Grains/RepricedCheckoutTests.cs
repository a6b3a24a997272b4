using Microsoft.Extensions.DependencyInjection;
using SoonShop.Carts;
using SoonShop.Catalog;
using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Pricing;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grains;

/// <summary>A silo whose clock can be set forward as soon as a cart has let a checkout begin.</summary>
public sealed class HurryingSilo : InProcessSilo
{
    private readonly ForwardTime time = new();

    /// <summary>How far the clock goes forward when the next checkout begins.</summary>
    internal TimeSpan? Leap { get; set; }

    protected override void Configure(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<TimeProvider>(time);
        // Membership would take the leap for a silence of an hour.
        silo.Services.AddKeyedSingleton(TimeProviderNames.Membership, TimeProvider.System);
        silo.AddIncomingGrainCallFilter(async context =>
        {
            await context.Invoke();
            if (context.MethodName == nameof(ICartGrain.StartCheckoutAsync) && Leap is { } leap)
            {
                time.Forward(leap);
                Leap = null;
            }
        });
    }

    private sealed class ForwardTime : TimeProvider
    {
        private long ticks;

        public void Forward(TimeSpan span) => Interlocked.Add(ref ticks, span.Ticks);

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddTicks(Interlocked.Read(ref ticks));
    }
}

/// <summary>A cart and its order that are priced at two moments, as on two silos.</summary>
public sealed class RepricedCheckoutTests(HurryingSilo silo) : IClassFixture<HurryingSilo>
{
    [Fact]
    public async Task an_order_is_not_placed_at_a_unit_price_that_its_cart_never_showed()
    {
        var sku = await silo.CreateProductAsync();
        var key = Sku.GrainKey(sku);
        await silo.Grains.GetGrain<IInventoryItemGrain>(key).AdjustAsync(new AdjustStock("stock", 5, "delivery", null));
        var later = silo.Services.GetRequiredService<TimeProvider>().GetUtcNow().AddHours(1);
        Assert.False((await silo.Grains.GetGrain<IProductGrain>(key).SetPricesAsync(
            [new ProductPrice("USD", 1500) { MinQuantity = 1, From = later }], null)).IsError);
        var buyer = new Caller(null, Guid.NewGuid(), false);
        var cart = silo.Grains.GetGrain<ICartGrain>(buyer.CartId!.Value);
        await cart.OpenForGuestAsync();
        Assert.Equal(1000, (await cart.SetItemAsync(buyer, sku, 2)).Value!.Items[0].UnitPrice.Amount);

        silo.Leap = TimeSpan.FromHours(2);
        var first = silo.Grains.GetGrain<IOrderGrain>(Guid.NewGuid());
        var refused = (await first.PlaceAsync(CountingSilo.Command(buyer))).Result.Error!;

        Assert.Equal((ErrorCode.Conflict, "error.cart-changed", null), (refused.Code, refused.Text?.Key, refused.RetryAfter));
        Assert.Equal(["now costs 15.00 USD, not 10.00 USD; read the cart again"], refused.Errors![sku]);
        Assert.Equal(3000 + 499, refused.Quote?.Total.Amount);
        // The response to the key stays, and the checkout is over.
        var again = await first.PlaceAsync(CountingSilo.Command(buyer));
        Assert.Equal((true, "error.cart-changed"), (again.Replayed, again.Result.Error?.Text?.Key));
        Assert.Equal(0, (await silo.Grains.GetGrain<IInventoryItemGrain>(key).GetAsync()).Value?.Reserved ?? 0);
        var shown = (await cart.GetAsync(buyer)).Value!.Items[0];
        Assert.Equal((1500, 1000), (shown.UnitPrice.Amount, shown.PreviousUnitPrice?.Amount));
        var second = (await silo.Grains.GetGrain<IOrderGrain>(Guid.NewGuid()).PlaceAsync(CountingSilo.Command(buyer))).Result;
        Assert.Equal((OrderStatus.Confirmed, 1500), (second.Value?.Status, second.Value?.Lines[0].UnitPrice.Amount));
    }
}
