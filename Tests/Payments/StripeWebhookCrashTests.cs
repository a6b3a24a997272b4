using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Payments;

/// <summary>A webhook that was acknowledged counts, though the silo's process ends.</summary>
public sealed class StripeWebhookCrashTests
{
    [Fact]
    public async Task a_silo_that_dies_between_acceptance_and_handling_handles_it_in_its_next_life()
    {
        await using var shop = await StripeShop.CreateAsync(null, WebhookShop.Settings);
        await using var silo = await SiloProcess.StartAsync(shop.Shop);
        var api = await shop.StartApiAsync();
        var buyer = await Buyer.ArriveAsync(api, await (await api.AsAdminAsync()).CreateProductAsync());
        Assert.Equal("awaitingPayment", (await buyer.OrderAsync("pm_card_authenticationRequired")).Text("status"));
        await StripeWebhookTests.QuietAsync(shop.Stripe, shop.Shop);
        await silo.ArmAsync("payment.news.handling");

        shop.Stripe.Authenticate(shop.Stripe.Books.Payments.Single(p => p.Metadata["order_id"] == $"{buyer.OrderId}").Id);

        await silo.DeathAsync(TimeSpan.FromSeconds(60));
        await silo.ArmAsync(null);
        await silo.ReplaceAsync();
        await Until.TrueAsync("the order is confirmed", TimeSpan.FromSeconds(60), async () =>
            await InvariantChecker.StatusAsync(shop.Shop, buyer.OrderId) == "confirmed");
        Assert.Equal(1, await shop.Shop.QueryAsync<long>(
            "select count(*) from event where type = 'payment.captured' and data ->> 'paymentId' = $1", $"{buyer.OrderId}"));
        Assert.DoesNotContain(StripeShop.ApiKey, shop.Shop.Logs, StringComparison.Ordinal);
        Assert.DoesNotContain(StripeShop.WebhookSecret, shop.Shop.Logs, StringComparison.Ordinal);
    }
}
