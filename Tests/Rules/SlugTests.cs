namespace SoonShop.Tests.Rules;

public sealed class SlugTests
{
    [Theory]
    [InlineData("Enamel Mug", "enamel-mug")]
    [InlineData("  Crème brûlée -- torch! ", "creme-brulee-torch")]
    [InlineData("ALREADY-a-slug-9", "already-a-slug-9")]
    [InlineData("C&A", "c-a")]
    public void texts_of_the_latin_script_become_words(string text, string slug) => Assert.Equal(slug, Slug.Of(text));

    [Theory]
    [InlineData("手工烘焙")]
    [InlineData("Чай 100 g")]
    [InlineData("")]
    [InlineData("!!!")]
    [InlineData("😀 mug")]
    public void other_texts_have_a_digest(string text)
    {
        Assert.True(Slug.IsValid(Slug.Of(text)));
        Assert.NotEqual(Slug.Of(text), Slug.Of(text + "茶"));
        Assert.Equal(Slug.Of(text), Slug.Of(text));
    }

    [Fact]
    public void long_texts_are_shortened_and_stay_different()
    {
        var (one, two) = (Slug.Of(new string('a', 150)), Slug.Of(new string('a', 151)));
        Assert.Equal((100, 100), (one.Length, two.Length));
        Assert.True(Slug.IsValid(one));
        Assert.NotEqual(one, two);
        Assert.Equal(100, Slug.Of(new string('a', 100)).Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-a")]
    [InlineData("a-")]
    [InlineData("a--b")]
    [InlineData("A")]
    [InlineData("a b")]
    [InlineData("a\n")]
    public void what_is_no_slug(string text) => Assert.False(Slug.IsValid(text));
}
