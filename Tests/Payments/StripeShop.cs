using SoonShop.StripeTesting;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Payments;

/// <summary>A shop whose payments go to a test server that behaves like Stripe, in this process.</summary>
internal sealed class StripeShop : IAsyncDisposable
{
    internal const string ApiKey = "sk_test_51PlantedKey0123456789";
    internal const string WebhookSecret = "whsec_PlantedSecret0123456789";
    private readonly int apiPort;

    private StripeShop(Shop shop, StripeServer stripe, int apiPort) => (Shop, Stripe, this.apiPort) = (shop, stripe, apiPort);

    public Shop Shop { get; }

    public StripeServer Stripe { get; }

    /// <summary>Makes database and test server; starts nothing of the shop yet.</summary>
    /// <param name="options">What differs from a test's usual server.</param>
    /// <param name="settings">The shop's, besides those that make it use Stripe.</param>
    public static async Task<StripeShop> CreateAsync(
        Action<StripeServerOptions>? options = null, params (string Name, string Value)[] settings)
    {
        var port = TcpPort.Free();
        var server = new StripeServerOptions
        {
            Port = 0,
            ApiKey = ApiKey,
            Webhooks = { new WebhookTarget { Url = $"http://127.0.0.1:{port}/api/v1/webhooks/stripe", Secrets = { WebhookSecret } } },
        };
        options?.Invoke(server);
        var stripe = await StripeServer.StartAsync(server);
        return new StripeShop(await Shop.CreateAsync(null, [
            ("Payments__Provider", "Stripe"), ("Payments__Stripe__ApiKey", ApiKey), ("Payments__Stripe__ApiBase", stripe.Url),
            ("Payments__Stripe__WebhookSecrets__0", WebhookSecret), .. settings]), stripe, port);
    }

    /// <summary>Starts the front end to which the test server posts its webhooks.</summary>
    public Task<ApiClient> StartApiAsync() => Shop.StartApiAsync(apiPort);

    public async ValueTask DisposeAsync()
    {
        await Shop.DisposeAsync();
        await Stripe.DisposeAsync();
    }
}
