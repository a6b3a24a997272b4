using Microsoft.Extensions.Time.Testing;
using SoonShop.ServiceDefaults;

namespace SoonShop.Tests.Rules;

public sealed class PeriodicTimersTests
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>A cancellation that is not the stop, such as that of a time limit inside the round, is a failure like any other.</summary>
    [Fact]
    public async Task a_round_that_fails_is_reported_and_the_next_one_runs()
    {
        var time = new FakeTimeProvider();
        using var timer = new PeriodicTimer(Period, time);
        using var stop = new CancellationTokenSource();
        var rounds = new SemaphoreSlim(0);
        var (count, failures) = (0, new List<Exception>());
        var repetition = timer.RepeatAsync(
            _ =>
            {
                rounds.Release();
                return ++count switch
                {
                    1 => throw new InvalidOperationException("first"),
                    2 => throw new OperationCanceledException("second"),
                    _ => Task.CompletedTask,
                };
            },
            failures.Add, stop.Token);

        for (var round = 0; round < 3; round++)
        {
            time.Advance(Period);
            await rounds.WaitAsync(TestContext.Current.CancellationToken);
        }
        await stop.CancelAsync();
        await repetition;

        Assert.Equal(3, count);
        Assert.Equal(["first", "second"], failures.Select(f => f.Message));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task the_first_round_runs_at_once_where_it_is_asked_for(bool atOnce)
    {
        using var timer = new PeriodicTimer(Period, new FakeTimeProvider());
        using var stop = new CancellationTokenSource();
        var rounds = 0;
        var repetition = timer.RepeatAsync(
            _ =>
            {
                rounds++;
                return Task.CompletedTask;
            },
            e => Assert.Fail(e.Message), stop.Token, atOnce);
        await stop.CancelAsync();
        await repetition;

        Assert.Equal(atOnce ? 1 : 0, rounds);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task what_the_stop_interrupts_is_no_failure(bool isCancellation)
    {
        var time = new FakeTimeProvider();
        using var timer = new PeriodicTimer(Period, time);
        using var stop = new CancellationTokenSource();
        var began = new TaskCompletionSource();
        var failures = new List<Exception>();
        var repetition = timer.RepeatAsync(
            async stopping =>
            {
                began.SetResult();
                await Task.Delay(Timeout.Infinite, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                throw isCancellation ? new OperationCanceledException(stopping) : new InvalidOperationException("the connection is closed");
            },
            failures.Add, stop.Token);

        time.Advance(Period);
        await began.Task;
        await stop.CancelAsync();
        await repetition;

        Assert.Empty(failures);
    }
}
