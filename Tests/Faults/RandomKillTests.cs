using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

[Collection(nameof(Faults))]
public sealed class RandomKillTests
{
    private const int Buyers = 8;
    private static readonly TimeSpan Load = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task a_silo_that_dies_again_and_again_under_load_breaks_no_promise()
    {
        await using var shop = await Shop.CreateAsync(null, ("Checkout__CheckoutDueSeconds", "2"));
        var silo = await shop.StartSiloProcessAsync();
        var crowd = await OpenAsync(shop);
        var random = new Random();
        for (var kill = 0; kill < 3; kill++)
        {
            await crowd.MoreAsync(random.Next(20, 120));
            await silo.KillAsync();
            await InvariantChecker.AssertInvariantsAsync(shop);
            silo = await shop.StartSiloProcessAsync();
        }
        await EndAsync(crowd);
    }

    [Fact]
    public async Task of_two_silos_one_dies_under_load_and_comes_back_and_no_promise_is_broken()
    {
        await using var shop = await Shop.CreateAsync(null, ("Checkout__CheckoutDueSeconds", "2"));
        var otherPorts = (TcpPort.Free(), TcpPort.Free());
        var first = await shop.StartSiloProcessAsync();
        var second = await shop.StartSiloProcessAsync(ports: otherPorts);
        var crowd = await OpenAsync(shop);
        var random = new Random();
        await crowd.MoreAsync(random.Next(50, 200));
        await second.KillAsync();
        await InvariantChecker.AssertInvariantsAsync(shop);
        await crowd.MoreAsync(random.Next(50, 200));
        await shop.StartSiloProcessAsync(ports: otherPorts);
        await crowd.MoreAsync(random.Next(50, 200));
        await first.KillAsync();
        await InvariantChecker.AssertInvariantsAsync(shop);
        await crowd.MoreAsync(random.Next(50, 200));
        await EndAsync(crowd);
    }

    /// <summary>Two products that never run out and one that soon does, bought alone and together, now and then with a bad card.</summary>
    private static async Task<Crowd> OpenAsync(Shop shop)
    {
        var api = await shop.StartApiAsync();
        var admin = await api.AsAdminAsync();
        var (tea, coffee, rare) = (
            await admin.CreateProductAsync(stock: 100_000), await admin.CreateProductAsync(stock: 100_000),
            await admin.CreateProductAsync(stock: 50));
        return new Crowd(shop, api, Buyers, n => (
            (n % 4) switch { 0 => [tea], 1 => [tea, coffee], 2 => [coffee, rare], _ => [coffee] },
            n % 10 == 9 ? "pm_card_visa_chargeDeclined" : "pm_card_visa"));
    }

    private static async Task EndAsync(Crowd crowd)
    {
        while (crowd.Clock.Elapsed < Load)
            await crowd.MoreAsync(1);
        await crowd.CloseAsync();
        await crowd.AssertKeptAsync();
        TestContext.Current.SendDiagnosticMessage("{0} buyers were answered.", crowd.Answered);
    }
}
