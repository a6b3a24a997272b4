using Microsoft.Extensions.Time.Testing;
using SoonShop.Silo.Calls;

namespace SoonShop.Tests.Rules;

/// <summary>A sender whose clock may be anything, and calls that take a while.</summary>
public sealed class SenderClocksTests
{
    private static readonly Guid Sender = Guid.NewGuid();
    private readonly FakeTimeProvider time = new(DateTimeOffset.UnixEpoch.AddYears(60));
    private readonly SenderClocks clocks;

    public SenderClocksTests() => clocks = new SenderClocks(TimeSpan.FromSeconds(30), time);

    [Theory]
    [InlineData(0)]
    [InlineData(-7200)]
    [InlineData(7200)]
    public void measures_against_the_fastest_call_however_far_the_clocks_are_apart(int secondsApart)
    {
        Assert.Equal(0, DelayMs(secondsApart, tookMs: 5));
        Assert.Equal(1000, DelayMs(secondsApart, tookMs: 1005));
        Assert.Equal(0, DelayMs(secondsApart, tookMs: 3));
        Assert.Equal(97, DelayMs(secondsApart, tookMs: 100));
    }

    [Fact]
    public void the_first_call_of_a_sender_is_never_late() => Assert.Equal(0, DelayMs(0, tookMs: 20_000));

    [Fact]
    public void senders_do_not_mix()
    {
        Assert.Equal(0, DelayMs(0, 5));
        Assert.Equal(0, (int)clocks.DelayOf(Guid.NewGuid(), Now + 3_600_000).TotalMilliseconds);
        Assert.Equal(10, DelayMs(0, 15));
    }

    [Fact]
    public void a_clock_that_is_set_back_by_far_is_noticed_at_once()
    {
        Assert.Equal(0, DelayMs(0, 5));
        Assert.Equal(0, DelayMs(-3600, 5));
        Assert.Equal(10, DelayMs(-3600, 15));
    }

    [Fact]
    public void a_clock_that_is_set_back_by_little_is_noticed_after_a_while()
    {
        Assert.Equal(0, DelayMs(0, 5));
        Assert.Equal(10_000, DelayMs(-10, 5));
        for (var minute = 0; minute < 3; minute++)
        {
            time.Advance(TimeSpan.FromSeconds(61));
            DelayMs(-10, 5);
        }
        Assert.Equal(0, DelayMs(-10, 5));
    }

    [Fact]
    public void forgets_the_oldest_sender_beyond_its_limit()
    {
        Assert.Equal(0, DelayMs(0, 5));
        for (var i = 0; i < SenderClocks.MaxSenders; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            clocks.DelayOf(Guid.NewGuid(), Now);
        }
        Assert.Equal(0, DelayMs(0, 500));
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>The delay that is measured of a call that took so long.</summary>
    private int DelayMs(int secondsApart, int tookMs) =>
        (int)clocks.DelayOf(Sender, Now - tookMs + (secondsApart * 1000L)).TotalMilliseconds;
}
