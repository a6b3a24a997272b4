using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SoonShop.Catalog;
using SoonShop.Silo.Catalog;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Search;

/// <summary>A silo with a catalogue of its own, so that what one test adds is no answer to another's question.</summary>
public sealed class SearchedShop : InProcessSilo
{
    /// <summary>Only a test writes what was counted: what the silo itself takes at that moment would be missing.</summary>
    protected override Dictionary<string, string?> Settings => new() { ["Search:MissSeconds"] = "3600" };

    /// <summary>Adds a product; answers its SKU.</summary>
    internal async Task<string> AddAsync(string name, string? family = null, bool active = true, string description = "")
    {
        // Without figures, which a search for a number would find.
        var sku = string.Concat($"P-{Guid.NewGuid():N}"[..16].ToUpperInvariant().Select(c => char.IsDigit(c) ? (char)(c - '0' + 'G') : c));
        var made = await Product(sku).CreateAsync(Content(name, family, active, description));
        Assert.False(made.IsError, $"{name}: {made.Error?.Detail}");
        return sku;
    }

    internal async Task RenameAsync(string sku, string name) => Assert.False((await Product(sku).UpdateAsync(Content(name), null)).IsError);

    internal async Task ArchiveAsync(string sku) => Assert.False((await Product(sku).ArchiveAsync(null)).IsError);

    /// <summary>The first page for a text, as a shopper sees it.</summary>
    internal async Task<string[]> FindAsync(string text, string? family = null)
    {
        var page = await PageAsync(
            new ProductQuery(text, null, family, null, null, null, ProductSort.Relevance, new PageRequest(PageRequest.MaxLimit)));
        return [.. page.Items.Select(p => p.Sku)];
    }

    internal async Task<ProductPage> PageAsync(ProductQuery query)
    {
        var page = await Services.GetRequiredService<IProductSearch>().SearchAsync(query, TestContext.Current.CancellationToken);
        Assert.False(page.IsError, $"{query}: {page.Error?.Detail}");
        return page.Value;
    }

    /// <summary>Runs a round of the housekeeping.</summary>
    internal Task CleanAsync() => Service<SearchHousekeeping>().CleanAsync(TestContext.Current.CancellationToken);

    /// <summary>Returns a service that works in the background.</summary>
    internal T Service<T>() where T : IHostedService => Services.GetServices<IHostedService>().OfType<T>().Single();

    internal IProductGrain Product(string sku) => Grains.GetGrain<IProductGrain>(Sku.GrainKey(sku));

    private static ProductContent Content(string name, string? family = null, bool active = true, string description = "") =>
        new(name, description, "test", family, new Money(1000, "USD"), new Dictionary<string, string>(), [], active);
}

/// <summary>The tests of this collection share a silo and its catalogue.</summary>
[CollectionDefinition(nameof(SearchedShop))]
public sealed class SearchedShopCollection : ICollectionFixture<SearchedShop>;
