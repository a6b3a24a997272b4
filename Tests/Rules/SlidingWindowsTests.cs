using CsCheck;
using Microsoft.Extensions.Time.Testing;
using SoonShop.RateLimits;

namespace SoonShop.Tests.Rules;

public sealed class SlidingWindowsTests
{
    private static readonly RateLimit Three = new(3, TimeSpan.FromSeconds(60));
    private static readonly Guid Ada = Given.Id(1), Bob = Given.Id(2);
    private readonly FakeTimeProvider time = new(Given.Now);
    private readonly SlidingWindows windows;

    public SlidingWindowsTests() => windows = new SlidingWindows(time, 64);

    /// <summary>More subjects and requests than the ring has room for at first.</summary>
    [Fact]
    public void each_subject_has_a_window_of_its_own_as_if_it_were_alone() =>
        Gen.Select(Gen.Int[0, 12], Gen.Int[0, 9]).Array[1, 300].Sample(requests =>
        {
            var clock = new FakeTimeProvider(Given.Now);
            var (all, alone) = (new SlidingWindows(clock, 1024), new Dictionary<int, SlidingWindow>());
            foreach (var (pause, subject) in requests)
            {
                clock.Advance(TimeSpan.FromSeconds(pause));
                if (!alone.TryGetValue(subject, out var window))
                    alone.Add(subject, window = new SlidingWindow(clock));
                Assert.Equal(window.Take(Three), all.Take(Given.Id(subject), Three));
            }
        });

    [Fact]
    public void one_with_a_name_counts_once_and_is_granted_again_within_the_window()
    {
        Assert.True(windows.Take(Ada, Three, Given.Id(1)).Granted);
        Assert.True(windows.Take(Ada, Three).Granted);
        Assert.True(windows.Take(Ada, Three).Granted);
        Assert.True(windows.Take(Ada, Three, Given.Id(1)).Granted);
        Assert.False(windows.Take(Ada, Three, Given.Id(2)).Granted);
        Assert.False(windows.Take(Ada, Three).Granted);
        Assert.True(windows.Take(Bob, Three, Given.Id(1)).Granted);
        time.Advance(TimeSpan.FromSeconds(60));
        Assert.Equal(2, windows.Take(Ada, Three, Given.Id(1)).Remaining);
    }

    [Fact]
    public void a_lower_limit_holds_at_once_and_tells_when_there_is_room_by_it()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.True(windows.Take(Ada, Three).Granted);
            time.Advance(TimeSpan.FromSeconds(10));
        }
        // Granted 30, 20 and 10 seconds ago: two must leave for one to enter.
        Assert.Equal(new RateLimitResult(false, 0, TimeSpan.FromSeconds(50)), windows.Take(Ada, Three with { Requests = 1 }));
        Assert.Equal(new RateLimitResult(true, 1, TimeSpan.FromSeconds(30)), windows.Take(Ada, Three with { Requests = 5 }));
    }

    /// <summary>Both limits of mails to one address hold whoever asks in between.</summary>
    [Fact]
    public void a_shorter_window_forgets_nothing_that_a_longer_one_counts()
    {
        var hour = new RateLimit(1, TimeSpan.FromHours(1));
        Assert.True(windows.Take(Ada, hour).Granted);
        time.Advance(TimeSpan.FromMinutes(30));
        Assert.True(windows.Take(Ada, Three).Granted);
        Assert.False(windows.Take(Ada, hour).Granted);
        time.Advance(TimeSpan.FromHours(1));
        Assert.True(windows.Take(Ada, hour).Granted);
    }

    [Fact]
    public void of_more_than_are_remembered_the_oldest_are_forgotten()
    {
        var one = Three with { Requests = 1 };
        for (var n = 0; n < 64; n++)
            Assert.True(windows.Take(Given.Id(n), one).Granted);
        Assert.All(Enumerable.Range(0, 64), n => Assert.False(windows.Take(Given.Id(n), one).Granted));
        Assert.True(windows.Take(Given.Id(64), one).Granted);
        Assert.False(windows.Take(Given.Id(1), one).Granted);
        Assert.True(windows.Take(Given.Id(0), one).Granted);
        Assert.True(windows.Take(Given.Id(1), one).Granted);
    }
}
