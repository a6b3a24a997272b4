using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>The silo dies while units move between locations: each unit ends at one location, without anybody asking again.</summary>
public sealed class LocationCrashTests(PatientCrashingShop shop) : IClassFixture<PatientCrashingShop>
{
    [Theory]
    [InlineData("transfer.created")]
    [InlineData("transfer.left")]
    public async Task a_transfer_that_crashes_leaves_once(string point)
    {
        var (sku, location) = await PrepareAsync();
        await shop.ArmAsync(point);
        await shop.CrashAsync(Buyer.TryAsync(() => SendAsync(sku, location)), success: 201);

        await HasAsync(sku, location, here: 3, there: 0, inTransit: 2);
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
        // The operator asks again, and gets the same transfer.
        var again = Expect.Status(201, await Buyer.AskAsync(() => SendAsync(sku, location)));
        Assert.Equal("inTransit", again.Text("status"));
        await HasAsync(sku, location, here: 3, there: 0, inTransit: 2);
    }

    [Theory]
    [InlineData("transfer.received", "receive")]
    [InlineData("transfer.arrived", "receive")]
    [InlineData("transfer.cancelled", "cancel")]
    [InlineData("transfer.returned", "cancel")]
    public async Task what_arrives_or_goes_back_is_added_once(string point, string action)
    {
        var (sku, location) = await PrepareAsync();
        var place = $"/admin/stock-transfers/{Expect.Status(201, await SendAsync(sku, location)).Text("id")}/{action}";
        await shop.ArmAsync(point);
        Task<Reply> EndAsync() => shop.Admin.PostAsync(place, null, "end");
        await shop.CrashAsync(Buyer.TryAsync(EndAsync), success: 200);

        var (here, there) = action == "receive" ? (3, 2) : (5, 0);
        await HasAsync(sku, location, here, there, inTransit: 0);
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
        Expect.Status(200, await Buyer.AskAsync(EndAsync));
        await HasAsync(sku, location, here, there, inTransit: 0);
    }

    [Theory]
    [InlineData("order.move.written")]
    [InlineData("order.move.reserved")]
    [InlineData("order.move.done")]
    public async Task units_that_move_are_reserved_at_one_location(string point)
    {
        var (sku, location) = await PrepareAsync();
        Expect.Status(201, await shop.Admin.PostAsync($"/inventory/{sku}/adjustments", new { delta = 1, reason = "delivery", location }));
        var buyer = await Buyer.ArriveAsync(shop.Api, [sku]);
        Assert.Equal("confirmed", (await buyer.OrderAsync()).Text("status"));
        await shop.ArmAsync(point);
        Task<Reply> MoveAsync() => shop.Admin.PostAsync(
            $"/admin/orders/{buyer.OrderId}/move-units", new { sku, quantity = 1, from = "default", to = location }, "move");
        await shop.CrashAsync(Buyer.TryAsync(MoveAsync), success: 200);

        await Until.TrueAsync("the units have moved", TimeSpan.FromSeconds(90), async () =>
            await ReservedAsync(sku) is { } reserved && reserved["default"] == 0 && reserved[location] == 1);
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
        var again = Expect.Status(200, await Buyer.AskAsync(MoveAsync));
        Assert.Equal((location, 1), (again.Text("allocations.0.location"), again["allocations"]!.AsArray().Count));
        await InvariantChecker.AssertBalanceAsync(shop.Shop);
    }

    /// <summary>Five units at the default location, and another location that sells nothing.</summary>
    private async Task<(string Sku, string Location)> PrepareAsync()
    {
        var location = Expect.Status(201, await Buyer.AskAsync(
            () => shop.Admin.PostAsync("/admin/locations", new { name = "Store room", enabled = false }, Guid.NewGuid().ToString())));
        return ((await shop.StockAsync(products: 1))[0], location.Text("id"));
    }

    private Task<Reply> SendAsync(string sku, string location) => shop.Admin.PostAsync(
        "/admin/stock-transfers", new { from = "default", to = location, lines = new[] { new { sku, quantity = 2 } } }, $"send {sku}");

    private async Task<Dictionary<string, int>> ReservedAsync(string sku) =>
        (await Buyer.AskAsync(() => shop.Admin.GetAsync($"/inventory/{sku}")))["locations"]!.AsArray()
            .ToDictionary(l => l!["location"]!.GetValue<string>(), l => l!["reserved"]!.GetValue<int>());

    private Task HasAsync(string sku, string location, int here, int there, int inTransit) => Until.TrueAsync(
        $"{here} units are here, {there} there and {inTransit} in transit", TimeSpan.FromSeconds(90), async () =>
        {
            var stock = await Buyer.AskAsync(() => shop.Admin.GetAsync($"/inventory/{sku}"));
            var levels = stock["locations"]!.AsArray().ToDictionary(
                l => l!["location"]!.GetValue<string>(), l => l!["onHand"]!.GetValue<int>());
            return (levels["default"], levels[location], stock.Number("inTransit")) == (here, there, inTransit);
        });
}
