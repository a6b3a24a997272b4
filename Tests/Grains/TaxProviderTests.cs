using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SoonShop.Carts;
using SoonShop.Catalog;
using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Pricing;
using SoonShop.Silo.Pricing;
using SoonShop.Tests.Rules;
using SoonShop.Tests.Running;
using SoonShop.Users;

namespace SoonShop.Tests.Grains;

/// <summary>A tax service that charges 7 % of goods, and nothing of shipping.</summary>
public sealed class TaxService : IAsyncDisposable
{
    private readonly WebApplication app;

    private TaxService(WebApplication app, string url) => (this.app, Url) = (app, url);

    internal string Url { get; }

    internal int Calls;

    internal TimeSpan Delay { get; set; }

    internal bool Fails { get; set; }

    internal long Surcharge { get; set; }

    internal static async Task<TaxService> StartAsync()
    {
        var (app, url) = LocalServer.Create();
        var service = new TaxService(app, url);
        app.MapPost("/taxes", async (TaxableSale sale, HttpContext context) =>
        {
            Interlocked.Increment(ref service.Calls);
            await Task.Delay(service.Delay, context.RequestAborted);
            return service.Fails ? Results.StatusCode(500) : Results.Json(sale.Items.Select(i => i.Amount * 7 / 100 + service.Surcharge));
        });
        await app.StartAsync();
        return service;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}

/// <summary>The adapter to that service.</summary>
internal sealed class RemoteTaxes(TaxService service, HttpClient http) : ITaxProvider
{
    public string Name => "Remote taxes";

    public async Task<SaleTaxes?> GetTaxesAsync(TaxableSale sale, CancellationToken cancellation)
    {
        using var response = await http.PostAsJsonAsync($"{service.Url}/taxes", sale, cancellation);
        var amounts = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<long[]>(cancellation);
        return new SaleTaxes([.. sale.Items.Zip(amounts!, (item, amount) =>
            ImmutableArray.Create(new ItemTax("seven", "Seven per cent", 70_000, item.Amount, amount)))], []);
    }
}

/// <summary>A silo whose taxes come from the service.</summary>
public sealed class TaxedSilo : InProcessSilo
{
    internal TaxService Service { get; private set; } = null!;

    protected override Dictionary<string, string?> Settings => new()
    {
        ["Checkout:TaxProviderDeadlineMilliseconds"] = "5000",
        ["Checkout:TaxProviderCacheSeconds"] = "60",
    };

    public override async ValueTask InitializeAsync()
    {
        Service = await TaxService.StartAsync();
        await base.InitializeAsync();
        // The first request of all takes longer than others, and is not to miss the deadline.
        await Services.GetRequiredService<RemoteTaxes>().GetTaxesAsync(
            new TaxableSale
            {
                Currency = "USD",
                TaxInside = false,
                Destination = new Destination("US", "NY", "10004"),
                Date = new DateOnly(2026, 1, 1),
                Items = [],
            }, CancellationToken.None);
    }

    protected override void Configure(ISiloBuilder silo) =>
        silo.Services.AddSingleton(Service).AddSingleton<HttpClient>().AddTaxProvider<RemoteTaxes>();
}

/// <summary>Taxes of a provider, from the cart to the order.</summary>
public sealed class TaxProviderTests(TaxedSilo silo) : IClassFixture<TaxedSilo>
{
    [Fact]
    public async Task a_cart_shows_its_taxes_and_the_order_keeps_them_until_the_provider_fails()
    {
        var (buyer, cart) = await BuyerAsync(1000);
        var shown = (await cart.SetDestinationAsync(buyer, new Destination("US", "NY", "10004"))).Value!.Prices!;
        Assert.Equal(("Remote taxes", 70, 1569), (shown.TaxProvider, shown.Tax?.Amount, shown.Total.Amount));
        var calls = silo.Service.Calls;
        Assert.Equal(1569, (await cart.GetAsync(buyer)).Value!.Prices!.Total.Amount);
        Assert.Equal(calls, silo.Service.Calls);
        var option = Assert.Single((await cart.GetShippingOptionsAsync(buyer, null)).Value!.Options);
        Assert.Equal((499, 0, 1569), (option.Price, option.Tax, option.Total));

        var order = (await PlaceAsync(buyer, 1569)).Value!;
        Assert.Equal((OrderStatus.Confirmed, 1569, 70), (order.Status, order.Total.Amount, order.Tax.Amount));
        Assert.Equal(("Remote taxes", "Seven per cent"), (order.Prices!.TaxProvider, order.Prices.Taxes.Single().Name));

        // An answer that breaks a rule: the shop's own rate counts, which is 0 here.
        silo.Service.Surcharge = 100_000;
        (buyer, cart) = await BuyerAsync(1100);
        shown = (await cart.SetDestinationAsync(buyer, new Destination("US", "NY", "10004"))).Value!.Prices!;
        Assert.Equal((null, 0, 1599), (shown.TaxProvider, shown.Tax?.Amount, shown.Total.Amount));
        silo.Service.Surcharge = 0;
        // The order is not placed at another total than the cart showed.
        Assert.Equal(ErrorCode.Conflict, (await PlaceAsync(buyer, 1599)).Error?.Code);

        // A provider that is slow, then fails, and then is not asked any more.
        const long Last = 1211;
        silo.Service.Delay = TimeSpan.FromSeconds(30);
        for (var price = 1200L; price <= Last; price++)
        {
            (buyer, cart) = await BuyerAsync(price);
            shown = (await cart.SetDestinationAsync(buyer, new Destination("US", "NY", "10004"))).Value!.Prices!;
            Assert.Equal((null, 0, price + 499), (shown.TaxProvider, shown.Tax?.Amount, shown.Total.Amount));
            (silo.Service.Delay, silo.Service.Fails) = (TimeSpan.Zero, true);
        }
        calls = silo.Service.Calls;
        Assert.Equal((OrderStatus.Confirmed, Last + 499), Of((await PlaceAsync(buyer, Last + 499)).Value!));
        Assert.Equal(calls, silo.Service.Calls);

        static (OrderStatus, long) Of(Order placed) => (placed.Status, placed.Total.Amount);
    }

    private async Task<(Caller Buyer, ICartGrain Cart)> BuyerAsync(long price)
    {
        var sku = $"T-{Guid.NewGuid():N}"[..14].ToUpperInvariant();
        Assert.False((await silo.Grains.GetGrain<IProductGrain>(Sku.GrainKey(sku)).CreateAsync(
            Given.Product() with { Price = Given.Usd(price) })).IsError);
        await silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku)).AdjustAsync(new AdjustStock("stock", 5, "delivery", null));
        var buyer = new Caller(null, Guid.NewGuid(), false);
        var cart = silo.Grains.GetGrain<ICartGrain>(buyer.CartId!.Value);
        await cart.OpenForGuestAsync();
        Assert.False((await cart.SetItemAsync(buyer, sku, 1)).IsError);
        return (buyer, cart);
    }

    private async Task<Result<Order>> PlaceAsync(Caller buyer, long total) =>
        (await silo.Grains.GetGrain<IOrderGrain>(Guid.NewGuid()).PlaceAsync(new PlaceOrder(
            buyer, new Address("Ada", "1 Broadway", null, "New York", "NY", "10004", "US", null), null, "pm_card_visa", "ada@example.com",
            "fingerprint")
        {
            ExpectedTotal = Given.Usd(total),
        })).Result;
}
