using SoonShop.Carts;
using SoonShop.Pricing;

namespace SoonShop.Tests.Running;

/// <summary>A shop of two silos with a promotion, and a cart on each silo, so that the quotes of each can be read.</summary>
internal sealed class TwoSiloShop : IAsyncDisposable
{
    private const string Promotion = "everywhere";
    private const int Price = 100_000;
    private const int PpmOfOneUnit = 10;

    /// <summary>More carts than it takes until each silo has one.</summary>
    private const int MaxCarts = 200;

    private readonly Shop shop;
    private readonly ApiClient admin;

    private TwoSiloShop(Shop shop, ApiClient admin) => (this.shop, this.admin) = (shop, admin);

    /// <summary>The owner of a cart on the silo that has the grain of the rules.</summary>
    public ApiClient BesideTheRules { get; private set; } = null!;

    /// <summary>The owner of a cart on the other silo.</summary>
    public ApiClient OnTheOtherSilo { get; private set; } = null!;

    /// <summary>Starts the silos and a front end, and fills the carts.</summary>
    public static async Task<TwoSiloShop> StartAsync()
    {
        var shop = await Shop.CreateAsync();
        try
        {
            await shop.StartSiloAsync();
            await shop.StartSiloAsync();
            var api = await shop.StartApiAsync();
            var started = new TwoSiloShop(shop, await api.AsAdminAsync());
            await started.FillCartsAsync(api);
            return started;
        }
        catch
        {
            await shop.DisposeAsync();
            throw;
        }
    }

    /// <summary>Changes the promotion, so that carts have a discount of so many minor units, 1–99,999.</summary>
    public async Task ChangeAsync(int discount)
    {
        var changed = await admin.PutAsync($"/admin/promotions/{Promotion}", Body(discount));
        Assert.True((int)changed.Status == 200, changed.Body);
    }

    /// <summary>Reads the discount that a cart's silo quotes.</summary>
    public static async Task<long> DiscountAsync(ApiClient cart)
    {
        var quote = await cart.PostAsync("/cart/quote", new { });
        Assert.True((int)quote.Status == 200, quote.Body);
        return quote.Number("prices.discount.amount");
    }

    public ValueTask DisposeAsync() => shop.DisposeAsync();

    private async Task FillCartsAsync(ApiClient api)
    {
        var sku = await admin.CreateProductAsync(price: Price);
        var created = await admin.PostAsync("/admin/promotions", Body(1));
        Assert.True((int)created.Status == 201, created.Body);
        var silos = shop.Grains.GetGrain<IManagementGrain>(0);
        var rules = await silos.GetActivationAddress(shop.Grains.GetGrain<IPricingRulesGrain>(0));
        for (var carts = 0; carts < MaxCarts && (BesideTheRules is null || OnTheOtherSilo is null); carts++)
        {
            var guest = await api.AsGuestAsync();
            await guest.FillCartAsync(sku);
            var silo = await silos.GetActivationAddress(shop.Grains.GetGrain<ICartGrain>(Guid.Parse(guest.CartId!)));
            if (silo is null)
                continue;
            if (silo.Equals(rules))
                BesideTheRules ??= guest;
            else
                OnTheOtherSilo ??= guest;
        }
        Assert.True(BesideTheRules is not null && OnTheOtherSilo is not null, $"{MaxCarts} carts are all on one silo.");
    }

    private static object Body(int discount) => new
    {
        id = Promotion,
        name = "In force everywhere",
        action = new { kind = "orderDiscount", percentPpm = discount * PpmOfOneUnit },
    };
}
