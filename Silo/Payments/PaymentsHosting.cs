using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SoonShop.Payments;
using SoonShop.ServiceDefaults.Logging;

namespace SoonShop.Silo.Payments;

/// <summary>Registers payments with the provider in use.</summary>
internal static class PaymentsHosting
{
    public static IServiceCollection AddPayments(this IServiceCollection services, PaymentsOptions options)
    {
        services.AddSingleton(Options.Create(options))
            .AddSingleton<PaymentMetrics>()
            .AddSingleton(new UnmatchedPaymentPolicy(options.Reconciliation.SettleStrays))
            .AddSingleton<PaymentReview>()
            .AddSingleton<ReconciliationStore>()
            .AddSingleton<IReconciliation>(s => s.GetRequiredService<ReconciliationStore>())
            .AddSingleton<PaymentSnapshots>()
            .AddSingleton<Reconciler>()
            .AddSingleton<IPaymentProviderInfo>(options.Module);
        foreach (var module in options.Providers.Modules)
            Redaction.Add(module.Name, module.Redact);
        options.Module.AddServices(services, options);
        return services;
    }

    /// <summary>Registers a provider with its metrics and traces.</summary>
    public static IServiceCollection AddPaymentProvider<T>(this IServiceCollection services) where T : class, IPaymentProvider => services
        .AddSingleton<T>()
        .AddSingleton<IPaymentProvider>(
            s => new InstrumentedPaymentProvider(s.GetRequiredService<T>(), s.GetRequiredService<PaymentMetrics>()));
}
