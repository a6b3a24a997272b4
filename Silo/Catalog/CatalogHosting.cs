using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SoonShop.Catalog;

namespace SoonShop.Silo.Catalog;

/// <summary>Hosting of the catalogue and its search.</summary>
internal static class CatalogHosting
{
    /// <summary>Adds the ports.</summary>
    public static IServiceCollection AddCatalog(this IServiceCollection services, SearchOptions options) => services
        .AddSingleton(Options.Create(options))
        .AddSingleton<IProductSearch, ProductSearch>()
        .AddSingleton<IProductSuggestions, ProductSuggestions>()
        .AddSingleton<IRelatedProducts, RelatedProductsQuery>()
        .AddSingleton<ISearchTerms, SearchTerms>()
        .AddSingleton<SearchMisses>()
        .AddSingleton<ISearchMisses, SearchMissList>()
        .AddSingleton<IProductVariants, ProductVariants>()
        .AddSingleton<ICatalogChangeSource, CatalogChangeSource>();

    /// <summary>Adds the work in the background.</summary>
    public static IServiceCollection AddCatalogServices(this IServiceCollection services) => services
        .AddHostedService<SearchHousekeeping>()
        .AddHostedService<PublicationService>()
        .AddHostedService<SearchMissWriter>()
        .AddHostedService<ProductPairCounter>();
}
