using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>The silo dies while an account adopts guests' orders: the adoption goes on by itself.</summary>
public sealed class GuestOrderCrashTests(PatientCrashingShop shop) : IClassFixture<PatientCrashingShop>
{
    [Fact]
    public async Task an_adoption_that_crashes_goes_on()
    {
        var email = $"{Guid.NewGuid():N}@example.com";
        var registered = await Buyer.AskAsync(
            () => shop.Api.PostAsync("/auth/register", new { email, password = "correct horse" }, $"register {email}"));
        Assert.Equal(201, (int)registered.Status);
        var customer = shop.Api with { AccessToken = registered.Text("accessToken") };
        var guest = await shop.Api.AsGuestAsync();
        var ids = new List<string>();
        foreach (var sku in await shop.StockAsync())
        {
            Assert.Equal(200, (int)(await guest.FillCartAsync(sku)).Status);
            var placed = await guest.PostAsync(
                "/orders", new { email, paymentMethod = "pm_card_visa", shippingAddress = ApiClient.Address() }, Guid.NewGuid().ToString());
            Assert.Equal(201, (int)placed.Status);
            ids.Add(placed.Text("id"));
        }
        var token = await shop.Shop.QueryAsync<string>(
            "select data ->> 'token' from event where type = 'user.email-verification-requested' and data ->> 'email' = $1", email);

        await shop.ArmAsync("guest-orders.page");
        // The answer may come before the silo dies, so no success is expected of it.
        await shop.CrashAsync(Buyer.TryAsync(() => shop.Api.PostAsync("/auth/email/verify", new { token })), success: 0);
        await Until.TrueAsync("the orders are the account's", TimeSpan.FromMinutes(4), async () =>
            await Buyer.TryAsync(() => customer.GetAsync("/orders")) is { } mine && (int)mine.Status == 200
                && ids.ToHashSet().SetEquals(mine["items"]!.AsArray().Select(o => o!["id"]!.GetValue<string>())));
        await InvariantChecker.QuietAsync(shop.Shop, TimeSpan.FromMinutes(5));
    }
}
