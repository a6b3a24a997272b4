using SoonShop.Aggregates;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>An account that is erased while the silo dies at every step, and the whole database is searched for it afterwards.</summary>
public sealed class ErasureCrashTests
{
    private const string Password = "correct horse";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly string mark = Guid.NewGuid().ToString("N")[..12];

    [Fact]
    public async Task an_account_is_erased_to_the_last_row_though_the_silo_dies_at_every_step()
    {
        var mail = Directory.CreateTempSubdirectory("soonshop-mail").FullName;
        await using var shop = await Shop.CreateAsync(null,
            ("Notifications__Email__Mode", "Directory"), ("Notifications__Email__Directory", mail),
            ("Notifications__Email__From", "shop@example.com"), ("Notifications__Webhooks__DisableAfterFailures", "10000"));
        try
        {
            var silo = await shop.StartSiloProcessAsync();
            var api = await shop.StartApiAsync();
            var admin = await api.AsAdminAsync();
            var (customer, email, paid) = await LiveAsync(shop, api, admin, mail);

            await silo.KillAsync();
            silo = await shop.StartSiloProcessAsync(CrashPoint.Erasure[0]);
            foreach (var next in CrashPoint.Erasure.Skip(1).Append(null))
            {
                // The first step is passed by the request, as often as it is sent; each of the others by what goes on without it.
                await CrashAsync(silo, next == CrashPoint.Erasure[1] ? customer : null);
                silo = await shop.StartSiloProcessAsync(next);
            }
            var id = TestKey.ClaimsOf(customer.AccessToken!)["sub"];
            await Until.TrueAsync("the account is erased", Limit, async () =>
                (await Buyer.AskAsync(() => api.GetAsync($"/erasures/{id}"))).Text("status") == "completed");

            await NothingIsLeftAsync(shop, mail, email);
            // What happens afterwards brings nothing back.
            var refund = await Buyer.AskAsync(
                () => admin.PostAsync($"/admin/orders/{paid}/refunds", new { full = true, reason = "late" }, Guid.NewGuid().ToString()));
            Assert.True((int)refund.Status == 200, refund.Body);
            await Until.TrueAsync("the refund is told of", Limit, async () =>
                await shop.QueryAsync<long>(
                    "select count(*) from event where type = 'order.refunded' and subject = $1", Guid.Parse(paid).ToString("N")) > 0);
            await Until.TrueAsync("every event was handed out", Limit, async () =>
                await shop.QueryAsync<long>("select sum(depth)::bigint from stream_lag") == 0);
            await NothingIsLeftAsync(shop, mail, email);
            Assert.Equal(
                201, (int)(await Buyer.AskAsync(() => api.PostAsync("/auth/register", new { email, password = Password }))).Status);
        }
        finally
        {
            Directory.Delete(mail, recursive: true);
        }
    }

    /// <summary>
    /// A customer's life: addresses, mail, orders of which one was delivered and one called off, a cart, and posts that nobody takes.
    /// </summary>
    private async Task<(ApiClient Customer, string Email, string Paid)> LiveAsync(Shop shop, ApiClient api, ApiClient admin, string mail)
    {
        var email = $"mail-{mark}@example.com";
        var hook = await admin.PostAsync(
            "/admin/webhooks", new { url = "http://127.0.0.1:9/hook", eventTypes = new[] { "order.*", "user.*" } });
        Assert.True((int)hook.Status == 201, hook.Body);
        var sku = await admin.CreateProductAsync();
        // New endpoints are known to a silo after some seconds.
        await Until.TrueAsync("events are posted", Limit, async () =>
        {
            await api.AsNewCustomerAsync();
            return await shop.QueryAsync<long>("select count(*) from event where type = 'notification.webhook-due'") > 0;
        });
        var registered = await api.PostAsync("/auth/register", new { email, password = Password, displayName = $"Name-{mark}" });
        var customer = api with { AccessToken = registered.Text("accessToken") };
        var address = new
        {
            name = $"Name-{mark}",
            line1 = $"Street-{mark} 7",
            city = $"City-{mark}",
            postalCode = "12345",
            country = "DE",
            phone = $"+49-{mark}",
        };
        Assert.Equal(201, (int)(await customer.PostAsync("/me/addresses", address)).Status);
        await customer.FillCartAsync(sku);
        var delivered = await OrderAsync();
        Assert.Equal(409, (int)(await EraseAsync(customer)).Status);
        Assert.Equal(
            200, (int)(await admin.PostAsync($"/admin/orders/{delivered}/ship", new { carrier = "DHL", trackingNumber = $"Parcel-{mark}" }))
                .Status);
        Assert.Equal(200, (int)(await admin.PostAsync($"/admin/orders/{delivered}/deliver")).Status);
        await customer.FillCartAsync(sku);
        var cancelled = await OrderAsync();
        Assert.Equal(200, (int)(await customer.PostAsync($"/orders/{cancelled}/cancel", new { reason = $"Reason-{mark}" })).Status);
        await customer.FillCartAsync(sku, 2);
        await api.PostAsync("/auth/password/forgot", new { email });

        string[] everywhere =
        [
            "event.data", "event_delivery.data", "grain_state_email.grain_key", "grain_state_notification.state", "grain_state_order.state",
            "grain_state_payment.state", "grain_state_user.index", "grain_state_user.state",
        ];
        await Until.TrueAsync("the customer is in all places, and has mail", Limit, async () =>
            !everywhere.Except(await shop.PlacesOfAsync(mark)).Any() && Mails(mail) >= 4);
        return (customer, email, delivered);

        async Task<string> OrderAsync()
        {
            var order = await customer.PostAsync(
                "/orders", new { paymentMethod = "pm_card_visa", shippingAddress = address }, Guid.NewGuid().ToString());
            Assert.True((int)order.Status == 201, order.Body);
            return order.Text("id");
        }
    }

    private async Task NothingIsLeftAsync(Shop shop, string mail, string email)
    {
        foreach (var erased in (string[])[email, $"+49-{mark}", $"Parcel-{mark}", $"Reason-{mark}"])
            Assert.Empty(await shop.PlacesOfAsync(erased));
        // What an invoice must name, with orders that were paid, and nowhere else.
        foreach (var kept in (string[])[$"Name-{mark}", $"Street-{mark}", $"City-{mark}", mark])
            Assert.Equal(["grain_state_order.state"], await shop.PlacesOfAsync(kept));
        // Both were paid; the one that was called off has a credit note beside its invoice.
        Assert.Equal(
            2, await shop.QueryAsync<long>($"select count(*) from grain_state_order where encode(state, 'escape') like '%{mark}%'"));
        Assert.Equal(0, Mails(mail));
    }

    private int Mails(string folder) =>
        Directory.EnumerateFiles(folder, "*.eml").Count(f => File.ReadAllText(f).Contains(mark, StringComparison.Ordinal));

    private static async Task CrashAsync(ShopProcess silo, ApiClient? customer)
    {
        try
        {
            await Until.TrueAsync("the silo dies", Limit, async () =>
            {
                if (customer is not null && !silo.HasExited)
                    await Buyer.TryAsync(() => EraseAsync(customer));
                return silo.HasExited;
            });
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{silo.Log}", e);
        }
        Assert.True(
            silo.Log.Contains("Crash point", StringComparison.Ordinal),
            $"The silo ended with {silo.ExitCode}, not at its crash point:\n{silo.Log}");
    }

    private static Task<Reply> EraseAsync(ApiClient client) =>
        client.SendAsync(HttpMethod.Delete, "/me", new { currentPassword = Password });
}
