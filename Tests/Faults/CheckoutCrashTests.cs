using SoonShop.Aggregates;

namespace SoonShop.Tests.Faults;

/// <summary>A checkout, crashed at each of its commit boundaries.</summary>
public sealed class CheckoutCrashTests(PatientCrashingShop shop) : IClassFixture<PatientCrashingShop>
{
    /// <summary>Every point, and the later passages of those that a checkout of two lines passes again.</summary>
    public static TheoryData<string> Points =>
    [
        .. CrashPoint.All, "inventory.after-write#2", "inventory.before-write#3", "inventory.after-write#4",
        .. CrashPoint.Promotions, "promotion.before-write#2", "promotion.after-write#2",
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
}
