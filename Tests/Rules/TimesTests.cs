using SoonShop.ApiFrontend.Http;

namespace SoonShop.Tests.Rules;

public sealed class TimesTests
{
    [Theory]
    [InlineData("2026-11-28", "2026-11-28T00:00:00Z", "2026-11-29T00:00:00Z")]
    [InlineData("2028-02-29", "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z")]
    [InlineData("2026-11-28T10:20:30Z", "2026-11-28T10:20:30Z", "2026-11-28T10:20:30Z")]
    [InlineData("2026-11-28t10:20:30z", "2026-11-28T10:20:30Z", "2026-11-28T10:20:30Z")]
    [InlineData("2026-11-28T10:20", "2026-11-28T10:20:00Z", "2026-11-28T10:20:00Z")]
    [InlineData("2026-11-28T10:20:30.1234567", "2026-11-28T10:20:30.1234567Z", "2026-11-28T10:20:30.1234567Z")]
    [InlineData("2026-11-28T10:20:30.123456789Z", "2026-11-28T10:20:30.1234567Z", "2026-11-28T10:20:30.1234567Z")]
    [InlineData("2026-11-28T00:20:30+02:00", "2026-11-27T22:20:30Z", "2026-11-27T22:20:30Z")]
    [InlineData("2026-11-28T00:20:30 02:00", "2026-11-27T22:20:30Z", "2026-11-27T22:20:30Z")]
    public void a_date_is_the_whole_day_in_utc_and_a_time_is_itself(string text, string start, string end)
    {
        Assert.Equal(DateTimeOffset.Parse(start, null), Times.ReadStart(text));
        Assert.Equal(DateTimeOffset.Parse(end, null), Times.ReadEnd(text));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void nothing_is_no_bound(string? text)
    {
        Assert.True(new StartTimeAttribute().IsValid(text));
        Assert.Null(Times.ReadStart(text));
        Assert.Null(Times.ReadEnd(text));
    }

    [Theory]
    [InlineData("2026-02-29")]
    [InlineData("2026-13-01")]
    [InlineData("28.11.2026")]
    [InlineData("11/28/2026")]
    [InlineData("2026-11-28 10:20:30")]
    [InlineData("yesterday")]
    [InlineData("1764288000")]
    [InlineData("2026-11-28T25:00:00Z")]
    [InlineData("0001-01-01T00:00:00+14:00")]
    public void what_is_neither_is_refused(string text)
    {
        Assert.False(new StartTimeAttribute().IsValid(text));
        Assert.False(new EndTimeAttribute().IsValid(text));
    }

    [Fact]
    public void the_last_day_that_there_is_ends_with_time() => Assert.Equal(DateTimeOffset.MaxValue, Times.ReadEnd("9999-12-31"));
}
