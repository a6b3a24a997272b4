using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Orders;
using SoonShop.Pricing;

namespace SoonShop.Silo.Pricing;

/// <summary>Registers a tax provider.</summary>
internal static class TaxProviderHosting
{
    /// <summary>
    /// Registers the tax provider of the shop, with a deadline and the shop's own rates as the fallback. Without a provider, the shop's own
    /// rates count.
    /// </summary>
    public static IServiceCollection AddTaxProvider<T>(this IServiceCollection services) where T : class, ITaxProvider => services
        .AddSingleton<T>()
        .AddSingleton<ITaxProvider>(s => new GuardedTaxProvider(
            s.GetRequiredService<T>(), s.GetRequiredService<IOptions<CheckoutOptions>>().Value, s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<IMeterFactory>(), s.GetRequiredService<ILogger<GuardedTaxProvider>>()));
}
