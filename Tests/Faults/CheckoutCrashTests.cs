using SoonShop.Aggregates;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>A checkout, and the parcel that follows it, crashed at each of their commit boundaries.</summary>
public sealed class CheckoutCrashTests(PatientCrashingShop shop) : IClassFixture<PatientCrashingShop>
{
    /// <summary>Every point, and the later passages of those that a checkout of two lines passes again.</summary>
    public static TheoryData<string> Points =>
    [
        .. CrashPoint.All, "inventory.before-write#2", "inventory.after-write#2", .. CrashPoint.Promotions, "promotion.before-write#2",
        "promotion.after-write#2",
    ];

    [Theory, MemberData(nameof(Points))]
    public async Task a_checkout_that_crashes_anywhere_reaches_its_end_alone_and_is_answered_when_asked_again(string point)
    {
        var skus = await shop.StockAsync();
        await shop.ArmAsync(point);
        var buyer = await shop.ArriveWithCodeAsync(skus);
        await shop.CrashAsync(buyer.TryOrderAsync(), success: 201);

        if (point == "order.place.before-write")
            Assert.Equal("none", await InvariantChecker.StatusAsync(shop.Shop, buyer.OrderId));
        else
            await shop.StatusAsync(buyer.OrderId, "confirmed");
        await InvariantChecker.AssertBalanceAsync(shop.Shop);

        var again = await buyer.OrderAsync();
        Assert.Equal(201, (int)again.Status);
        Assert.Equal("confirmed", again.Text("status"));
        Assert.Equal(buyer.OrderId, Guid.Parse(again.Text("id")));
        Assert.Empty((await Buyer.AskAsync(() => buyer.Guest.GetAsync("/cart")))["items"]!.AsArray());
        Assert.Equal(200, again.Number("discount.amount"));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
        await shop.AssertUseAsync(buyer.OrderId, "Reservation,Commit");
    }

    /// <summary>A parcel of two lines takes each from its stock, wherever the silo dies, and without anybody who asks again.</summary>
    [Theory]
    [InlineData("inventory.before-write")]
    [InlineData("inventory.after-write")]
    [InlineData("inventory.before-write#2")]
    [InlineData("inventory.after-write#2")]
    [InlineData("order.stock-settled")]
    public async Task a_parcel_that_crashes_takes_its_units_out_of_stock_once(string point)
    {
        var skus = await shop.StockAsync();
        var buyer = await Buyer.ArriveAsync(shop.Api, skus);
        Assert.Equal("confirmed", (await buyer.OrderAsync()).Text("status"));
        // Of the checkout nothing is counted.
        await shop.ArmAsync(point);
        Task<Reply> ShipAsync() => shop.Admin.PostAsync(
            $"/admin/orders/{buyer.OrderId}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" });
        await shop.CrashAsync(Buyer.TryAsync(ShipAsync), success: 200);

        await shop.StatusAsync(buyer.OrderId, "shipped");
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
        await AssertStockAsync();

        var again = await Buyer.AskAsync(ShipAsync);
        Assert.Equal((200, "shipped"), ((int)again.Status, again.Text("status")));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
        await AssertStockAsync();

        async Task AssertStockAsync()
        {
            foreach (var sku in skus)
            {
                var stock = await Buyer.AskAsync(() => shop.Admin.GetAsync($"/inventory/{sku}"));
                Assert.Equal((4, 0), (stock.Number("onHand"), stock.Number("reserved")));
            }
        }
    }
}
