using SoonShop.Catalog;

namespace SoonShop.Tests.Rules;

public sealed class ProductStateTests
{
    private static readonly ProductContent Good = Given.Product();
    private static readonly ProductState Mug = Create(Good);

    [Fact]
    public void a_good_product_is_created_and_told()
    {
        var decision = ProductState.Create("MUG", Good, "USD", Given.Now);

        Assert.Same(Good, decision.Next().Content);
        Assert.Equal(new ProductCreated("MUG", "Enamel mug", "kitchen/mugs", Given.Usd(1250)), decision.Events.Single());
    }

    [Fact]
    public void content_of_an_older_front_end_keeps_what_it_does_not_know()
    {
        // As a message without these members arrives.
        var old = Good with { TaxCategory = null!, RequiresShipping = false, Prices = default };
        Assert.Equal(("standard", true, 0), Of(ProductState.Create("MUG", old, "USD", Given.Now).Next()));
        var known = Mug with { Content = Good with { TaxCategory = "reduced", WeightGrams = 350 } };
        Assert.Equal(("reduced", true, 0), Of(known.Update(old with { Name = "Mug" }, "USD", Given.Now).Next()));
        Assert.Equal(350, known.Update(old with { Name = "Mug" }, "USD", Given.Now).Next().Content.WeightGrams);

        static (string, bool, int) Of(ProductState state) =>
            (state.Content.TaxCategory, state.Content.RequiresShipping, state.Content.Prices.Length);
    }

    /// <summary>The wrong field, what is wrong with it, and a product with just that.</summary>
    private static readonly Dictionary<string, ProductContent> Wrong = new()
    {
        ["name: none"] = Good with { Name = "" },
        ["name: blank"] = Good with { Name = "   " },
        ["name: long"] = Good with { Name = new string('x', 201) },
        ["name: long with blanks"] = Good with { Name = "x" + new string(' ', 200) },
        ["name: control character"] = Good with { Name = "bell\a" },
        ["description: long"] = Good with { Description = new string('x', 5001) },
        ["description: control character"] = Good with { Description = "nul\0" },
        ["category: none"] = Good with { Category = "" },
        ["category: upper case"] = Good with { Category = "Kitchen" },
        ["category: begins with /"] = Good with { Category = "/kitchen" },
        ["category: empty slug"] = Good with { Category = "kitchen//mugs" },
        ["category: deep"] = Good with { Category = "a/b/c/d/e" },
        ["category: long"] = Good with { Category = new string('x', 101) },
        ["category: line break"] = Good with { Category = "kitchen\n" },
        ["family: empty"] = Good with { Family = "" },
        ["family: two words"] = Good with { Family = "two words" },
        ["family: line break"] = Good with { Family = "enamel\n" },
        ["family: long"] = Good with { Family = new string('x', 101) },
        ["price.amount: negative"] = Good with { Price = Given.Usd(-1) },
        ["price.amount: high"] = Good with { Price = Given.Usd(ProductContent.MaxPrice + 1) },
        ["price.currency: another"] = Good with { Price = new Money(1, "EUR") },
        ["attributes: many"] = Good with { Attributes = Enumerable.Range(0, 51).ToDictionary(i => $"{i}", i => "x") },
        ["attributes: no name"] = Good with { Attributes = new Dictionary<string, string> { [""] = "x" } },
        ["attributes: long name"] = Good with { Attributes = new Dictionary<string, string> { [new string('x', 51)] = "x" } },
        ["attributes: long value"] = Good with { Attributes = new Dictionary<string, string> { ["x"] = new string('x', 501) } },
        ["attributes: control character"] = Good with { Attributes = new Dictionary<string, string> { ["x"] = "\0" } },
        ["images: many"] = Good with { Images = [.. Enumerable.Repeat("https://img.example/1", 21)] },
        ["images: relative"] = Good with { Images = ["/relative.png"] },
        ["images: ftp"] = Good with { Images = ["ftp://img.example/1"] },
        ["images: script"] = Good with { Images = ["javascript:alert(1)"] },
        ["images: long"] = Good with { Images = [$"https://img.example/{new string('x', 2000)}"] },
        ["images: blank around"] = Good with { Images = [" https://img.example/1\n"] },
    };

    public static TheoryData<string> WrongFields => [.. Wrong.Keys];

    [Theory]
    [InlineData("KWD", 1250, true)]
    [InlineData("KWD", 1255, false)]
    [InlineData("USD", 1255, true)]
    public void a_price_can_be_charged_in_the_currencys_steps(string currency, long price, bool fits) =>
        Assert.Equal(fits, ProductState.Create("MUG", Good with { Price = new Money(price, currency) }, currency, Given.Now).Error is null);

    [Theory, MemberData(nameof(WrongFields))]
    public void a_wrong_field_is_named(string wrong)
    {
        Assert.Equal([wrong.Split(':')[0]], ErrorsOf(Wrong[wrong]));
        Mug.Update(Wrong[wrong], "USD", Given.Now).IsRefused(ErrorCode.ValidationFailed);
    }

    [Fact]
    public void a_text_that_is_older_than_a_rule_keeps_no_other_field_from_a_change()
    {
        var old = Mug with
        {
            Content = Good with
            {
                Name = "Enamel\u200E mug",
                Description = "\a",
                Category = "Kitchen",
                Family = "Two words",
                Attributes = new Dictionary<string, string> { ["size"] = "\u202Elarge" },
                Images = ["/relative.png"],
            },
        };
        var content = old.Content;

        Assert.Equal(["product.price-changed"], old.Update(content with { Price = Given.Usd(1300) }, "USD", Given.Now).EventTypes());
        Assert.Equal("Mug", old.Update(content with { Name = "Mug" }, "USD", Given.Now).Next().Content.Name);
        Assert.Equal(
            2, old.Update(
                content with { Attributes = new Dictionary<string, string>(content.Attributes) { ["colour"] = "red" } }, "USD", Given.Now)
                .Next().Content.Attributes.Count);
        Assert.Equal(
            2, old.Update(content with { Images = [.. content.Images, "https://img.example/1"] }, "USD", Given.Now)
                .Next().Content.Images.Length);
        Assert.Equal(["name"], old.Update(content with { Name = "Mug\u200E" }, "USD", Given.Now).Error!.Errors!.Keys);
        Assert.Equal(
            ["attributes"], old.Update(content with { Attributes = new Dictionary<string, string> { ["size"] = "\u202Esmall" } }, "USD",
                Given.Now).Error!.Errors!.Keys);
        Assert.Equal(["images"], old.Update(content with { Images = ["/other.png"] }, "USD", Given.Now).Error!.Errors!.Keys);
        // A price is compared with the shop as it is now.
        Assert.Equal(["price.currency"], old.Update(content with { Name = "Mug" }, "EUR", Given.Now).Error!.Errors!.Keys);
    }

    [Fact]
    public void all_wrong_fields_are_named_at_once() => Assert.Equal(
        ["attributes", "category", "description", "family", "images", "name", "price.amount", "price.currency"],
        ErrorsOf(new ProductContent(
            "", "\0", "", "", new Money(-1, "EUR"), new Dictionary<string, string> { [""] = "" }, [""])));

    [Fact]
    public void the_limits_themselves_are_good() => Create(new ProductContent(
        new string('x', 200), new string('x', 5000), "a/b-2/c/d", null, Given.Usd(ProductContent.MaxPrice),
        Enumerable.Range(0, 50).ToDictionary(i => $"{i}".PadLeft(50), i => new string('x', 500)),
        [.. Enumerable.Repeat("http://img.example/1", 20)]));

    [Fact]
    public void a_free_product_is_a_product() => Create(Good with { Price = Given.Usd(0) });

    [Fact]
    public void the_same_content_changes_nothing()
    {
        var same = Good with { Attributes = Good.Attributes.Reverse().ToDictionary(), Images = [.. Good.Images] };

        Mug.Update(same, "USD", Given.Now).StaysAs(Mug);
    }

    [Fact]
    public void each_kind_of_change_is_told_by_its_name()
    {
        Assert.Equal(["product.price-changed"], Update(Good with { Price = Given.Usd(1300) }));
        Assert.Equal(["product.archived"], Update(Good with { Active = false }));
        Assert.Equal(["product.updated"], Update(Good with { Images = [] }));
        Assert.Equal(
            ["product.updated"], Update(
                Good with { Attributes = new Dictionary<string, string> { ["colour"] = "red", ["Size"] = "0.5 l" } }));
        Assert.Equal(
            ["product.price-changed", "product.archived", "product.updated"],
            Update(Good with { Price = Given.Usd(1300), Active = false, Name = "Mug" }));

        static string[] Update(ProductContent content) => Mug.Update(content, "USD", Given.Now).EventTypes();
    }

    [Fact]
    public void a_changed_price_tells_the_one_before() => Assert.Equal(
        new ProductPriceChanged("MUG", Given.Usd(1250), Given.Usd(1300)),
        Mug.Update(Good with { Price = Given.Usd(1300) }, "USD", Given.Now).Events.Single());

    [Fact]
    public void archiving_takes_it_out_of_sale_once()
    {
        var archived = Mug.Archive(Given.Now).Next();

        Assert.False(archived.ToOffer().Active);
        Assert.Equal(Availability.OutOfStock, archived.ToView(Availability.InStock, 1, Given.Now).Availability);
        archived.Archive(Given.Now).StaysAs(archived);
        Assert.Equal(["product.restored"], archived.Update(Good, "USD", Given.Now).EventTypes());
    }

    [Fact]
    public void a_product_is_a_draft_until_it_is_on_sale_for_the_first_time()
    {
        var draft = Create(Good with { Active = false });
        Assert.True(draft.IsDraft);
        Assert.True(draft.Update(Good with { Active = false, Name = "Mug" }, "USD", Given.Now).Next().IsDraft);
        draft.Archive(Given.Now).StaysAs(draft);
        Assert.Equal((true, true), (draft.ToOffer().IsDraft, draft.ToView(Availability.InStock, 1, Given.Now).IsDraft));

        var published = draft.Update(Good, "USD", Given.Now).Next();
        Assert.False(published.IsDraft);
        Assert.False(published.Archive(Given.Now).Next().IsDraft);
        Assert.False(published.Update(Good with { Active = false }, "USD", Given.Now).Next().IsDraft);
    }

    /// <summary>Documents of versions that did not note whether a product was on sale.</summary>
    [Theory]
    [InlineData(false, 1, true)]
    [InlineData(false, 2, false)]
    [InlineData(true, 1, false)]
    public void an_old_document_is_a_draft_when_it_was_never_changed(bool active, int version, bool isDraft)
    {
        var old = Mug with { Published = null, Content = Good with { Active = active } };

        Assert.Equal(isDraft, old.At(version).IsDraft);
        Assert.False(old.At(version).Update(Good, "USD", Given.Now).Next().Archive(Given.Now).Next().IsDraft);
    }

    private static ProductState Create(ProductContent content) => ProductState.Create("MUG", content, "USD", Given.Now).Next();

    private static IEnumerable<string> ErrorsOf(ProductContent content) =>
        ProductState.Create("MUG", content, "USD", Given.Now).Error?.Errors?.Keys.Order() ?? Enumerable.Empty<string>();
}
