using SoonShop.Catalog;
using SoonShop.Silo.Seed;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Search;

public sealed class DemoCatalogTests(SearchedShop shop) : IClassFixture<SearchedShop>
{
    [Fact]
    public async Task every_product_of_the_demo_catalogue_is_found_by_its_name_its_words_and_mistyped()
    {
        var seed = Path.Combine(Repository.Root, "Silo", "Seed");
        var pricing = await DemoPricing.ReadAsync(Path.Combine(seed, "pricing.json"), TestContext.Current.CancellationToken);
        await DemoCatalog.LoadAsync(
            shop.Grains, Path.Combine(seed, "catalogue.json"), pricing, "USD", TestContext.Current.CancellationToken);
        var products = new List<Product>();
        string? cursor = null;
        do
        {
            var page = await shop.PageAsync(
                new ProductQuery(null, null, null, null, null, null, ProductSort.Name, new PageRequest(PageRequest.MaxLimit, cursor)));
            products.AddRange(page.Items);
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        Assert.True(products.Count > 200);
        var chance = new Random(5);
        var lost = new List<string>();
        var known = new HashSet<string>();
        foreach (var product in products)
        {
            // Products of one name differ by SKU; the name itself comes first.
            var first = (await shop.FindAsync(product.Name)).Take(products.Count(p => p.Name == product.Name));
            if (!first.Contains(product.Sku))
                lost.Add(product.Name);
            foreach (var word in Names.WordsOf(product.Name))
            {
                if (!(await FindAllAsync(word)).Contains(product.Sku))
                    lost.Add($"{product.Name}: {word}");
            }
            // Each word in the first name that has it, and each name in one word at least.
            var words = Names.LongWordsOf(product.Name);
            var unheard = words.Where(known.Add).ToArray();
            foreach (var wrong in Names.Mistyped(product.Name, unheard.Length > 0 ? unheard : [.. words.TakeLast(1)], chance))
            {
                if (!(await shop.FindAsync(wrong)).Contains(product.Sku))
                    lost.Add($"{product.Name}: {wrong}");
            }
        }
        Assert.True(lost.Count == 0, $"{lost.Count} searches did not find it:\n{string.Join('\n', lost.Take(60))}");
    }

    private readonly Dictionary<string, HashSet<string>> found = [];

    private async Task<HashSet<string>> FindAllAsync(string text)
    {
        if (found.TryGetValue(text, out var known))
            return known;
        var skus = new HashSet<string>();
        string? cursor = null;
        do
        {
            var page = await shop.PageAsync(
                new ProductQuery(text, null, null, null, null, null, ProductSort.Relevance, new PageRequest(PageRequest.MaxLimit, cursor)));
            skus.UnionWith(page.Items.Select(p => p.Sku));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        return found[text] = skus;
    }
}
