using Microsoft.Extensions.DependencyInjection;
using SoonShop.Payments;

namespace SoonShop.Silo.Payments;

/// <summary>Responds like Stripe's test cards; no money moves.</summary>
internal sealed class SimulatedModule : IPaymentProviderModule
{
    public string Name => "Simulated";

    public string CapturedSql => SimulatedTransactions.Captured;

    public IEnumerable<string> ProblemsOutsideDevelopment(PaymentsOptions payments, bool isUnnamed)
    {
        if (isUnnamed && payments.Module == this)
            yield return $"Payments:Provider is not set; set Payments__Provider to {payments.Providers.Names(except: this)}, or to {Name} "
                + "for a shop that takes no money.";
    }

    public void AddServices(IServiceCollection services, PaymentsOptions payments) => services
        .AddPaymentProvider<SimulatedPaymentProvider>()
        .AddSingleton<IProviderTransactions, SimulatedTransactions>()
        .AddSingleton<IPaymentMethods>(s => s.GetRequiredService<SimulatedPaymentProvider>())
        .AddSingleton<ISimulatedPayments>(s => s.GetRequiredService<SimulatedPaymentProvider>());
}
