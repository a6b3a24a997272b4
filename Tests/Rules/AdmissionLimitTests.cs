using Microsoft.Extensions.Time.Testing;
using SoonShop.ApiFrontend.Cluster;

namespace SoonShop.Tests.Rules;

public sealed class AdmissionLimitTests
{
    private static readonly TimeSpan Fast = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(900);
    private readonly FakeTimeProvider time = new();

    [Fact]
    public async Task lets_in_up_to_the_limit_and_refuses_the_rest_at_once_when_nobody_may_wait()
    {
        var limit = Limit(2, maxWaiting: 0);
        Assert.True(await EnterAsync(limit));
        Assert.True(await EnterAsync(limit));
        Assert.False(await EnterAsync(limit));
        limit.Leave(Fast);
        Assert.True(await EnterAsync(limit));
    }

    [Fact]
    public async Task what_goes_before_others_is_let_in_always_and_counted()
    {
        var limit = Limit(1, maxWaiting: 0);
        Assert.True(await EnterAsync(limit));
        Assert.True(await limit.EnterAsync(always: true, CancellationToken.None));
        Assert.Equal(2, limit.InFlight);
        limit.Leave(Fast);
        Assert.False(await EnterAsync(limit));
    }

    [Fact]
    public async Task who_waits_is_let_in_when_somebody_leaves_the_first_one_first()
    {
        var limit = Limit(1);
        Assert.True(await EnterAsync(limit));
        var (first, second) = (EnterAsync(limit), EnterAsync(limit));
        Assert.False(first.IsCompleted);
        limit.Leave(Fast);
        Assert.True(await first);
        Assert.False(second.IsCompleted);
        limit.Leave(Fast);
        Assert.True(await second);
        Assert.Equal(1, limit.InFlight);
    }

    [Fact]
    public async Task nobody_waits_longer_than_allowed_and_no_more_wait_than_allowed()
    {
        var limit = Limit(1, maxWaiting: 1);
        Assert.True(await EnterAsync(limit));
        var waiting = EnterAsync(limit);
        Assert.False(await EnterAsync(limit));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(await waiting);
        limit.Leave(Fast);
        Assert.Equal(0, limit.InFlight);
    }

    [Fact]
    public async Task who_hangs_up_gives_the_place_in_the_queue_back()
    {
        var limit = Limit(1, maxWaiting: 1);
        Assert.True(await EnterAsync(limit));
        using var client = new CancellationTokenSource();
        var waiting = limit.EnterAsync(false, client.Token).AsTask();
        await client.CancelAsync();
        Assert.False(await waiting);
        var next = EnterAsync(limit);
        limit.Leave(Fast);
        Assert.True(await next);
    }

    [Fact]
    public async Task rises_while_requests_are_fast_and_there_is_demand()
    {
        var limit = Limit(10, min: 2, max: 100, maxWaiting: 0);
        await LoadAsync(limit, 3000, Fast);
        Assert.InRange(limit.Limit, 50, 100);
    }

    [Fact]
    public async Task stays_where_it_is_without_demand()
    {
        var limit = Limit(10, min: 2, max: 100);
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(await EnterAsync(limit));
            limit.Leave(Fast);
        }
        Assert.Equal(10, limit.Limit);
    }

    [Fact]
    public async Task falls_to_its_minimum_and_no_further_while_half_of_the_requests_are_slow()
    {
        var limit = Limit(50, min: 5, max: 100, maxWaiting: 0);
        await LoadAsync(limit, 3000, Slow);
        Assert.Equal(5, limit.Limit);
        await LoadAsync(limit, 3000, Fast);
        Assert.InRange(limit.Limit, 30, 100);
    }

    [Fact]
    public async Task one_pause_that_makes_all_that_is_under_way_slow_lowers_it_once()
    {
        var limit = Limit(200, min: 5, max: 200, maxWaiting: 0);
        for (var i = 0; i < 200; i++)
            Assert.True(await EnterAsync(limit));
        time.Advance(Slow);
        for (var i = 0; i < 200; i++)
            limit.Leave(Slow);
        Assert.Equal(170, limit.Limit);
    }

    [Fact]
    public async Task a_few_slow_requests_do_not_lower_it()
    {
        var limit = Limit(50, min: 5, max: 60, maxWaiting: 0);
        var n = 0;
        await LoadAsync(limit, 3000, () => n++ % 3 == 0 ? Slow : Fast);
        Assert.Equal(60, limit.Limit);
    }

    [Fact]
    public async Task never_counts_wrongly_when_many_come_wait_give_up_and_leave_at_once()
    {
        var limit = new AdmissionLimit(Options(8, 4, 64, 16, 5), TimeProvider.System);
        var most = 0;
        var inside = 0;
        await Task.WhenAll(Enumerable.Range(0, 64).Select(n => Task.Run(async () =>
        {
            var random = new Random(n);
            for (var i = 0; i < 200; i++)
            {
                using var client = new CancellationTokenSource();
                if (random.Next(4) == 0)
                    client.CancelAfter(random.Next(3));
                if (!await limit.EnterAsync(false, client.Token))
                    continue;
                var now = Interlocked.Increment(ref inside);
                InterlockedMax(ref most, now);
                await Task.Yield();
                Interlocked.Decrement(ref inside);
                limit.Leave(random.Next(2) == 0 ? Fast : Slow);
            }
        })));
        Assert.Equal(0, limit.InFlight);
        Assert.InRange(most, 1, 64);
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value > seen; seen = Volatile.Read(ref target))
        {
            if (Interlocked.CompareExchange(ref target, value, seen) == seen)
                return;
        }
    }

    /// <summary>As many at once as are let in, each with its duration.</summary>
    private Task LoadAsync(AdmissionLimit limit, int requests, TimeSpan duration) => LoadAsync(limit, requests, () => duration);

    private async Task LoadAsync(AdmissionLimit limit, int requests, Func<TimeSpan> duration)
    {
        while (requests > 0)
        {
            var inside = 0;
            while (await EnterAsync(limit))
                inside++;
            time.Advance(Slow);
            for (; inside > 0; inside--, requests--)
                limit.Leave(duration());
        }
    }

    private static Task<bool> EnterAsync(AdmissionLimit limit) => limit.EnterAsync(always: false, CancellationToken.None).AsTask();

    private AdmissionLimit Limit(int initial, int? min = null, int? max = null, int maxWaiting = 10) =>
        new(Options(initial, min ?? initial, max ?? initial, maxWaiting, 500), time);

    private static AdmissionOptions Options(int initial, int min, int max, int maxWaiting, int maxWaitMs) => new()
    {
        InitialLimit = initial,
        MinLimit = min,
        MaxLimit = max,
        MaxWaiting = maxWaiting,
        MaxWaitMilliseconds = maxWaitMs,
        TargetMilliseconds = 250,
    };
}
