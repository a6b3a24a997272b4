using Microsoft.Extensions.DependencyInjection;
using SoonShop.Catalog;

namespace SoonShop.Silo.Catalog;

/// <summary>Hosting of the catalogue and its search.</summary>
internal static class CatalogHosting
{
    /// <summary>Adds the ports.</summary>
    public static IServiceCollection AddCatalog(this IServiceCollection services) => services
        .AddSingleton<IProductSearch, ProductSearch>()
        .AddSingleton<IProductVariants, ProductVariants>()
        .AddSingleton<ICatalogChangeSource, CatalogChangeSource>();

    /// <summary>Adds the work in the background.</summary>
    public static IServiceCollection AddCatalogServices(this IServiceCollection services) => services
        .AddHostedService<SearchHousekeeping>()
        .AddHostedService<PublicationService>();
}
