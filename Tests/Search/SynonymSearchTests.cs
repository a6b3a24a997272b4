using CsCheck;
using SoonShop.Catalog;

namespace SoonShop.Tests.Search;

[Collection(nameof(SearchedShop))]
public sealed class SynonymSearchTests(SearchedShop shop)
{
    [Theory]
    [InlineData("Zorbal sofa", "zorbal couch", "sofa", "couch")]
    [InlineData("Zorbal sofas", "Zorbal COUCHES", "Sofa", "Couch")]
    [InlineData("Zorbal T-Shirt", "zorbal tee", "t shirt", "tee")]
    [InlineData("Zorbal tshirt", "tee zorbal", "t shirt", "tee")]
    [InlineData("Zorbal tee", "t-shirt zorbal", "t shirt", "tee")]
    [InlineData("Zorbal Living-Room Lamp", "the zorbal lounge lamp", "living room", "lounge")]
    [InlineData("Zorbal kávéfőző", "zorbal kaffeemaschine", "kavefozo", "Kaffeemaschine")]
    [InlineData("华为移动电话", "华为手机", "移动电话", "手机")]
    [InlineData("华为手机壳", "华为 移动电话 壳", "移动电话", "手机")]
    [InlineData("Zorbal 电视", "zorbal tv", "电视", "tv")]
    public async Task a_product_is_found_by_a_synonym(string name, string text, string one, string other)
    {
        var family = Guid.NewGuid().ToString("N");
        var sku = await shop.AddAsync(name, family);
        Assert.Empty(await shop.FindAsync(text, family));

        await using (await SetAsync(new SynonymSet(family) { Terms = [one, other] }))
        {
            Assert.Equal([sku], await shop.FindAsync(text, family));
        }
        Assert.Empty(await shop.FindAsync(text, family));
    }

    [Fact]
    public async Task a_set_with_a_direction_does_not_work_backwards()
    {
        var family = Guid.NewGuid().ToString("N");
        var tv = await shop.AddAsync("Querlix tv", family);
        var television = await shop.AddAsync("Querlix television", family);
        await using var set = await SetAsync(new SynonymSet(family) { From = ["tv"], To = ["television"] });

        // The word itself comes first.
        Assert.Equal([tv, television], await shop.FindAsync("querlix tv", family));
        Assert.Equal([television], await shop.FindAsync("querlix television", family));
    }

    [Fact]
    public async Task the_word_itself_weighs_more_than_a_synonym()
    {
        var family = Guid.NewGuid().ToString("N");
        var exact = await shop.AddAsync("Vunder settee with a long name of many words for every room", family);
        var synonym = await shop.AddAsync("Vunder couch", family);
        await using var set = await SetAsync(new SynonymSet(family) { Terms = ["vunder couch", "vunder settee"] });

        Assert.Equal([exact, synonym], await shop.FindAsync("vunder settee", family));
    }

    [Fact]
    public async Task a_character_within_a_word_is_no_term()
    {
        var family = Guid.NewGuid().ToString("N");
        var kettle = await shop.AddAsync("紫水壶", family);
        var tea = await shop.AddAsync("紫茶", family);
        await using var set = await SetAsync(new SynonymSet(family) { From = ["水"], To = ["紫茶"] });

        Assert.Equal([kettle], await shop.FindAsync("水壶", family));
        Assert.Equal([kettle, tea], (await shop.FindAsync("水", family)).OrderBy(s => s == kettle ? 0 : 1));
    }

    [Theory]
    [InlineData("T-Shirts", "t shirt", true)]
    [InlineData("Couches", "COUCH", true)]
    [InlineData("Café", "cafe", true)]
    [InlineData("ＴＶ", "tv", true)]
    [InlineData("straße", "strasse", true)]
    [InlineData("tshirt", "t shirt", false)]
    [InlineData("C++", "C", false)]
    public async Task terms_are_compared_as_the_search_reads_them(string one, string other, bool same)
    {
        var id = Guid.NewGuid().ToString("N");
        var set = new SynonymSet(id) { Terms = [one, other] };
        var created = await Synonyms.CreateAsync(set);
        Assert.Equal(same, created.IsError);
        if (same)
            Assert.Contains("which the search cannot tell apart", created.Error!.Errors!["terms"][0], StringComparison.Ordinal);
        else
            Assert.False((await Synonyms.RemoveAsync(id, null)).IsError);
    }

    [Fact]
    public async Task any_terms_leave_the_search_intact()
    {
        var names = new List<string>();
        Names.Any.Where(n => n.Length is > 0 and <= 100).Sample(names.Add, iter: 60, threads: 1);
        var family = Guid.NewGuid().ToString("N");
        var target = await shop.AddAsync("Wuxenplotz", family);
        var failed = new List<string>();
        foreach (var name in names.Distinct())
        {
            var set = new SynonymSet(Guid.NewGuid().ToString("N")) { From = [name], To = ["wuxenplotz"] };
            if ((await Synonyms.CreateAsync(set)).IsError)
                continue;
            if (!(await shop.FindAsync(name, family)).Contains(target))
                failed.Add(name);
            Assert.False((await Synonyms.RemoveAsync(set.Id, null)).IsError);
        }
        Assert.True(failed.Count == 0, $"{failed.Count} terms found no synonym:\n{string.Join('\n', failed)}");
    }

    private ISearchSynonymsGrain Synonyms => shop.Grains.GetGrain<ISearchSynonymsGrain>(0);

    private async Task<IAsyncDisposable> SetAsync(SynonymSet set)
    {
        var created = await Synonyms.CreateAsync(set);
        Assert.False(created.IsError, created.Error?.Detail);
        return new Removal(Synonyms, set.Id);
    }

    private sealed class Removal(ISearchSynonymsGrain synonyms, string id) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => Assert.False((await synonyms.RemoveAsync(id, null)).IsError);
    }
}
