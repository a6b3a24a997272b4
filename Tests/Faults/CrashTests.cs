using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>Declined, authenticated and cancelled payments, crashed where a checkout of one attempt does not come.</summary>
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
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
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
        await shop.CrashAsync(
            Buyer.TryAsync(() => buyer.Guest.PostAsync($"/simulated-payments/{buyer.OrderId}/authenticate")), success: 200);

        await shop.StatusAsync(buyer.OrderId, "confirmed");
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    /// <summary>A checkout of one line moves stock once; the second movement is the cancellation's.</summary>
    [Theory]
    [InlineData("inventory.before-write#2")]
    [InlineData("inventory.after-write#2")]
    public async Task a_cancellation_that_crashes_gives_stock_and_money_back_without_help(string point)
    {
        var skus = await shop.StockAsync(products: 1);
        await shop.ArmAsync(point);
        var buyer = await Buyer.ArriveAsync(shop.Api, skus);
        Assert.Equal("confirmed", (await buyer.OrderAsync()).Text("status"));
        await shop.CrashAsync(Buyer.TryAsync(() => CancelAsync(buyer)), success: 200);

        await InvariantChecker.AssertBalanceAsync(shop.Shop);
        await AssertCancelledAsync(buyer, skus[0]);
    }

    private Task AssertCancelledAsync(Buyer buyer, string sku) => AssertCancelledAsync(shop, buyer, sku);

    internal static async Task AssertCancelledAsync(CrashingShop shop, Buyer buyer, string sku)
    {
        var cancelled = await Buyer.AskAsync(() => CancelAsync(buyer));
        Assert.Equal("cancelled", cancelled.Text("status"));
        Assert.Equal("refunded", cancelled.Text("payment.status"));
        Assert.Equal(5, (await Buyer.AskAsync(() => shop.Admin.GetAsync($"/inventory/{sku}"))).Number("available"));
    }

    internal static Task<Reply> CancelAsync(Buyer buyer) =>
        buyer.Guest.PostAsync($"/orders/{buyer.OrderId}/cancel", new { reason = "changed my mind" });
}
