using Microsoft.Extensions.Time.Testing;
using SoonShop.Users;

namespace SoonShop.Tests.Rules;

public sealed class LoginThrottleTests
{
    private static readonly TimeSpan Lockout = TimeSpan.FromMinutes(15);
    private readonly FakeTimeProvider time = new(Given.Now);
    private readonly LoginThrottle throttle;

    public LoginThrottleTests() =>
        throttle = new LoginThrottle(new AccountsOptions { MaxFailedLogins = 3, LockoutMinutes = (int)Lockout.TotalMinutes }, time);

    [Fact]
    public async Task too_many_failures_lock_for_a_while()
    {
        await FailAsync(2);
        Assert.Null(await LockedForAsync());

        await FailAsync(1);
        Assert.Equal(Lockout, await LockedForAsync());
        time.Advance(Lockout - TimeSpan.FromTicks(1));
        Assert.Equal(TimeSpan.FromTicks(1), await LockedForAsync());
        time.Advance(TimeSpan.FromTicks(1));
        Assert.Null(await LockedForAsync());
    }

    [Fact]
    public async Task the_count_of_an_account_lives_for_a_day_and_that_of_an_unknown_address_no_longer_than_a_wait()
    {
        await FailAsync(1);
        Assert.Equal(TimeSpan.FromHours(24) + TimeSpan.FromMinutes(1), throttle.MemoryOf(isAccount: true));
        Assert.Equal(Lockout + TimeSpan.FromMinutes(1), throttle.MemoryOf(isAccount: false));
        for (var i = 0; i < 20; i++)
            throttle.Failed($"network {i}");
        Assert.Equal(TimeSpan.FromHours(24) + TimeSpan.FromMinutes(1), throttle.MemoryOf(isAccount: false));
    }

    [Fact]
    public async Task after_a_lock_the_count_begins_anew()
    {
        await FailAsync(3);
        time.Advance(Lockout);

        await FailAsync(2);
        Assert.Null(await LockedForAsync());
        await FailAsync(1);
        Assert.NotNull(await LockedForAsync());
    }

    [Fact]
    public async Task an_old_series_is_forgotten()
    {
        await FailAsync(2);
        time.Advance(Lockout + TimeSpan.FromTicks(1));
        await FailAsync(1);

        Assert.Null(await LockedForAsync());
    }

    [Fact]
    public async Task slow_guesses_count_as_long_as_none_is_late()
    {
        for (var i = 0; i < 3; i++)
        {
            time.Advance(Lockout);
            await FailAsync(1);
        }

        Assert.NotNull(await LockedForAsync());
    }

    [Fact]
    public async Task a_reset_forgets_failures_and_lock()
    {
        await FailAsync(3);
        throttle.Reset();
        Assert.Null(await LockedForAsync());

        await FailAsync(2);
        throttle.Reset();
        await FailAsync(2);
        Assert.Null(await LockedForAsync());
    }

    [Fact]
    public async Task a_burst_of_guesses_is_looked_at_one_by_one_and_cannot_pass_the_lock()
    {
        var guesses = Enumerable.Range(0, 20).Select(_ => throttle.EnterAsync()).ToArray();
        _ = Assert.Single(guesses, g => g.IsCompleted);

        var tried = 0;
        foreach (var guess in guesses)
        {
            using var turn = await guess;
            if (turn.LockedFor is not null)
                continue;
            tried++;
            throttle.Failed();
        }

        Assert.Equal(3, tried);
    }

    [Fact]
    public async Task the_queue_is_bounded_and_who_is_turned_away_holds_up_nobody()
    {
        var first = await throttle.EnterAsync();
        var waiting = Enumerable.Range(0, 50).Select(_ => throttle.EnterAsync()).ToArray();

        using (var turnedAway = await throttle.EnterAsync())
            Assert.NotNull(turnedAway.LockedFor);
        Assert.DoesNotContain(waiting, w => w.IsCompleted);

        first.Dispose();
        foreach (var turn in waiting)
            (await turn).Dispose();
        Assert.Null(await LockedForAsync());
    }

    [Fact]
    public async Task guesses_from_one_network_keep_nobody_out_who_comes_from_another()
    {
        await FailAsync(3, "attacker");
        Assert.NotNull(await LockedForAsync("attacker"));
        Assert.Null(await LockedForAsync("owner"));

        throttle.Succeeded("owner");
        Assert.NotNull(await LockedForAsync("attacker"));
    }

    [Fact]
    public async Task an_attacker_with_many_networks_has_a_hundred_guesses_in_a_row()
    {
        var guesses = 0;
        for (var network = 0; network < 1000; network++)
        {
            if (await LockedForAsync($"{network}") is not null)
                break;
            await FailAsync(1, $"{network}");
            guesses++;
        }
        Assert.Equal(100, guesses);
        Assert.NotNull(await LockedForAsync("owner"));
        time.Advance(TimeSpan.FromHours(23));
        Assert.NotNull(await LockedForAsync("owner"));

        throttle.Reset();
        Assert.Null(await LockedForAsync("owner"));
    }

    [Fact]
    public async Task it_is_empty_while_no_failure_of_anybody_counts()
    {
        Assert.True(throttle.IsEmpty);
        Assert.Null(await LockedForAsync());
        Assert.True(throttle.IsEmpty);
        await FailAsync(1, "one");
        await FailAsync(3, "other");
        throttle.Succeeded("one");
        // The other still waits.
        Assert.False(throttle.IsEmpty);
        throttle.Succeeded("other");
        Assert.True(throttle.IsEmpty);
        await FailAsync(1);
        throttle.Reset();
        Assert.True(throttle.IsEmpty);
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3::4", "20010db800010002")]
    [InlineData("2001:db8:1:2:ffff::", "20010db800010002")]
    [InlineData(null, "")]
    public void a_network_is_what_one_customer_has(string? address, string network) =>
        Assert.Equal(network, LoginThrottle.NetworkOf(address));

    private async Task FailAsync(int times, string source = "")
    {
        for (var i = 0; i < times; i++)
        {
            using var turn = await throttle.EnterAsync(source);
            throttle.Failed(source);
        }
    }

    private async Task<TimeSpan?> LockedForAsync(string source = "")
    {
        using var turn = await throttle.EnterAsync(source);
        return turn.LockedFor;
    }
}
