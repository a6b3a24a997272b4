using SoonShop.Catalog;

namespace SoonShop.Tests.Rules;

public sealed class CategoryNamesTests
{
    private static readonly CategoryNames Names = new(
    [
        ("Food", "food"), ("Food/Coffee", "food coffee"), ("Coffee makers", "coffee makers"), ("Garden", "garden"),
        ("厨房电器", "厨房电器"), ("!", ""),
    ]);

    [Theory]
    [InlineData("co", "Coffee makers,Food/Coffee")]
    [InlineData("fo", "Food,Food/Coffee")]
    [InlineData("food c", "Food/Coffee")]
    [InlineData("coffe", "Coffee makers,Food/Coffee")]
    [InlineData("ffee", "")]
    [InlineData("cofee", "Food/Coffee,Coffee makers")]
    [InlineData("gadren", "Garden")]
    [InlineData("gareen", "Garden")]
    [InlineData("gerden", "Garden")]
    [InlineData("gadr", "Garden")]
    [InlineData("gad", "")]
    [InlineData("gxxden", "")]
    [InlineData("厨房", "厨房电器")]
    [InlineData("电", "厨房电器")]
    [InlineData("", "")]
    public void categories_are_found_by_the_beginnings_of_their_words(string typed, string found) =>
        Assert.Equal(found, string.Join(',', Names.Find(typed, 10)));

    [Fact]
    public void no_more_than_asked_for_are_found() => Assert.Equal(["Food"], Names.Find("food", 1));
}
