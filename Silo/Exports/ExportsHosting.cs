using Microsoft.Extensions.DependencyInjection;
using SoonShop.Exports;

namespace SoonShop.Silo.Exports;

/// <summary>Hosting of exports.</summary>
internal static class ExportsHosting
{
    public static IServiceCollection AddExports(this IServiceCollection services) => services
        .AddSingleton<ICsvExport, ProductsExport>()
        .AddSingleton<ICsvExport, StockExport>()
        .AddSingleton<ICsvExport, PricesExport>()
        .AddSingleton<ICsvExport, OrdersExport>()
        .AddSingleton<ICsvExport, CustomersExport>()
        .AddSingleton<ICsvExport, CodesExport>();
}
