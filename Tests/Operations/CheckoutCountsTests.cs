using SoonShop.Tests.Api;
using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>
/// What a guest's checkout of one line takes that can be counted: nothing of it comes back unnoticed. What it takes of time is measured by
/// <c>./test.sh bench CheckoutCost</c>.
/// </summary>
public sealed class CheckoutCountsTests
{
    private const int Checkouts = 20;

    [Fact]
    public async Task a_checkout_takes_no_more_writes_events_activations_and_calls_than_it_needs()
    {
        var mail = Directory.CreateTempSubdirectory("soonshop-mail-");
        var (shop, api) = await Shop.StartProcessesAsync(
            ("Silo__HttpPort", $"{TcpPort.Free()}"), ("Notifications__Email__Mode", "Directory"),
            ("Notifications__Email__Directory", mail.FullName), ("Notifications__Email__From", "shop@example.com"),
            ("Notifications__Email__GuestMailsPerHour", "0"), ("Integrity__EveryMinutes", "0"),
            ("Checkout__CheckoutDueSeconds", "600"));
        await using var _ = shop;
        try
        {
            var sku = await (await api.AsAdminAsync()).CreateProductAsync(stock: 1000);
            await BuyAsync(shop, api, sku);
            var mails = mail.GetFiles("*.eml").Length;
            var before = await PrometheusText.ScrapeAsync(shop.SiloHttp);
            for (var i = 0; i < Checkouts; i++)
                await BuyAsync(shop, api, sku);
            await InvariantChecker.QuietAsync(shop);
            var after = await PrometheusText.ScrapeAsync(shop.SiloHttp);

            double Each(string metric, params (string, string)[] labels) =>
                (after.Sum(metric, labels) - before.Sum(metric, labels)) / Checkouts;
            Assert.Equal(mails + Checkouts, mail.GetFiles("*.eml").Length);
            // Cart filled and emptied, order placed and confirmed, units reserved, payment taken, mail noted.
            Assert.Equal(7, Each("soonshop_storage_writes_total"));
            foreach (var told in (string[])["order.placed", "payment.captured", "order.confirmed"])
                Assert.Equal(1, Each("soonshop_events_published_total", ("event_type", told)));
            Assert.Equal(3, Each("soonshop_events_published_total"));
            foreach (var grain in (string[])["cart", "order", "payment", "notification"])
                Assert.Equal(1, Each("orleans_catalog_activation_created_total", ("grain_type", grain)));
            foreach (var grain in (string[])["mail", "checkout-reminder", "ratelimit"])
                Assert.Equal(0, Each("orleans_catalog_activation_created_total", ("grain_type", grain)));
            // Seven, and what a silo asks itself from time to time, such as twice a second for newer pricing rules while there are buyers.
            Assert.InRange(Each("orleans_app_requests_latency_milliseconds_count"), 4, 11);
            Assert.Equal(
                1.0 * (Checkouts + 1), await shop.QueryAsync<long>("select count(*) from stock_ledger where reference like 'order %'"));
        }
        finally
        {
            mail.Delete(recursive: true);
        }
    }

    private static async Task BuyAsync(Shop shop, ApiClient api, string sku)
    {
        var guest = await Buyer.ArriveAsync(api, sku);
        Expect.Status(201, await guest.OrderAsync());
        // What one sets off is over before the next begins: nothing is shared.
        await InvariantChecker.QuietAsync(shop);
    }
}
