using CsCheck;
using Microsoft.Extensions.Time.Testing;
using SoonShop.RateLimits;

namespace SoonShop.Tests.Rules;

public sealed class SlidingWindowTests
{
    private static readonly RateLimit Three = new(3, TimeSpan.FromSeconds(60));
    private readonly FakeTimeProvider time = new(Given.Now);
    private readonly SlidingWindow window;

    public SlidingWindowTests() => window = new SlidingWindow(time);

    [Fact]
    public void so_many_are_granted_and_the_next_is_told_when()
    {
        Assert.Equal(new RateLimitResult(true, 2, TimeSpan.FromSeconds(60)), window.Take(Three));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(new RateLimitResult(true, 1, TimeSpan.FromSeconds(50)), window.Take(Three));
        Assert.Equal(new RateLimitResult(true, 0, TimeSpan.FromSeconds(50)), window.Take(Three));
        Assert.Equal(new RateLimitResult(false, 0, TimeSpan.FromSeconds(50)), window.Take(Three));
    }

    [Fact]
    public void a_window_after_a_request_there_is_room_for_one_again()
    {
        Take(1);
        time.Advance(TimeSpan.FromSeconds(30));
        Take(2);
        time.Advance(TimeSpan.FromSeconds(30) - TimeSpan.FromTicks(1));
        Assert.Equal(new RateLimitResult(false, 0, TimeSpan.FromTicks(1)), window.Take(Three));
        time.Advance(TimeSpan.FromTicks(1));
        Assert.True(window.Take(Three).Granted);
        Assert.Equal(new RateLimitResult(false, 0, TimeSpan.FromSeconds(30)), window.Take(Three));
    }

    [Fact]
    public void what_is_refused_does_not_count()
    {
        Take(3);
        for (var i = 0; i < 59; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.False(window.Take(Three).Granted);
        }
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new RateLimitResult(true, 2, TimeSpan.FromSeconds(60)), window.Take(Three));
    }

    [Fact]
    public void a_lower_limit_holds_at_once_and_tells_when_there_is_room_by_it()
    {
        for (var i = 0; i < 3; i++)
        {
            Take(1);
            time.Advance(TimeSpan.FromSeconds(10));
        }
        // Granted 30, 20 and 10 seconds ago: two must leave for one to enter.
        Assert.Equal(new RateLimitResult(false, 0, TimeSpan.FromSeconds(50)), window.Take(Three with { Requests = 1 }));
        Assert.Equal(new RateLimitResult(true, 1, TimeSpan.FromSeconds(30)), window.Take(Three with { Requests = 5 }));
    }

    [Fact]
    public void in_no_window_there_are_more_than_the_limit() => Gen.Int[0, 40].Array[1, 200].Sample(pauses =>
    {
        var (clock, granted) = (new FakeTimeProvider(Given.Now), new List<DateTimeOffset>());
        var any = new SlidingWindow(clock);
        foreach (var pause in pauses)
        {
            clock.Advance(TimeSpan.FromSeconds(pause));
            var result = any.Take(Three);
            var recent = granted.Count(g => clock.GetUtcNow() - g < Three.Window);
            Assert.Equal(recent < Three.Requests, result.Granted);
            Assert.Equal(Math.Max(0, Three.Requests - recent - 1), result.Remaining);
            Assert.InRange(result.More, TimeSpan.FromTicks(1), Three.Window);
            if (result.Granted)
                granted.Add(clock.GetUtcNow());
        }
    });

    private void Take(int times)
    {
        for (var i = 0; i < times; i++)
            Assert.True(window.Take(Three).Granted);
    }
}
