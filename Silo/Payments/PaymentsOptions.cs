using Microsoft.Extensions.Configuration;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Payments;

/// <summary>Configuration section <c>Payments</c>: the payment provider, and when money is taken.</summary>
public sealed class PaymentsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Payments";

    /// <summary>Creates the default options.</summary>
    public PaymentsOptions() : this(PaymentProviders.All)
    {
    }

    internal PaymentsOptions(PaymentProviders providers)
    {
        Providers = providers;
        Provider = providers.Default.Name;
        Settings =
        [
            .. from module in providers.Modules
               let options = module.CreateOptions()
               where options is not null
               select (module, options),
        ];
    }

    /// <summary>The providers that can be used.</summary>
    internal PaymentProviders Providers { get; }

    /// <summary>The options of those providers that have settings.</summary>
    internal ImmutableArray<(IPaymentProviderModule Module, object Options)> Settings { get; }

    /// <summary>The provider in use.</summary>
    internal IPaymentProviderModule Module => Providers.Find(Provider) ?? Providers.Default;

    /// <summary>The payment provider. Outside Development it must be set.</summary>
    public string Provider { get; set; }

    /// <summary>When the money is taken.</summary>
    public CaptureMode Capture { get; set; }

    /// <summary>The settings of reconciliation, which compares the provider's payments with the shop's.</summary>
    public ReconciliationOptions Reconciliation { get; set; } = new();

    /// <summary>Reads the configuration, with the settings of every provider. Values that cannot be read go into the problems.</summary>
    internal static PaymentsOptions Read(IConfiguration configuration, PaymentProviders providers, List<string> problems)
    {
        var payments = new PaymentsOptions(providers);
        configuration.BindTo(Section, payments, problems, providers.Redact, [.. payments.Settings.Select(s => s.Module.Name)]);
        foreach (var (module, options) in payments.Settings)
            configuration.BindTo($"{Section}:{module.Name}", options, problems, providers.Redact);
        return payments;
    }

    /// <summary>Returns a provider's options.</summary>
    internal T Of<T>() => Settings.Select(s => s.Options).OfType<T>().Single();

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (Providers.Find(Provider) is null)
            yield return $"Payments:Provider is {Providers.Redact(Provider)}; set Payments__Provider to {Providers.Names()}.";
        if (!Enum.IsDefined(Capture))
            yield return $"Payments:Capture is {Capture}; set Payments__Capture to Automatic or Manual.";
        foreach (var problem in Reconciliation.Problems())
            yield return problem;
        foreach (var problem in Module.Problems(this))
            yield return problem;
    }
}

/// <summary>When the money is taken.</summary>
public enum CaptureMode
{
    /// <summary>At the checkout.</summary>
    Automatic,
    /// <summary>Authorized at the checkout, captured when the order is shipped or by an administrator before that.</summary>
    Manual,
}
