using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>What happens to an order's money after the first attempt, crashed at each of its commit boundaries.</summary>
public sealed class PaymentCrashTests(PatientCrashingShop shop) : IClassFixture<PatientCrashingShop>
{
    [Theory]
    [InlineData("payment.refund.before-write")]
    [InlineData("payment.refund.written")]
    [InlineData("payment.provider.refunded")]
    public async Task a_refund_that_crashes_is_made_once_and_answered_when_asked_again(string point)
    {
        var skus = await shop.StockAsync(products: 1);
        await shop.ArmAsync(point);
        var buyer = await Buyer.ArriveAsync(shop.Api, skus);
        Assert.Equal("confirmed", (await buyer.OrderAsync()).Text("status"));
        Task<Reply> RefundAsync() =>
            shop.Admin.PostAsync($"/admin/orders/{buyer.OrderId}/refunds", new { amount = 300, reason = "late" }, "refund-1");
        await shop.CrashAsync(Buyer.TryAsync(RefundAsync), success: 200);

        // What was written down is carried out without help.
        if (point != "payment.refund.before-write")
        {
            await Until.TrueAsync("the refund is made", TimeSpan.FromSeconds(60), async () =>
                (await Buyer.AskAsync(() => buyer.Guest.GetAsync($"/orders/{buyer.OrderId}"))).Number("payment.refunded.amount") == 300);
        }
        var again = await Buyer.AskAsync(RefundAsync);
        Assert.Equal((200, 300), ((int)again.Status, again.Number("payment.refunded.amount")));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    /// <summary>
    /// Units that were not shipped go back to stock once, wherever the silo dies between the decision and the last movement.
    /// </summary>
    [Theory]
    [InlineData("order.refund.written", false)]
    [InlineData("payment.refund.before-write", false)]
    [InlineData("payment.refund.written", true)]
    [InlineData("payment.provider.refunded", false)]
    [InlineData("order.refund.answered", false)]
    [InlineData("order.refund.done", true)]
    [InlineData("inventory.before-write", false)]
    [InlineData("inventory.after-write", true)]
    [InlineData("order.stock-settled", false)]
    public async Task a_refund_of_lines_that_crashes_gives_money_and_units_back_once(string point, bool full)
    {
        var skus = await shop.StockAsync(products: 2);
        var buyer = await Buyer.ArriveAsync(shop.Api, skus);
        Assert.Equal("confirmed", (await buyer.OrderAsync()).Text("status"));
        // Of the checkout nothing is counted.
        await shop.ArmAsync(point);
        Task<Reply> RefundAsync() => shop.Admin.PostAsync(
            $"/admin/orders/{buyer.OrderId}/refunds",
            full ? new { full = true, reason = "late" } : new { lines = new[] { new { sku = skus[0], quantity = 1 } }, reason = "late" },
            "refund-1");
        await shop.CrashAsync(Buyer.TryAsync(RefundAsync), success: 200);

        // What was written down is carried out without help: the integrity check runs before anybody asks again.
        await Until.TrueAsync("the units are back", TimeSpan.FromSeconds(90), async () =>
            (await Buyer.AskAsync(() => shop.Admin.GetAsync($"/inventory/{skus[0]}"))).Number("available") == 5);
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
        var again = await Buyer.AskAsync(RefundAsync);
        Assert.Equal((200, full ? "refunded" : "confirmed"), ((int)again.Status, again.Text("status")));
        Assert.Equal(full ? again.Number("total.amount") : 1000, again.Number("payment.refunded.amount"));
        Assert.Equal(full ? 5 : 4, (await Buyer.AskAsync(() => shop.Admin.GetAsync($"/inventory/{skus[1]}"))).Number("available"));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    /// <summary>The card that waits for its owner is given up before the other is charged.</summary>
    [Theory]
    [InlineData("payment.provider.cancelled")]
    [InlineData("payment.attempt.written")]
    [InlineData("payment.provider.answered#2")]
    public async Task another_card_that_crashes_is_charged_once(string point)
    {
        var skus = await shop.StockAsync(products: 1);
        await shop.ArmAsync(point);
        var buyer = await shop.ArriveWithCodeAsync(skus);
        Assert.Equal("awaitingPayment", (await buyer.OrderAsync("pm_card_authenticationRequired")).Text("status"));
        Task<Reply> PayAsync() =>
            buyer.Guest.PostAsync($"/orders/{buyer.OrderId}/payments", new { paymentMethod = "pm_card_visa" }, "second-card");
        await shop.CrashAsync(Buyer.TryAsync(PayAsync), success: 200);

        var again = await Buyer.AskAsync(PayAsync);
        Assert.True((int)again.Status == 200, again.Body);
        await shop.StatusAsync(buyer.OrderId, "confirmed");
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
        await shop.AssertUseAsync(buyer.OrderId, "Reservation,Commit");
    }

    /// <summary>What is called off is not charged afterwards, and what was charged is given back.</summary>
    [Theory]
    [InlineData("payment.closed", "pm_card_visa")]
    [InlineData("payment.closed", "pm_card_authenticationRequired")]
    [InlineData("payment.provider.cancelled", "pm_card_authenticationRequired")]
    public async Task a_cancellation_that_crashes_is_carried_out(string point, string paymentMethod)
    {
        var skus = await shop.StockAsync(products: 1);
        await shop.ArmAsync(point);
        var buyer = await shop.ArriveWithCodeAsync(skus);
        await buyer.OrderAsync(paymentMethod);
        Task<Reply> CancelAsync() => buyer.Guest.PostAsync($"/orders/{buyer.OrderId}/cancel");
        await shop.CrashAsync(Buyer.TryAsync(CancelAsync), success: 200);

        Assert.Equal(200, (int)(await Buyer.AskAsync(CancelAsync)).Status);
        var order = await Buyer.AskAsync(() => buyer.Guest.GetAsync($"/orders/{buyer.OrderId}"));
        Assert.Equal("cancelled", order.Text("status"));
        Assert.Equal(paymentMethod == "pm_card_visa" ? order.Number("total.amount") : 0, order.Number("payment.refunded.amount"));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
        await shop.AssertUseAsync(buyer.OrderId, paymentMethod == "pm_card_visa" ? "Reservation,Commit,Return" : "Reservation,Release");
    }
}

/// <summary>A crashing shop that holds money first, and takes it when it ships.</summary>
public sealed class HoldingCrashingShop : PatientCrashingShop
{
    protected override string Capture => "Manual";
}

/// <summary>What was held, crashed where it is taken.</summary>
public sealed class CaptureCrashTests(HoldingCrashingShop shop) : IClassFixture<HoldingCrashingShop>
{
    [Fact]
    public async Task a_capture_that_crashes_takes_the_money_once()
    {
        var skus = await shop.StockAsync(products: 1);
        await shop.ArmAsync("payment.provider.captured");
        var buyer = await Buyer.ArriveAsync(shop.Api, skus);
        await buyer.OrderAsync();
        Task<Reply> CaptureAsync() => shop.Admin.PostAsync($"/admin/orders/{buyer.OrderId}/capture", new { }, "capture-1");
        await shop.CrashAsync(Buyer.TryAsync(CaptureAsync), success: 200);

        await Buyer.AskAsync(CaptureAsync);
        var order = await Buyer.AskAsync(() => buyer.Guest.GetAsync($"/orders/{buyer.OrderId}"));
        Assert.Equal(("captured", order.Number("total.amount")), (order.Text("payment.status"), order.Number("payment.captured.amount")));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }
}
