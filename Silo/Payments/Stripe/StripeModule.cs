using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SoonShop.Payments;

namespace SoonShop.Silo.Payments;

/// <summary>Stripe. Requires an API key and a webhook secret.</summary>
internal sealed class StripeModule : IPaymentProviderModule
{
    /// <summary>The API key of the Stripe test server.</summary>
    private const string TestServerKey = "sk_test_SoonShopStripeTestServer";

    public string Name => "Stripe";

    public object CreateOptions() => new StripeOptions();

    public IEnumerable<string> Problems(PaymentsOptions payments) => payments.Of<StripeOptions>().Problems();

    public IEnumerable<string> ProblemsOutsideDevelopment(PaymentsOptions payments, bool isUnnamed)
    {
        if (payments.Of<StripeOptions>().ApiKey == TestServerKey)
            yield return "Payments:Stripe:ApiKey is that of the test server, which the documents publish; set Payments__Stripe__ApiKey to "
                + "your own.";
    }

    public string Redact(string text) => StripeSecrets.Redact(text);

    public void AddServices(IServiceCollection services, PaymentsOptions payments)
    {
        var options = payments.Of<StripeOptions>();
        services.AddSingleton(Options.Create(options))
            .AddSingleton<StripeCalls>()
            .AddSingleton<StripeLookup>()
            .AddPaymentProvider<StripePaymentProvider>()
            .AddSingleton<IPaymentMethods, StripePaymentMethods>()
            .AddSingleton<IProviderTransactions, StripeTransactions>()
            .AddSingleton(new StripeSignature(options.WebhookSecrets, TimeSpan.FromSeconds(options.WebhookToleranceSeconds)))
            .AddSingleton<IPaymentWebhooks, StripeWebhooks>();
    }
}
