using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using SoonShop.Catalog;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Search;

[Collection(nameof(SearchedShop))]
public sealed class SuggestionTests(SearchedShop shop)
{
    [Theory]
    [InlineData("Blorvane Velvet Sofa", "blor")]
    [InlineData("Blorvane Velvet Sofa", "BLORVANE VEL")]
    [InlineData("Crimson Blorvixen", "blorvi")]
    [InlineData("Crimson Blorvixen", "blorvixen crim")]
    [InlineData("Crimson Blorvixen", "blorvixn")]
    [InlineData("Wi-Fi Blormesh", "wifi blorm")]
    [InlineData("Cafetière Blorgato", "cafetiere blo")]
    [InlineData("蓝翎鹦鹉壶", "鹦鹉")]
    [InlineData("蓝翎鹦鹉壶", "蓝翎")]
    [InlineData("蓝翎鹦鹉壶", "鹦")]
    [InlineData("Ｂｌｏｒｗｉｄｅ lamp", "blorwide")]
    public async Task a_product_is_suggested_by_what_is_typed(string name, string typed)
    {
        var sku = await shop.AddAsync(name);
        Assert.Contains(new Suggestion(name, SuggestionKind.Product, sku), await SuggestAsync(typed));
        await shop.ArchiveAsync(sku);
        Assert.DoesNotContain(await SuggestAsync(typed), s => s.Sku == sku);
    }

    [Fact]
    public async Task names_that_begin_so_come_first_and_variants_are_one()
    {
        var family = Guid.NewGuid().ToString("N");
        for (var i = 0; i < 5; i++)
            await shop.AddAsync($"Snargle shirt {i}", family);
        var inner = await shop.AddAsync("A big snargle");
        var renamed = await shop.AddAsync("Old name");
        await shop.RenameAsync(renamed, "Snargle hat");

        var suggested = await SuggestAsync("snargl");
        Assert.Equal(["Snargle hat", "Snargle shirt 0", "A big snargle"], suggested.Select(s => s.Text));
        Assert.Equal(inner, suggested[2].Sku);
        Assert.Equal(2, (await SuggestAsync("snargl", 2)).Length);
        Assert.DoesNotContain(await SuggestAsync("old na"), s => s.Sku == renamed);
    }

    [Fact]
    public async Task many_variants_of_one_product_leave_room_for_others()
    {
        var family = Guid.NewGuid().ToString("N");
        await Task.WhenAll(Enumerable.Range(0, 120).Select(i => shop.AddAsync($"Xqvarn case {i:D3}", family)));
        await shop.AddAsync("Xqvarn stand");
        await shop.AddAsync("The other xqvarn");
        Assert.Equal(["Xqvarn case 000", "Xqvarn stand", "The other xqvarn"], (await SuggestAsync("xq")).Select(s => s.Text));
    }

    [Fact]
    public async Task a_category_is_suggested_before_its_products()
    {
        await shop.AddAsync("Testimonial");
        var category = new Suggestion("test", SuggestionKind.Category, null);
        // A silo keeps the categories for some seconds: it may have read them before there was one.
        await Until.TrueAsync(
            "the category is suggested", TimeSpan.FromSeconds(30), async () => (await SuggestAsync("tes")).Contains(category));
        Assert.Equal(category, (await SuggestAsync("tes"))[0]);
    }

    [Theory]
    [InlineData(" ")]
    [InlineData("%")]
    [InlineData("_")]
    [InlineData("\\")]
    [InlineData("'")]
    [InlineData("zzqqxx")]
    public async Task what_nothing_begins_with_suggests_nothing(string typed) => Assert.Empty(await SuggestAsync(typed));

    [Fact]
    public async Task every_name_is_suggested_by_its_beginning()
    {
        var names = new List<string>();
        Names.Any.Where(n => n.Length is > 3 and <= 60).Sample(names.Add, iter: 60, threads: 1);
        var lost = new List<string>();
        foreach (var name in names.Distinct())
        {
            var sku = await shop.AddAsync(name);
            if ((await SuggestAsync(name, 20)) is { IsEmpty: false } found && found.All(f => f.Sku != sku && f.Text != name))
                lost.Add(name);
        }
        Assert.True(lost.Count == 0, string.Join('\n', lost));
    }

    private async Task<ImmutableArray<Suggestion>> SuggestAsync(string typed, int limit = 8) =>
        (await shop.Services.GetRequiredService<IProductSuggestions>()
            .SuggestAsync(new SuggestionQuery(typed, limit), TestContext.Current.CancellationToken)).Items;
}
