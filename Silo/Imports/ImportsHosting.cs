using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SoonShop.Imports;
using SoonShop.Imports.Products;

namespace SoonShop.Silo.Imports;

/// <summary>Hosting of imports.</summary>
internal static class ImportsHosting
{
    public static IServiceCollection AddImports(this IServiceCollection services, ImportsOptions options) => services
        .AddSingleton(Options.Create(options))
        .AddSingleton<ImportStore>()
        .AddSingleton<IImportStore>(s => s.GetRequiredService<ImportStore>())
        .AddSingleton<ImportQueue>()
        .AddSingleton<ICsvImport, ProductsImport>()
        .AddSingleton<IImportStates, ImportStates>()
        .AddSingleton<ICsvImport, StockImport>()
        .AddSingleton<ICsvImport, PricesImport>()
        .AddSingleton<ICsvImport, CustomersImport>();
}
