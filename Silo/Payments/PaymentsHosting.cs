using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SoonShop.Payments;

namespace SoonShop.Silo.Payments;

/// <summary>Registers payments. Each provider is registered here.</summary>
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
            .AddSingleton<Reconciler>();
        return options.Provider switch
        {
            PaymentProviderKind.Stripe => services
                .AddSingleton<StripeCalls>()
                .AddSingleton<StripeLookup>()
                .AddProvider<StripePaymentProvider>()
                .AddSingleton<IPaymentMethods, StripePaymentMethods>()
                .AddSingleton<IProviderTransactions, StripeTransactions>()
                .AddSingleton(new StripeSignature(options.Stripe.WebhookSecrets, TimeSpan.FromSeconds(options.Stripe.WebhookToleranceSeconds)))
                .AddSingleton<IPaymentWebhooks, StripeWebhooks>(),
            _ => services
                .AddProvider<SimulatedPaymentProvider>()
                .AddSingleton<IProviderTransactions, SimulatedTransactions>()
                .AddSingleton<IPaymentMethods>(s => s.GetRequiredService<SimulatedPaymentProvider>())
                .AddSingleton<ISimulatedPayments>(s => s.GetRequiredService<SimulatedPaymentProvider>()),
        };
    }

    private static IServiceCollection AddProvider<T>(this IServiceCollection services) where T : class, IPaymentProvider => services
        .AddSingleton<T>()
        .AddSingleton<IPaymentProvider>(s => new InstrumentedPaymentProvider(s.GetRequiredService<T>(), s.GetRequiredService<PaymentMetrics>()));
}
