using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SoonShop.Catalog;
using SoonShop.Exports;
using SoonShop.Imports;
using SoonShop.Imports.Products;
using SoonShop.Inventory;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Imports;

/// <summary>Product files: both of Shopify's sets of columns, and the shop's own exports.</summary>
public sealed class ProductsImportTests(InProcessSilo silo) : IClassFixture<InProcessSilo>
{
    private ICsvImport Import => silo.Services.GetServices<ICsvImport>().Single(i => i.Kind == "products");

    [Fact]
    public async Task a_file_with_the_former_columns_comes_back_with_the_current_ones()
    {
        var id = Unique("shirt");
        // Options, an image of a variant, a row with an image only, columns that the shop has no member for, quotes and line breaks.
        var file = "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,"
            + "Option2 Value,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,"
            + "Variant Fulfillment Service,Variant Price,Variant Compare At Price,Variant Requires Shipping,Variant Taxable,"
            + "Variant Barcode,Image Src,Image Position,Image Alt Text,Gift Card,SEO Title,SEO Description,Google Shopping / Gender,"
            + "Variant Image,Variant Weight Unit,Variant Tax Code,Cost per item,Status\n"
            + $"""
            {id},"Crew ""T"" Shirt","<p>Soft &amp; light.</p>
            <p>100 % cotton</p>",Fennmarsh,Apparel & Accessories > Clothing > Shirts,T-shirt,"cotton, summer",TRUE,Size,S,Colour,Red,
            """
            + $"{id}-s-red,180.0,shopify,7,deny,manual,19.90,25.00,TRUE,TRUE,4006381333931,https://img.example/a.jpg,1,Front,FALSE,"
            + "A shirt,Soft shirt,unisex,,g,,8.5,active\n"
            + $"{id},,,,,,,,,L,,Red,{id}-L-RED,200,shopify,0,continue,manual,21.5,,TRUE,FALSE,,"
            + "https://img.example/b.jpg,2,,,,,,https://img.example/b.jpg,kg,,,\n"
            + $"""
            {id},,,,,,,,,,,,,,,,,,,,,,,https://img.example/c.jpg,3,"Back, folded",,,,,,,,,
            """;
        var results1 = await ApplyAsync(file);
        Assert.Equal(["2 Created", "4 Created", "5 Unchanged"], results1);
        var results2 = await ApplyAsync(file);
        Assert.Equal(["2 Unchanged", "4 Unchanged", "5 Unchanged"], results2);

        var group = (await Group(id).GetAsync(includesInactive: true)).Value!;
        Assert.Equal(("Crew \"T\" Shirt", "Fennmarsh", "T-shirt"), (group.Content.Name, group.Content.Brand, group.Content.Type));
        Assert.Equal(["cotton", "summer"], group.Content.Tags);
        Assert.Equal(["Size", "Colour"], group.Content.Options);
        Assert.Equal(["Front", "", "Back, folded"], group.Content.Media.Select(m => m.Alt));
        var small = group.Variants[0];
        Assert.Equal(
            ($"{id}-s-red".ToUpperInvariant(), "Crew \"T\" Shirt, S, Red", 1990L, 2500L, 850L),
            (small.Sku, small.Name, small.Price.Amount, small.CompareAtPrice!.Value.Amount, small.Cost!.Value.Amount));
        Assert.Equal(
            ("apparel-accessories/clothing/shirts", "Soft & light.\n100 % cotton", 180, "4006381333931"),
            (small.Category, small.Description, small.WeightGrams, small.Barcode));
        Assert.Equal([new OptionValue("Size", "S"), new OptionValue("Colour", "Red")], small.Options);
        Assert.Equal(("Red", "Fennmarsh"), (small.Attributes["colour"], small.Attributes["brand"]));
        var large = group.Variants[1];
        Assert.Equal(("exempt", true), (large.TaxCategory, large.Images.SequenceEqual(["https://img.example/b.jpg"])));
        var onHand = await Task.WhenAll(group.Variants.Select(v => OnHandAsync(v.Sku)));
        Assert.Equal([7, 0], onHand);

        var exported = await ExportAsync(id);
        Assert.Equal(3, exported.Count);
        // Nothing of the file is lost: each cell comes back under its current name, in the shop's spelling of numbers.
        var header = await Csv.HeaderAsync(file);
        var rows = await Csv.RowsAsync(file);
        foreach (var (row, line) in rows.Zip(exported))
        {
            foreach (var column in header.Columns)
            {
                var current = ProductColumns.CurrentName(column);
                var (before, after) = (row[column]!, line[current] ?? "");
                if (before.Length == 0)
                    continue;
                Assert.True(
                    before.Equals(after, StringComparison.OrdinalIgnoreCase) || AsNumber(before) == AsNumber(after),
                    $"{current}: {before} became {after}");
            }
        }
        var again = await ApplyAsync(await ExportTextAsync(id));
        Assert.Equal([.. exported.Select(l => $"{l.Line} Unchanged")], again);
    }

    [Fact]
    public async Task products_of_the_shop_itself_change_nothing_when_they_come_back()
    {
        var family = Unique("mug");
        foreach (var (colour, name) in ((string, string)[])[
            ("green", "Travel Mug 400 ml, Forest Green"), ("coral", "Travel Mug 400 ml, Coral")])
        {
            Assert.False((await Product($"{family}-{colour}").CreateAsync(new ProductContent(
                name, "Keeps drinks hot <6 hours>.", "kitchen/drinkware", family, new Money(2695, "USD"),
                new Dictionary<string, string> { ["colour"] = colour, ["brand"] = "Fennmarsh" },
                [$"https://img.example/{colour}.webp", "https://img.example/box.webp"]))).IsError);
        }
        var single = Unique("=tea").TrimStart('=');
        Assert.False((await Product(single).CreateAsync(new ProductContent(
            "=Tea, \"loose\"", "", "food/tea", null, new Money(500, "USD"), new Dictionary<string, string>(), [], Active: false)
        { TaxCategory = "reduced", SizeClass = "bulky", RequiresShipping = false })).IsError);

        // Names that are those of a title with the value of an attribute.
        var cable = Unique("cable");
        foreach (var length in (string[])["1 m", "2 m"])
        {
            Assert.False((await Product($"{cable}-{length[0]}").CreateAsync(new ProductContent(
                $"USB Cable, {length}", "", "cables", cable, new Money(900, "USD"), new Dictionary<string, string> { ["length"] = length },
                []))).IsError);
        }

        foreach (var id in (string[])[family, cable, single.ToLowerInvariant()])
            Assert.All(await ApplyAsync(await ExportTextAsync(id)), r => Assert.EndsWith(" Unchanged", r, StringComparison.Ordinal));
    }

    [Fact]
    public async Task differences_are_told_and_a_dry_run_changes_nothing()
    {
        var id = Unique("cup");
        var file = $"Title,URL handle,SKU,Price,Status,Vendor\nCup,{id},{id},5.00,active,Fennmarsh\n";
        var results3 = await ApplyAsync(file, dryRun: true);
        Assert.Equal(["2 Created"], results3);
        Assert.True((await Product(id).GetAsync()).IsError);
        await ApplyAsync(file);
        var other = file.Replace("5.00,active,Fennmarsh", "4.5,draft,Copperlatch", StringComparison.Ordinal);
        var results4 = await ApplyAsync(other, dryRun: true);
        Assert.Equal(
            ["2 Changed vendor Fennmarsh -> Copperlatch, other columns, price 5.00 -> 4.50, off sale, other data of the variant"],
            results4);
        Assert.Equal(500, (await Product(id).GetAsync()).Value!.Price.Amount);
        await ApplyAsync(other);
        Assert.Equal((450, false), ((await Product(id).GetAsync()).Value!.Price.Amount, (await Product(id).GetAsync()).Value!.Active));
    }

    [Fact]
    public async Task what_has_no_column_stays_as_it_is()
    {
        var id = Unique("lamp");
        await ApplyAsync($"""
            Title,URL handle,Description,Vendor,Tags,Option1 name,Option1 value,SKU,Price,Product image URL,SEO title,Gift card
            Lamp,{id},<p>Bright.</p>,Fennmarsh,light,Size,L,{id}-l,20,https://img.example/lamp.jpg,A lamp,FALSE
            """);
        var group = (await Group(id).GetAsync(includesInactive: true)).Value!;
        var translations = ImmutableSortedDictionary<string, ProductTranslation>.Empty.Add(
            "zh", new ProductTranslation("灯", null, null, null));
        Assert.False((await Group(
            id).PutAsync(group.Content with { Translations = translations, Options = ["Size", "Colour", "Plug", "Volt"] }, null)).IsError);
        var lamp = ProductContent.Of(group.Variants[0]) with
        {
            Options = [new("Size", "L"), new("Colour", "white"), new("Plug", "F"), new("Volt", "230")],
        };
        Assert.False((await Product($"{id}-l").UpdateAsync(lamp, null)).IsError);
        var before = (await Group(id).GetAsync(includesInactive: true)).Value!;

        var results = await ApplyAsync($"Title,URL handle,SKU,Price\nLamp,{id},{id}-l,21\n");
        Assert.Equal(["2 Changed price 20.00 -> 21.00"], results);
        var after = (await Group(id).GetAsync(includesInactive: true)).Value!;
        Assert.True(ProductGroupState.Same(before.Content, after.Content));
        Assert.True(ProductState.SameAs(
            ProductContent.Of(before.Variants[0]) with { Price = new Money(2100, "USD") }, ProductContent.Of(after.Variants[0])));

        var again = await ApplyAsync(await ExportTextAsync(id));
        Assert.All(again, r => Assert.EndsWith(" Unchanged", r, StringComparison.Ordinal));
        Assert.Equal("Volt", (await Group(id).GetAsync(includesInactive: true)).Value!.Content.Options[3]);

        // A group whose content was removed is entered again.
        Assert.False((await Group(id).RemoveAsync(null)).IsError);
        var entered = await ApplyAsync($"Title,URL handle,SKU,Price,Vendor\nLamp,{id},{id}-l,21,Copperlatch\n");
        Assert.StartsWith("2 Changed", Assert.Single(entered), StringComparison.Ordinal);
        Assert.Equal("Copperlatch", (await Group(id).GetAsync(includesInactive: true)).Value!.Content.Brand);
    }

    [Fact]
    public async Task columns_of_products_that_differ_by_case_are_exported_once_and_stay_as_they_are()
    {
        var (first, second) = (Unique("card"), Unique("card"));
        await ApplyAsync($"Title,URL handle,SKU,Price,Card Colour\nCard,{first},{first},5,red\n");
        await ApplyAsync($"Title,URL handle,SKU,Price,Card colour\nCard,{second},{second},5,blue\n");
        foreach (var id in (string[])[first, second])
            Assert.Equal(["2 Unchanged"], await ApplyAsync(await ExportTextAsync(id)));
    }

    [Fact]
    public async Task a_description_of_any_kind_is_read_in_time()
    {
        var id = Unique("book");
        var html = string.Concat(Enumerable.Repeat("<!--<script><", 3_800));
        var results = await ApplyAsync($"Title,URL handle,SKU,Price,Description\nBook,{id},{id},5,{html}\n");
        Assert.Equal(["2 Created"], results);
        var longer = await ApplyAsync($"Title,URL handle,SKU,Price,Description\nBook,{id},{id},5,{html}{html}\n");
        Assert.StartsWith("2 Wrong Description: must be at most 50,000 characters", Assert.Single(longer), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_product_with_a_wrong_row_is_not_applied_and_the_column_is_told()
    {
        var id = Unique("bowl");
        var file = $"""
            Title,URL handle,Option1 name,Option1 value,SKU,Price,Weight value (grams),Requires shipping,Attributes
            Bowl,{id},Size,S,{id}-s,5.001,100,TRUE,
            ,{id},,M,{id}-m,5,heavy,maybe,no
            ,{id},,,{id}-l,5,,,
            ,{id},,X,{id}-s,,,,
            """;
        var results = await ApplyAsync(file);
        Assert.Contains("2 Wrong Price: has too many decimals: USD has 2", results);
        Assert.Contains(results, r => r.StartsWith("3 Wrong Weight value (grams):", StringComparison.Ordinal));
        Assert.Contains("3 Wrong Requires shipping: must be TRUE or FALSE", results);
        Assert.Contains(results, r => r.StartsWith("3 Wrong Attributes:", StringComparison.Ordinal));
        Assert.Contains("4 Wrong Option1 value: is required: the product has the option Size", results);
        Assert.Contains("5 Wrong Price: is required", results);
        Assert.True((await Group(id).GetAsync(includesInactive: true)).IsError);
        Assert.Equal(["URL handle", "Title"], new[] { "URL handle", "Title" }.Intersect(
            Import.CheckHeader(new CsvHeader(["SKU"], ',')).Problems.Select(p => p.Column!)));
        Assert.Equal(
            "Price", Assert.Single(Import.CheckHeader(new CsvHeader(["Title", "Handle", "Price", "Variant Price"], ',')).Problems).Column);
    }

    [Fact]
    public async Task products_without_skus_and_with_odd_ones_get_skus_and_keep_what_the_file_says()
    {
        var id = Unique("soap");
        var file = $"Title,URL handle,Option1 name,Option1 value,SKU,Price\nSoap,{id},Scent,Rose & Mint,,3\n,{id},,Lemon,'{id} 12/b,3\n";
        var results5 = await ApplyAsync(file);
        Assert.Equal(["2 Created", "3 Created"], results5);
        var group = (await Group(id).GetAsync(includesInactive: true)).Value!;
        Assert.Equal([$"{id}-rose-mint".ToUpperInvariant(), $"{id}-12-b".ToUpperInvariant()], group.Variants.Select(v => v.Sku));
        var skus = (await ExportAsync(id)).Select(l => l["SKU"]);
        Assert.Equal(["", $"{id} 12/b"], skus);
        var results6 = await ApplyAsync(file);
        Assert.Equal(["2 Unchanged", "3 Unchanged"], results6);
        // The SKU of another product's variant.
        Assert.Contains(await ApplyAsync($"Title,URL handle,SKU,Price\nOther,{id}-other,{id}-12-b,3\n"), r =>
            r == $"2 Wrong SKU: is the SKU of a variant of {id}");
    }

    [Fact]
    public async Task a_chinese_handle_gets_an_id_and_comes_back()
    {
        var word = Unique("茶");
        var file = $"Title;URL handle;SKU;Price\n茶;{word};{Unique("TEA")};12,50\n";
        var results7 = await ApplyAsync(file);
        Assert.Equal(["2 Created"], results7);
        Assert.Equal(word, Assert.Single(await ExportAsync(Slug.Of(word)))["URL handle"]);
        var results8 = await ApplyAsync(await ExportTextAsync(Slug.Of(word)));
        Assert.Equal(["2 Unchanged"], results8);
    }

    [Fact]
    public async Task stock_is_entered_once_and_never_overwritten()
    {
        var id = Unique("pan");
        var file = $"Title,URL handle,SKU,Price,Inventory quantity\nPan,{id},{id},30,4\n";
        await ApplyAsync(file);
        await Item(id).AdjustAsync(new AdjustStock("sold elsewhere", -1, "count", null));
        var results9 = await ApplyAsync(file);
        Assert.Equal(["2 Unchanged"], results9);
        Assert.Equal(3, await OnHandAsync(id));
    }

    [Fact]
    public async Task the_first_of_two_products_with_one_sku_or_one_id_is_created()
    {
        var (id, sku) = (Unique("twin"), Unique("sku"));
        var bySku = await ApplyAsync($"Title,URL handle,SKU,Price\nFirst,{id}-a,{sku},30\nSecond,{id}-b,{sku},40\n");
        Assert.Equal("2 Created", bySku[0]);
        Assert.StartsWith("3 Wrong SKU: is the SKU of a variant of", bySku[1], StringComparison.Ordinal);
        Assert.Equal("First", (await Product(sku).GetAsync()).Value!.Name);
        Assert.True((await Group($"{id}-b").GetAsync(includesInactive: true)).IsError);

        var byId = await ApplyAsync($"Title,URL handle,SKU,Price\nFirst,{id},{sku}-1,30\nSecond,{id.ToUpperInvariant()},{sku}-2,40\n");
        Assert.Equal(["2 Created", "3 Created"], byId);
        Assert.Equal("Second", (await Group(id).GetAsync(includesInactive: true)).Value!.Content.Name);
    }

    [Fact]
    public async Task a_product_whose_group_was_removed_is_created_again()
    {
        var id = Unique("again");
        var file = $"Title,URL handle,SKU,Price\nPan,{id},{id},30\n";
        await ApplyAsync(file);
        await Group(id).RemoveAsync(null);
        Assert.Equal(["2 Changed title"], (await ApplyAsync(file.Replace("Pan", "Pot", StringComparison.Ordinal))).Select(r => r[..15]));
        Assert.Equal("Pot", (await Group(id).GetAsync(includesInactive: true)).Value!.Content.Name);
    }

    private async Task<string[]> ApplyAsync(string file, bool dryRun = false)
    {
        var context = new ImportContext(Guid.NewGuid(), dryRun, "test", "USD");
        var results = await Import.ApplyAsync(
            await Csv.HeaderAsync(file), await Csv.RowsAsync(file), context, TestContext.Current.CancellationToken);
        return
        [
            .. results.OrderBy(r => r.Line).Select(r => r.Outcome == RowOutcome.Wrong
                ? $"{r.Line} Wrong {r.Column}: {r.Text}" : $"{r.Line} {r.Outcome} {r.Text}".TrimEnd()),
        ];
    }

    private async Task<string> ExportTextAsync(string id)
    {
        var (text, after) = (new StringBuilder(), (string?)null);
        do
        {
            var part = (await silo.Grains.GetGrain<IExportGrain>(
                0).ReadAsync(new ExportQuery("products"), after, TestContext.Current.CancellationToken)).Value!;
            text.Append(Encoding.UTF8.GetString(part.Content));
            after = part.Next;
        }
        while (after is not null);
        var whole = text.ToString();
        var kept = (await Csv.RowsAsync(whole)).Where(r => Slug.Of(r["URL handle"]!) == id || r["URL handle"] == id);
        var header = await Csv.HeaderAsync(whole);
        return CsvText.Write(
            [[.. header.Columns], .. kept.Select(r => (IReadOnlyList<string>)[.. header.Columns.Select(c => CsvGuard.Add(r[c]!))])]);
    }

    private async Task<List<CsvRow>> ExportAsync(string id) => await Csv.RowsAsync(await ExportTextAsync(id));

    private async Task<int> OnHandAsync(string sku) => (await Item(sku).GetAsync()).Value!.OnHand;

    private static decimal? AsNumber(string text) =>
        decimal.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Unique(string word) => $"{word}-{Guid.NewGuid():N}"[..(word.Length + 9)];

    private IProductGrain Product(string sku) => silo.Grains.GetGrain<IProductGrain>(Sku.GrainKey(sku.ToUpperInvariant()));

    private IInventoryItemGrain Item(string sku) => silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku.ToUpperInvariant()));

    private IProductGroupGrain Group(string id) => silo.Grains.GetGrain<IProductGroupGrain>(ProductGroup.GrainKey(id));
}
