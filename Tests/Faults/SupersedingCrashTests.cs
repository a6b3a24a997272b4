namespace SoonShop.Tests.Faults;

/// <summary>A checkout that ends an earlier order of its cart, crashed at each step of that and of its own.</summary>
public sealed class SupersedingCrashTests(PatientCrashingShop shop) : IClassFixture<PatientCrashingShop>
{
    [Theory]
    [InlineData("order.superseded")]
    [InlineData("payment.closed")]
    [InlineData("payment.provider.cancelled")]
    [InlineData("inventory.before-write")]
    [InlineData("inventory.after-write")]
    [InlineData("order.superseded.ended")]
    [InlineData("order.place.before-write")]
    [InlineData("order.placed")]
    [InlineData("inventory.after-write#2")]
    [InlineData("order.reserved")]
    [InlineData("payment.provider.answered")]
    [InlineData("order.confirmed")]
    public async Task the_earlier_order_ends_and_the_next_is_bought_once(string point)
    {
        var (buyer, next) = await WaitingAsync();
        await shop.ArmAsync(point);
        await shop.CrashAsync(next.TryOrderAsync(), success: 201);

        // What was begun is carried out without help.
        await shop.StatusAsync(buyer.OrderId, "cancelled");
        var again = await next.OrderAsync();

        Assert.Equal((201, "confirmed", next.OrderId), ((int)again.Status, again.Text("status"), Guid.Parse(again.Text("id"))));
        await AssertBoughtOnceAsync(buyer, next);
        await shop.AssertUseAsync(buyer.OrderId, "Reservation,Release");
        await shop.AssertUseAsync(next.OrderId, "Reservation,Commit");
    }

    [Theory]
    [InlineData("order.superseded")]
    [InlineData("payment.closed")]
    [InlineData("payment.provider.cancelled")]
    [InlineData("order.cart-cleared")]
    [InlineData("order.superseded.ended")]
    public async Task the_earlier_order_that_was_paid_meanwhile_is_the_answer(string point)
    {
        var (buyer, next) = await WaitingAsync();
        await shop.ArmAsync(point);
        // Not before: nobody looks at the order by himself any more.
        await shop.Shop.QueryAsync<string>(
            "update simulated_payment set status = 'captured' where order_id = $1 returning status", buyer.OrderId);
        await shop.CrashAsync(next.TryOrderAsync(), success: 201);

        await shop.StatusAsync(buyer.OrderId, "confirmed");
        var again = await next.OrderAsync();

        // Once the bought goods have left the cart, there is nothing to order.
        Assert.True(
            again.Code == "cart-empty" || (again.Text("status"), Guid.Parse(again.Text("id"))) == ("confirmed", buyer.OrderId), again.Body);
        await AssertBoughtOnceAsync(buyer, next);
        await shop.AssertUseAsync(buyer.OrderId, "Reservation,Commit");
        await shop.AssertUseAsync(next.OrderId, "none");
    }

    /// <summary>Whether the first write of a checkout came about nobody can say; the next checkout finds it out.</summary>
    [Theory]
    [InlineData("order.placed")]
    [InlineData("order.reserved")]
    [InlineData("payment.provider.answered")]
    public async Task a_cart_whose_checkout_died_is_bought_once_under_another_key(string point)
    {
        var skus = await shop.StockAsync(products: 1);
        await shop.ArmAsync(point);
        var buyer = await Buyer.ArriveAsync(shop.Api, skus);
        await shop.CrashAsync(buyer.TryOrderAsync(), success: 201);
        var next = buyer with { Key = "another" };

        var answer = await next.OrderAsync();

        Assert.True(answer.Code == "cart-empty" || answer.Text("status") == "confirmed", answer.Body);
        await AssertBoughtOnceAsync(buyer, next);
    }

    private async Task<(Buyer First, Buyer Next)> WaitingAsync()
    {
        var buyer = await shop.ArriveWithCodeAsync(await shop.StockAsync(products: 1));
        Assert.Equal("awaitingPayment", (await buyer.OrderAsync("pm_card_authenticationRequired")).Text("status"));
        return (buyer, buyer with { Key = "another" });
    }

    private async Task AssertBoughtOnceAsync(Buyer buyer, Buyer next)
    {
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
        Assert.Equal(1L, await shop.Shop.QueryAsync<long>(
            "select count(*) from simulated_payment where order_id in ($1, $2) and status = 'captured'", buyer.OrderId, next.OrderId));
        Assert.Empty((await Buyer.AskAsync(() => buyer.Guest.GetAsync("/cart")))["items"]!.AsArray());
    }
}
