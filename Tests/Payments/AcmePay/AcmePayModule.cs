using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SoonShop.Payments;
using SoonShop.Silo.Payments;

namespace SoonShop.Tests.Payments.AcmePay;

/// <summary>A payment provider that the shop does not know, wholly in this folder.</summary>
internal sealed partial class AcmePayModule : IPaymentProviderModule
{
    public string Name => "AcmePay";

    public object CreateOptions() => new AcmePayOptions();

    public IEnumerable<string> Problems(PaymentsOptions payments) => payments.Of<AcmePayOptions>().Problems();

    public string Redact(string text) => Key.Replace(text, "[secret]");

    public DeclineText? TextOf(string declineCode) => declineCode switch
    {
        "NO_FUNDS" => DeclineText.Like("insufficient_funds"),
        "ACCOUNT_FROZEN" => DeclineText.Of(
            "Your AcmePay account is frozen. Unfreeze it in the app.", ("zh", "您的 AcmePay 账户已冻结。请在应用中解冻。")),
        _ => null,
    };

    public void AddServices(IServiceCollection services, PaymentsOptions payments) => services
        .AddSingleton(Options.Create(payments.Of<AcmePayOptions>()))
        .AddSingleton<AcmePayApi>()
        .AddPaymentProvider<AcmePayProvider>()
        .AddSingleton<IPaymentMethods, AcmePayMethods>()
        .AddSingleton<IProviderTransactions, AcmePayTransactions>()
        .AddSingleton<IPaymentWebhooks, AcmePayWebhooks>();

    [GeneratedRegex(@"\bacme_\w{4,}")]
    private static partial Regex Key { get; }
}

/// <summary>Configuration section <c>Payments:AcmePay</c>.</summary>
internal sealed class AcmePayOptions
{
    public string Url { get; set; } = "";

    public string ApiKey { get; set; } = "";

    public string WebhookKey { get; set; } = "";

    public int TimeoutSeconds { get; set; } = 5;

    public IEnumerable<string> Problems()
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out _))
            yield return "Payments:AcmePay:Url is no address; set Payments__AcmePay__Url.";
        if (!ApiKey.StartsWith("acme_", StringComparison.Ordinal))
            yield return "Payments:AcmePay:ApiKey is no key; set Payments__AcmePay__ApiKey to one that begins with acme_.";
        if (WebhookKey.Length == 0)
            yield return "Payments:AcmePay:WebhookKey is not set; set Payments__AcmePay__WebhookKey.";
        if (TimeoutSeconds is < 1 or > 7)
            yield return $"Payments:AcmePay:TimeoutSeconds is {TimeoutSeconds}; set Payments__AcmePay__TimeoutSeconds to 1–7.";
    }
}
