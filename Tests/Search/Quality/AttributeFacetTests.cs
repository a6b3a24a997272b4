using SoonShop.Catalog;

namespace SoonShop.Tests.Search.Quality;

/// <summary>Filters and facets by attribute, compared with counts over the generated catalogue.</summary>
public sealed class AttributeFacetTests : IAsyncLifetime
{
    private const int Size = 3000;
    private SearchedCatalog shop = null!;

    public async ValueTask InitializeAsync() => shop = await SearchedCatalog.CreateAsync(Size, TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => shop.DisposeAsync();

    [Theory]
    [InlineData(null, "")]
    [InlineData("kitchen/kettles", "")]
    [InlineData(null, "colour=Blue")]
    [InlineData(null, "colour=Blue&colour=Red&material=steel")]
    [InlineData("kitchen/kettles", "colour=蓝色")]
    [InlineData(null, "colour=Blue&material=steel&size=1.5L")]
    [InlineData(null, "colour=blue")]
    [InlineData(null, "weight=1")]
    public async Task the_counts_are_those_of_all_products_one_by_one(string? category, string filters)
    {
        var wanted = filters.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(f => f.Split('=')).ToArray();
        var products = Enumerable.Range(0, Size).Select(n => GeneratedCatalog.ContentOf(GeneratedCatalog.Traits(n)))
            .Where(c => category is null || c.Category == category).ToArray();
        bool Has(ProductContent content, string? but) => wanted.GroupBy(f => f[0]).Where(f => f.Key != but)
            .All(f => content.Attributes.TryGetValue(f.Key, out var value) && f.Any(pair => pair[1] == value));
        var expected = products.SelectMany(c => c.Attributes.Keys).Distinct().ToDictionary(name => name, name => products
            .Where(c => Has(c, name) && c.Attributes.ContainsKey(name)).GroupBy(c => c.Attributes[name])
            .OrderByDescending(v => v.Count()).ThenBy(v => v.Key, StringComparer.Ordinal)
            .ToDictionary(v => v.Key, v => v.Count()));

        var query = Query(category, wanted);
        var page = await PageAsync(query with { WithAttributeFacets = true });
        var matches = products.Where(c => Has(c, null)).ToArray();
        Assert.Equal(
            products.Where(c => Has(c, null)).GroupBy(c => c.Category).ToDictionary(c => c.Key, c => c.Count()),
            page.Facets.Categories.Where(c => category is null || c.Category == category).ToDictionary(c => c.Category, c => c.Count));
        Assert.Equal(Math.Min(matches.Length, 100), page.Items.Length);
        var facets = page.Facets.Attributes!.Value;
        Assert.Equal(expected.Where(a => a.Value.Count > 0).Select(a => a.Key).Order(), facets.Select(f => f.Name).Order());
        foreach (var facet in facets)
        {
            Assert.Equal(Math.Min(expected[facet.Name].Count, AttributeFacet.MaxValues), facet.Values.Length);
            Assert.All(facet.Values, v => Assert.Equal(expected[facet.Name][v.Value], v.Count));
        }
        var plain = await PageAsync(query);
        Assert.Null(plain.Facets.Attributes);
        Assert.Equal(page.Items.Select(p => p.Sku), plain.Items.Select(p => p.Sku));
        Assert.Equal(page.Facets.Prices, plain.Facets.Prices);
    }

    [Fact]
    public async Task a_page_after_the_first_needs_the_same_filters()
    {
        var query = Query(null, [["colour", "Blue"]]) with { Page = new PageRequest(10) };
        var cursor = (await PageAsync(query)).NextCursor;
        Assert.NotNull(cursor);

        Assert.Equal(10, (await PageAsync(query with { Page = new PageRequest(10, cursor) })).Items.Length);
        var other = Query(null, [["colour", "Red"]]) with { Page = new PageRequest(10, cursor) };
        Assert.True((await shop.Search.SearchAsync(other, TestContext.Current.CancellationToken)).IsError);
    }

    [Fact]
    public async Task attributes_follow_the_product()
    {
        var query = Query(null, [["glow", "bright"]]);
        Assert.Empty((await PageAsync(query)).Items);

        await GiveAsync("glow");
        Assert.Single((await PageAsync(query)).Items);
        // The values, which the index has, stay the same.
        await GiveAsync("shine");
        Assert.Empty((await PageAsync(query)).Items);
        Assert.Single((await PageAsync(Query(null, [["shine", "bright"]]))).Items);
    }

    private Task GiveAsync(string name) => shop.ChangeAsync(
        7, c => c with { Attributes = new Dictionary<string, string> { [name] = "bright" } }, TestContext.Current.CancellationToken);

    private static ProductQuery Query(string? category, string[][] filters) =>
        new(null, category, null, null, null, null, ProductSort.Name, new PageRequest(PageRequest.MaxLimit))
        {
            Attributes = filters.Length == 0 ? null : new AttributeFilters([.. filters.Select(f => new AttributeFilter(f[0], f[1]))]),
        };

    private async Task<ProductPage> PageAsync(ProductQuery query)
    {
        var page = await shop.Search.SearchAsync(query, TestContext.Current.CancellationToken);
        Assert.False(page.IsError, $"{query}: {page.Error?.Detail}");
        return page.Value;
    }
}
