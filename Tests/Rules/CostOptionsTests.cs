using SoonShop.Tests.Benchmarks.Cost;

namespace SoonShop.Tests.Rules;

/// <summary>The options of <c>./test.sh bench CheckoutCost</c>.</summary>
public sealed class CostOptionsTests
{
    [Fact]
    public void without_options_every_row_but_growth_is_measured_once()
    {
        var options = CostOptions.Parse("");
        Assert.Equal((null, 1, TimeSpan.FromSeconds(20), false), (options.Against, options.Rounds, options.Duration, options.Growth));
        Assert.Equal(CostOptions.AllRows, options.Rows);
    }

    [Fact]
    public void another_commit_is_measured_in_turn_twice()
    {
        var options = CostOptions.Parse("--against 3d4d257 --seconds 5 --only hot,checkout");
        Assert.Equal(("3d4d257", 2, TimeSpan.FromSeconds(5)), (options.Against, options.Rounds, options.Duration));
        Assert.Equal(["checkout", "hot"], options.Rows);
    }

    [Fact]
    public void growth_has_rows_of_its_own() => Assert.Equal(["orders"], CostOptions.Parse("--growth --only orders").Rows);

    [Theory]
    [InlineData("--fast", "'--fast' is no option")]
    [InlineData("--against", "--against needs a value")]
    [InlineData("--against --growth", "--against needs a value")]
    [InlineData("--rounds 0", "--rounds is '0'; give a number, 1–20")]
    [InlineData("--seconds soon", "--seconds is 'soon'; give a number, 3–600")]
    [InlineData("--only checkout,paint", "'paint' is none of checkout, promotions, hot")]
    [InlineData("--only orders", "'orders' is none of")]
    [InlineData("--only ,", "--only needs a value")]
    [InlineData("--growth --against HEAD", "leave out --against")]
    public void a_wrong_option_is_refused_with_what_to_do(string text, string message) =>
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => CostOptions.Parse(text)).Message, StringComparison.Ordinal);
}
