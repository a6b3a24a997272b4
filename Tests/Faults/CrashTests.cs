using SoonShop.Aggregates;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>A shop whose one silo dies at a chosen point and is started again; database and front end stay.</summary>
public class CrashingShop : IAsyncLifetime
{
    private static readonly TimeSpan CrashLimit = TimeSpan.FromSeconds(30);
    private readonly List<(Task<Reply?> Request, int Success)> cutOff = [];
    private readonly string armed = Path.Combine(Repository.TestData, $"crash-{Guid.NewGuid():N}");
    private ShopProcess silo = null!;

    /// <summary>Minutes for which an order waits for its payment: longer than a silo takes to start, and short enough to see one expire.</summary>
    protected virtual string PaymentWindowMinutes => "0.4";

    /// <summary>When money is taken.</summary>
    protected virtual string Capture => "Automatic";

    /// <summary>Scheduled events that are due later are no matter of a test's.</summary>
    protected virtual TimeSpan? Horizon => null;

    internal Shop Shop { get; private set; } = null!;

    internal ApiClient Api { get; private set; } = null!;

    internal ApiClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        // What a crash cut off must go on by itself, and not because the front end asks again.
        Shop = await Shop.CreateAsync(null, ("Cluster__MaxRepeatedCalls", "0"), (CrashPoint.Variable, armed), ("Checkout__CheckoutDueSeconds", "2"), ("Checkout__PaymentWindowMinutes", PaymentWindowMinutes), ("Payments__Capture", Capture));
        silo = await Shop.StartSiloAsync();
        Api = await Shop.StartApiAsync();
        Admin = await Administrator.ArriveAsync(Api);
    }

    /// <summary>Products with stock.</summary>
    internal async Task<string[]> StockAsync(int products = 2)
    {
        var skus = new string[products];
        for (var i = 0; i < products; i++)
            skus[i] = await Admin.CreateProductAsync(stock: 5, price: 1000 + i);
        return skus;
    }

    /// <summary>Arms a point, when nothing of earlier tests can pass it any more.</summary>
    internal async Task ArmAsync(string point)
    {
        await Books.QuietAsync(Shop, Horizon);
        await File.WriteAllTextAsync(armed, point);
    }

    /// <summary>
    /// Sends the request in which the silo is to die, waits for that, and starts the silo again. The request's answer is
    /// looked at in the end: the front end waits for the dead until its time limit.
    /// </summary>
    internal async Task CrashAsync(Task<Reply?> request, int success)
    {
        cutOff.Add((request, success));
        await silo.WaitForExitAsync(CrashLimit);
        Assert.Contains("Crash point", silo.Log, StringComparison.Ordinal);
        File.Delete(armed);
        silo = await Shop.StartSiloAsync();
    }

    /// <summary>Ends the silo as a power cut would, while a request is under way, and starts it again.</summary>
    internal async Task CutPowerAsync(Task<Reply?> request)
    {
        cutOff.Add((request, 0));
        await silo.KillAsync();
        silo = await Shop.StartSiloAsync();
    }

    /// <summary>Waits until an order has a status, without asking the shop.</summary>
    internal Task StatusAsync(Guid order, string status) => Until.TrueAsync(
        $"order {order} is {status}", TimeSpan.FromSeconds(90), async () => await Books.StatusAsync(Shop, order) == status);

    public async ValueTask DisposeAsync()
    {
        File.Delete(armed);
        foreach (var (request, success) in cutOff)
            Assert.NotEqual(success, (int?)(await request)?.Status);
        await Shop.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

public sealed class CrashTests(CrashingShop shop) : IClassFixture<CrashingShop>
{
    [Theory]
    [InlineData("payment.provider.answered")]
    [InlineData("order.confirmed")]
    public async Task a_declined_checkout_that_crashes_is_told_so_when_asked_again_and_expires_without_help(string point)
    {
        const string Declined = "pm_card_visa_chargeDeclined";
        var skus = await shop.StockAsync(products: 1);
        await shop.ArmAsync(point);
        var buyer = await Buyer.ArriveAsync(shop.Api, skus);
        await shop.CrashAsync(buyer.TryOrderAsync(Declined), success: 402);

        var again = await buyer.OrderAsync(Declined);
        Assert.Equal(402, (int)again.Status);
        Assert.Equal("payment-declined", again.Code);
        Assert.Equal(buyer.OrderId, Guid.Parse(again.Text("orderId")));
        await shop.StatusAsync(buyer.OrderId, "expired");
        await Books.AssertBalanceAsync(shop.Shop);
        Assert.Equal(5, (await Buyer.AskAsync(() => shop.Admin.GetAsync($"/inventory/{skus[0]}"))).Number("available"));
    }

    /// <summary>The provider is asked twice in such a checkout: when it begins, and when the customer has acted.</summary>
    [Theory]
    [InlineData("payment.provider.answered#2")]
    [InlineData("payment.outcome.written#2")]
    public async Task an_authenticated_payment_whose_silo_dies_confirms_its_order(string point)
    {
        var skus = await shop.StockAsync(products: 1);
        await shop.ArmAsync(point);
        var buyer = await Buyer.ArriveAsync(shop.Api, skus);
        var placed = await buyer.OrderAsync("pm_card_authenticationRequired");
        Assert.Equal("awaitingPayment", placed.Text("status"));
        await shop.CrashAsync(Buyer.TryAsync(() => buyer.Guest.PostAsync($"/simulated-payments/{buyer.OrderId}/authenticate")), success: 200);

        await shop.StatusAsync(buyer.OrderId, "confirmed");
        await Books.AssertBalanceAsync(shop.Shop);
    }

    /// <summary>A checkout of one line moves stock twice; the third movement is the cancellation's.</summary>
    [Theory]
    [InlineData("inventory.before-write#3")]
    [InlineData("inventory.after-write#3")]
    public async Task a_cancellation_that_crashes_gives_stock_and_money_back_without_help(string point)
    {
        var skus = await shop.StockAsync(products: 1);
        await shop.ArmAsync(point);
        var buyer = await Buyer.ArriveAsync(shop.Api, skus);
        Assert.Equal("confirmed", (await buyer.OrderAsync()).Text("status"));
        await shop.CrashAsync(Buyer.TryAsync(() => CancelAsync(buyer)), success: 200);

        await Books.AssertBalanceAsync(shop.Shop);
        await AssertCancelledAsync(buyer, skus[0]);
    }

    [Fact]
    public async Task a_cancellation_cut_off_from_outside_is_whole_or_not_at_all_and_can_be_asked_again()
    {
        var skus = await shop.StockAsync(products: 1);
        var buyer = await Buyer.ArriveAsync(shop.Api, skus);
        Assert.Equal("confirmed", (await buyer.OrderAsync()).Text("status"));
        await shop.CutPowerAsync(Buyer.TryAsync(() => CancelAsync(buyer)));
        await Books.AssertBalanceAsync(shop.Shop);

        await AssertCancelledAsync(buyer, skus[0]);
        await Books.AssertBalanceAsync(shop.Shop);
    }

    private async Task AssertCancelledAsync(Buyer buyer, string sku)
    {
        var cancelled = await Buyer.AskAsync(() => CancelAsync(buyer));
        Assert.Equal("cancelled", cancelled.Text("status"));
        Assert.Equal("refunded", cancelled.Text("payment.status"));
        Assert.Equal(5, (await Buyer.AskAsync(() => shop.Admin.GetAsync($"/inventory/{sku}"))).Number("available"));
    }

    private static Task<Reply> CancelAsync(Buyer buyer) => buyer.Guest.PostAsync($"/orders/{buyer.OrderId}/cancel", new { reason = "changed my mind" });
}
