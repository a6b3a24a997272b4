using SoonShop.Catalog;

namespace SoonShop.Tests.Rules;

public sealed class ProductGroupStateTests
{
    private static readonly ProductGroupContent Good = new()
    {
        Name = "Enamel mug",
        DescriptionHtml = "<p>Holds half a litre.</p>",
        Brand = "Fennmarsh",
        Tags = ["camping", "steel"],
        Options = ["Colour", "Size"],
        Media = [new ProductMedia("https://img.example/mug.png", "A mug")],
        Translations = ImmutableSortedDictionary<string, ProductTranslation>.Empty.Add(
            "zh", new ProductTranslation("搪瓷杯", null, null, null)),
        Columns = ImmutableSortedDictionary<string, string>.Empty.Add("Gift card", "FALSE"),
    };

    [Fact]
    public void a_group_is_stored_changed_and_removed()
    {
        var put = ProductGroupState.Put("mug", null, Good);
        Assert.Equal(new ProductGroupChanged("mug", "Enamel mug"), put.Events.Single());
        Assert.False(ProductGroupState.Put(
            "mug", put.Next(),
            Good with { Tags = [.. Good.Tags], Columns = Good.Columns.ToDictionary().ToImmutableSortedDictionary() }).Changed);
        Assert.True(ProductGroupState.Put("mug", put.Next(), Good with { Tags = ["steel", "camping"] }).Changed);

        var removed = put.Next().Remove();
        Assert.Equal(new ProductGroupRemoved("mug"), removed.Events.Single());
        Assert.Null(removed.Next().Content);
        Assert.True(ProductGroupState.Put("mug", removed.Next(), Good).Changed);
    }

    private static readonly Dictionary<string, ProductGroupContent> Wrong = new()
    {
        ["name: none"] = Good with { Name = "" },
        ["name: blank"] = Good with { Name = "  " },
        ["name: long"] = Good with { Name = new string('x', 256) },
        ["name: two lines"] = Good with { Name = "a\nb" },
        ["descriptionHtml: long"] = Good with { DescriptionHtml = new string('x', 50_001) },
        ["descriptionHtml: control character"] = Good with { DescriptionHtml = "a\0" },
        ["brand: empty"] = Good with { Brand = "" },
        ["type: long"] = Good with { Type = new string('x', 256) },
        ["tags: many"] = Good with { Tags = [.. Enumerable.Range(0, 251).Select(i => $"{i}")] },
        ["tags: twice"] = Good with { Tags = ["a", "a"] },
        ["options: many"] = Good with { Options = ["a", "b", "c", "d", "e", "f"] },
        ["options: twice"] = Good with { Options = ["Size", "size"] },
        ["media: no URL"] = Good with { Media = [new ProductMedia("mug.png", "")] },
        ["media: script"] = Good with { Media = [new ProductMedia("javascript:alert(1)", "")] },
        ["media: long alt"] = Good with { Media = [new ProductMedia("https://img.example/mug.png", new string('x', 1001))] },
        ["seoTitle: empty"] = Good with { SeoTitle = "" },
        ["seoDescription: long"] = Good with { SeoDescription = new string('x', 1001) },
        ["translations: no tag"] = Good with { Translations = Good.Translations.Add("Chinese", new(null, null, null, null)) },
        ["translations.zh.name: empty"] = Good with { Translations = Good.Translations.SetItem("zh", new("", null, null, null)) },
        ["columns: long"] = Good with { Columns = Good.Columns.Add("x", new string('x', 5001)) },
    };

    public static TheoryData<string> Faults => [.. Wrong.Keys];

    [Theory]
    [MemberData(nameof(Faults))]
    public void what_is_wrong_is_told_by_field(string wrong) =>
        Assert.Equal([wrong.Split(':')[0]], ProductGroupState.Put("mug", null, Wrong[wrong]).Error!.Errors!.Keys);

    [Fact]
    public void a_group_that_nobody_entered_follows_from_its_variants()
    {
        var group = DerivedGroup.Of([Variant("Travel Mug 400 ml, Forest Green", "green"), Variant("Travel Mug 400 ml, Coral", "coral")]);
        Assert.Equal(("Travel Mug 400 ml", "Fennmarsh"), (group.Name, group.Brand));
        Assert.Equal(["colour"], group.Options);
        Assert.Single(group.Media);

        Assert.Equal("Travel Mug, Coral", DerivedGroup.Of([Variant("Travel Mug, Coral", "coral")]).Name);
        // Half a word is not common.
        Assert.Equal("Travel", DerivedGroup.Of([Variant("Travel Mug", "a"), Variant("Travel Map", "b")]).Name);
        Assert.Equal("Mug", DerivedGroup.Of([Variant("Mug", "a"), Variant("Cup", "b")]).Name);
    }

    private static Product Variant(string name, string colour) => new(
        name.ToUpperInvariant(), name, "", "mugs", "mug", Given.Usd(100),
        new Dictionary<string, string> { ["colour"] = colour, ["brand"] = "Fennmarsh" }, ["https://img.example/mug.png"], true,
        Availability.InStock);
}
