using SoonShop.Logging;

namespace SoonShop.Tests.Operations;

public sealed class LogLevelsStateTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 9, 30, 0, TimeSpan.Zero);

    [Fact]
    public void levels_hold_for_a_while()
    {
        var set = LogLevelsState.Set(Of(("SoonShop.Silo", LogDetail.Debug)), Now).State;
        Assert.Equal((LogDetail.Debug, Now.AddMinutes(10)), (set.At(Now.AddMinutes(9)).Levels["SoonShop.Silo"], set.At(Now).Until));
        Assert.Same(LogLevels.None, set.At(Now.AddMinutes(10)));
        Assert.Same(LogLevels.None, LogLevelsState.Set(Of(), Now).State.At(Now));
    }

    [Theory]
    [InlineData("")]
    [InlineData("Console:LogLevel:Default")]
    [InlineData("two words")]
    public void what_is_no_category_is_refused(string category) =>
        Assert.Contains("levels", LogLevelsState.Set(Of((category, LogDetail.Debug)), Now).Refusal!.Errors!.Keys);

    [Fact]
    public void there_is_an_end_to_categories_and_time()
    {
        var many = Enumerable.Range(0, LogLevelsState.MaxCategories + 1).Select(i => ($"C{i}", LogDetail.Debug)).ToArray();
        Assert.Contains("levels", LogLevelsState.Set(Of(many), Now).Refusal!.Errors!.Keys);
        Assert.Null(LogLevelsState.Set(Of(many[1..]), Now).Refusal);
        Assert.All([0, LogLevels.MaxMinutes + 1], minutes => Assert.Contains("minutes", LogLevelsState.Set(Of() with { Minutes = minutes }, Now).Refusal!.Errors!.Keys));
    }

    private static SetLogLevels Of(params (string Category, LogDetail Level)[] levels) => new(levels.ToImmutableDictionary(l => l.Category, l => l.Level), 10);
}
