using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using SoonShop.ServiceDefaults.Logging;
using SoonShop.Silo;
using SoonShop.Silo.Payments;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Payments.AcmePay;

/// <summary>A shop that takes its money through AcmePay, of which nothing outside this folder knows.</summary>
public sealed class AcmePayShop : IAsyncLifetime
{
    internal const string ApiKey = "acme_PlantedKey0123456789";
    internal const string WebhookKey = "a key for webhooks";

    /// <summary>The shop's list with one more.</summary>
    internal static readonly PaymentProviders Providers = new([.. PaymentProviders.All.Modules, new AcmePayModule()]);

    private Shop shop = null!;

    internal AcmePayServer Server { get; private set; } = null!;

    internal ApiClient Api { get; private set; } = null!;

    internal ApiClient Admin { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Server = await AcmePayServer.StartAsync(ApiKey);
        shop = await Shop.CreateAsync(null, [
            .. WebhookShop.Settings, ("Payments__Provider", "acmepay"), ("Payments__AcmePay__Url", Server.Url),
            ("Payments__AcmePay__ApiKey", ApiKey), ("Payments__AcmePay__WebhookKey", WebhookKey)]);
        await shop.StartSiloAsync(Providers);
        Api = await shop.StartApiAsync();
        Admin = await Api.AsAdminAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await shop.DisposeAsync();
        await Server.DisposeAsync();
    }
}

public sealed class AcmePayTests(AcmePayShop shop) : IClassFixture<AcmePayShop>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task an_order_is_paid_and_refunded()
    {
        var guest = await GuestAsync();
        var order = Expect.Status(201, await guest.OrderAsync(paymentMethod: "acme-account"));
        Assert.Equal("confirmed", order.Text("status"));
        var paid = Assert.Single(shop.Server.Of(order.Text("id")));
        Assert.Equal((order.Number("total.amount"), "paid"), (paid.Amount, paid.State));

        Expect.Status(200, await guest.PostAsync($"/orders/{order.Text("id")}/cancel"));
        Assert.Equal(paid.Amount, shop.Server.Of(order.Text("id"))[0].Refunded);
    }

    [Theory]
    [InlineData(
        "acme-frozen", "ACCOUNT_FROZEN", "Your AcmePay account is frozen. Unfreeze it in the app. The order waits",
        "您的 AcmePay 账户已冻结。请在应用中解冻。订单等待")]
    [InlineData("acme-poor", "NO_FUNDS", "The card has insufficient funds. Use another card. The order waits", "卡")]
    [InlineData("acme-stolen", "OTHER", "The card was declined. Use another card, or ask your bank. The order waits", "卡")]
    public async Task a_decline_is_told_in_the_words_of_the_provider_or_of_the_shop(
        string method, string code, string english, string chinese)
    {
        var guest = await GuestAsync();
        var declined = Expect.Problem(402, "payment-declined", await guest.OrderAsync(paymentMethod: method));
        Assert.Equal(code, declined.Text("declineCode"));
        Assert.StartsWith(english, declined.Text("detail"), StringComparison.Ordinal);

        var again = await guest.SendAsync(
            HttpMethod.Post, $"/orders/{declined.Text("orderId")}/payments", new { paymentMethod = method }, Guid.NewGuid().ToString(),
            more: ("Accept-Language", "zh"));
        Assert.Contains(chinese, Expect.Problem(402, "payment-declined", again).Text("detail"), StringComparison.Ordinal);
        Assert.DoesNotContain("The ", again.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_webhook_alone_confirms_an_order()
    {
        var guest = await GuestAsync();
        var order = Expect.Status(201, await guest.OrderAsync(paymentMethod: "acme-app"));
        Assert.Equal("awaitingPayment", order.Text("status"));
        var id = order.Text("id");
        var body = JsonSerializer.SerializeToUtf8Bytes(shop.Server.Approve(shop.Server.Of(id)[0].Id), JsonSerializerOptions.Web);

        Assert.Equal(400, await PostAsync("acmepay", body, AcmePayWebhooks.Sign("another key", body)));
        Assert.Equal(400, await PostAsync("acmepay", body, null));
        // The provider in use is not Stripe, and nobody knows the other two.
        foreach (var other in (string[])["stripe", "simulated", "nobody"])
            Assert.Equal(404, await PostAsync(other, body, AcmePayWebhooks.Sign(AcmePayShop.WebhookKey, body)));
        Assert.Equal("awaitingPayment", (await guest.GetAsync($"/orders/{id}")).Text("status"));

        Assert.Equal(200, await PostAsync("acmepay", body, AcmePayWebhooks.Sign(AcmePayShop.WebhookKey, body)));
        Assert.Equal(200, await PostAsync("AcmePay", body, AcmePayWebhooks.Sign(AcmePayShop.WebhookKey, body)));
        await Until.TrueAsync(
            "the order is confirmed", Limit, async () => (await guest.GetAsync($"/orders/{id}")).Text("status") == "confirmed");
    }

    [Fact]
    public void everything_wrong_with_its_settings_is_told_at_once()
    {
        var problems = Problems(
            ("Payments:Provider", "ACMEPAY"), ("Payments:AcmePay:ApiKey", "pk_1"), ("Payments:AcmePay:TimeoutSeconds", "soon"),
            ("Payments:AcmePay:Colour", "blue"), ("Payments:Capture", AcmePayShop.ApiKey), ("Storage:MaxBatchSize", AcmePayShop.ApiKey));

        string[] named = ["Url", "ApiKey", "WebhookKey", "TimeoutSeconds", "Colour", "Payments__Capture", "Storage__MaxBatchSize"];
        Assert.All(named, name => Assert.Contains(problems, p => p.Contains(name, StringComparison.Ordinal)));
        Assert.Equal(named.Length, problems.Count);
        Assert.All(problems, p => Assert.DoesNotContain("PlantedKey", p, StringComparison.Ordinal));
    }

    [Fact]
    public void what_it_needs_is_asked_of_those_only_who_use_it() => Assert.Empty(Problems());

    [Fact]
    public void an_unknown_provider_is_answered_with_those_that_exist() =>
        Assert.Equal(
            ["Payments:Provider is Adyen; set Payments__Provider to Simulated, Stripe or AcmePay."],
            Problems(("Payments:Provider", "Adyen")));

    [Fact]
    public void its_secrets_are_removed_from_logs() =>
        Assert.Equal("It sent [secret].", Redaction.Of($"It sent {AcmePayShop.ApiKey}."));

    private static List<string> Problems(params (string Key, string Value)[] settings)
    {
        var problems = new List<string>();
        (string Key, string Value)[] others =
        [
            ("ConnectionStrings:soonshop", "Host=none;Database=none"), ("Checkout:TaxBasisPointsRestOfWorld", "0"),
        ];
        var values = others.Concat(settings).Select(s => KeyValuePair.Create(s.Key, (string?)s.Value));
        SiloConfiguration.Read(new ConfigurationBuilder().AddInMemoryCollection(values).Build(), problems, AcmePayShop.Providers);
        return problems;
    }

    private async Task<ApiClient> GuestAsync()
    {
        var guest = await shop.Api.AsGuestAsync();
        Expect.Status(200, await guest.FillCartAsync(await shop.Admin.CreateProductAsync()));
        return guest;
    }

    private async Task<int> PostAsync(string provider, byte[] body, string? signature)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/webhooks/{provider}")
        { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (signature is not null)
            request.Headers.Add(AcmePayWebhooks.Header, signature);
        using var response = await shop.Api.Http.SendAsync(request);
        return (int)response.StatusCode;
    }
}
