using CsCheck;
using SoonShop.Catalog;

namespace SoonShop.Tests.Search;

[Collection(nameof(SearchedShop))]
public sealed class ProductSearchTests(SearchedShop shop)
{
    /// <summary>Each is found as it is written, by each word, and mistyped, among all the others.</summary>
    [Fact]
    public async Task a_product_is_found_by_its_name_whatever_the_name_contains()
    {
        var chance = new Random(12);
        var products = new List<(string Sku, string Name, string Family)>();
        var names = new List<string>();
        Names.Any.Where(n => n.Length <= 200).Sample(names.Add, iter: 150, threads: 1);
        foreach (var name in names.Distinct())
        {
            var family = Guid.NewGuid().ToString("N");
            products.Add((await shop.AddAsync(name, family), name, family));
        }
        var lost = new List<string>();
        foreach (var (sku, name, family) in products)
        {
            if (!(await shop.FindAsync(name)).Contains(sku))
                lost.Add($"'{name}' by its name");
            foreach (var word in Names.WordsOf(name))
            {
                if (!(await shop.FindAsync(word, family)).Contains(sku))
                    lost.Add($"'{name}' by its word '{word}'");
            }
            foreach (var wrong in Names.Mistyped(name, chance))
            {
                if (!(await shop.FindAsync(wrong)).Contains(sku))
                    lost.Add($"'{name}' mistyped as '{wrong}'");
            }
        }
        Assert.True(lost.Count == 0, $"{lost.Count} searches found nothing:\n{string.Join('\n', lost.Take(60))}");
    }

    [Theory]
    [InlineData("Wi-Fi router", "wifi")]
    [InlineData("Wifi router", "Wi-Fi")]
    [InlineData("USB-Wi-Fi-Adapter", "wifi")]
    [InlineData("Flour, 1 kg", "1kg")]
    [InlineData("Flour, 1kg", "1 kg")]
    [InlineData("Kettle 1.5L", "1.5 l")]
    [InlineData("Kettle 1,5 l", "1.5l")]
    [InlineData("Jack 3.5mm cable", "3.5 mm")]
    [InlineData("Powerbank 10,000 mAh", "10000mah")]
    [InlineData("Node.js handbook", "nodejs")]
    [InlineData("Node.js handbook", "node js")]
    [InlineData("C++ primer", "c++")]
    [InlineData("Moorland Sleeping Bag, Comfort +5 °C", "+5 °C")]
    [InlineData("Felt Slippers, Grey, UK 3-5", "UK 3-5")]
    [InlineData("Salt & Pepper Mill", "salt and pepper")]
    [InlineData("Salt and Pepper Mill", "salt & pepper")]
    [InlineData("Levi’s jeans", "levis")]
    [InlineData("Cafetière", "cafetiere")]
    [InlineData("Tromsø", "tromso")]
    [InlineData("Straße", "STRASSE")]
    [InlineData("Ёлка", "елка")]
    [InlineData("ΟΔΟΣ", "οδος")]
    [InlineData("İstanbul", "istanbul")]
    [InlineData("שָׁלוֹם", "שלום")]
    [InlineData("قَهْوَة", "قهوة")]
    [InlineData("हिन्दी किताब", "हिन्दी")]
    [InlineData("தமிழ் புத்தகம்", "தமிழ்")]
    [InlineData("手工烘焙有机咖啡豆", "咖啡")]
    [InlineData("手工烘焙有机咖啡豆", "咖")]
    [InlineData("手工烘焙有机咖啡豆", "豆")]
    [InlineData("手工烘焙有机咖啡豆", "烘焙 咖啡")]
    [InlineData("有机咖啡Coffee豆", "咖啡coffee")]
    [InlineData("東京タワー模型", "タワー")]
    [InlineData("유기농 커피콩", "커피")]
    [InlineData("กาแฟคั่วบดเข้ม", "คั่วบด")]
    [InlineData("ກາເຟລາວແທ້", "ລາວ")]
    [InlineData("កាហ្វេខ្មែរ", "ខ្មែរ")]
    [InlineData("Ｗｉｄｅ lamp", "wide")]
    [InlineData("☕ Mug", "☕")]
    [InlineData("☕Mug", "mug")]
    public async Task a_product_is_found_however_one_writes_it(string name, string text)
    {
        var family = Guid.NewGuid().ToString("N");
        var sku = await shop.AddAsync(name, family);

        Assert.Equal([sku], await shop.FindAsync(text, family));
    }

    [Theory]
    [InlineData("手工烘焙有机咖啡豆", "豆咖")]
    [InlineData("手工烘焙有机咖啡豆", "有机豆")]
    [InlineData("กาแฟคั่วบดเข้ม", "บดคั่ว")]
    [InlineData("Shoes 3-5", "35")]
    [InlineData("Cable 3.5mm", "35mm")]
    public async Task what_does_not_stand_there_is_not_found(string name, string text)
    {
        var family = Guid.NewGuid().ToString("N");
        await shop.AddAsync(name, family);

        Assert.Empty(await shop.FindAsync(text, family));
    }

    [Fact]
    public async Task the_longest_texts_are_found()
    {
        foreach (var character in (string[])["x", "咖", "ก", "a-", "1 ", "☕", "'", "\\", "é"])
        {
            var name = string.Concat(Enumerable.Repeat(character, 200))[..200].Trim();
            var sku = await shop.AddAsync(name, description: string.Concat(Enumerable.Repeat(character, 5000))[..5000]);
            Assert.Contains(sku, await shop.FindAsync(name));
        }
    }

    [Theory]
    [InlineData("archived")]
    [InlineData("renamed")]
    [InlineData("draft")]
    public async Task a_misspelling_is_forgotten_with_the_last_product_that_has_it(string fate)
    {
        var (right, wrong) = fate switch
        {
            "archived" => ("quinoaflakes", "quinoaflekes"),
            "renamed" => ("zirconring", "zirkonring"),
            _ => ("umbrellastand", "umbrelastand"),
        };
        var sku = await shop.AddAsync($"A {right}");
        var misspelt = await shop.AddAsync($"A {wrong}", active: fate != "draft");
        if (fate != "draft")
            Assert.Equal([misspelt], await shop.FindAsync(wrong));
        if (fate == "archived")
            await shop.ArchiveAsync(misspelt);
        if (fate == "renamed")
            await shop.RenameAsync(misspelt, "Something else");

        Assert.Equal([sku], await shop.FindAsync(wrong));
    }

    [Fact]
    public async Task words_that_no_product_has_are_removed_and_come_back_with_the_product()
    {
        const string Known = "select count(*) from search_word where word = $1";
        var first = await shop.AddAsync("A vestibule rug");
        await shop.AddAsync("Another rug");
        await shop.ArchiveAsync(first);
        await shop.QueryAsync<long>("with aged as (update search_word set unused_since = unused_since - interval '2 hours' where "
            + "unused_since is not null returning 1) select count(*) from aged");
        await shop.CleanAsync();
        Assert.Equal((0L, 1L), (await shop.QueryAsync<long>(Known, "vestibule"), await shop.QueryAsync<long>(Known, "rug")));

        await shop.RenameAsync(first, "A vestibule rug");
        Assert.Equal(1L, await shop.QueryAsync<long>(Known, "vestibule"));
        Assert.Equal([first], await shop.FindAsync("vestibul rug"));
        Assert.Equal([first], await shop.FindAsync("vestibuel rug"));
    }

    [Fact]
    public async Task a_filter_that_leaves_nothing_is_no_typing_error()
    {
        var family = Guid.NewGuid().ToString("N");
        await shop.AddAsync("Crimson scarf");
        await shop.AddAsync("Crimsen scarf", family);

        Assert.Empty(await shop.FindAsync("crimson", family));
    }

    [Theory]
    [InlineData(null, "apfel, äpfel, Äpfel, banana, Éclair, Zebra, Яблоко")]
    [InlineData("zh", "安, 北, 上, 重")]
    public async Task names_are_sorted_as_people_do(string? language, string names)
    {
        var family = Guid.NewGuid().ToString("N");
        var expected = names.Split(", ");
        foreach (var name in expected.Reverse())
            await shop.AddAsync(name, family);
        var query = new ProductQuery(null, null, family, null, null, null, ProductSort.Name, new PageRequest(100)) { Language = language };
        Assert.Equal(expected, (await shop.PageAsync(query)).Items.Select(p => p.Name));

        var walked = new List<string>();
        string? cursor = null;
        do
        {
            var page = await shop.PageAsync(query with { Page = new PageRequest(2, cursor) });
            walked.AddRange(page.Items.Select(p => p.Name));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        Assert.Equal(expected, walked);
    }
}
