using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SoonShop.ApiFrontend.Cluster;

namespace SoonShop.Tests.Rules;

public sealed class ClusterBreakerTests
{
    private readonly FakeTimeProvider time = new();
    private int asked;

    [Fact]
    public async Task opens_when_the_cluster_does_not_answer_and_then_asks_nothing()
    {
        var breaker = Breaker();
        await CallAsync(breaker, 20, n => Rejection());
        Assert.True(breaker.IsOpen);
        asked = 0;
        for (var i = 0; i < 100; i++)
            await Assert.ThrowsAsync<UnavailableException>(() => OnceAsync(breaker, Grain(i), null));
        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task stays_open_however_long_until_it_is_closed()
    {
        var breaker = Breaker();
        await CallAsync(breaker, 20, n => Rejection());
        time.Advance(TimeSpan.FromHours(1));
        await Assert.ThrowsAsync<UnavailableException>(() => OnceAsync(breaker, Grain(1), null));
        await breaker.CloseAsync();
        Assert.False(breaker.IsOpen);
        await OnceAsync(breaker, Grain(1), null);
    }

    [Fact]
    public async Task does_not_open_while_some_are_answered()
    {
        var breaker = Breaker();
        await CallAsync(breaker, 400, n => n % 10 == 0 ? null : Rejection());
        Assert.False(breaker.IsOpen);
    }

    [Fact]
    public async Task what_a_silo_answers_does_not_open_it()
    {
        var breaker = Breaker();
        await CallAsync(breaker, 200, n => (n % 3) switch
        {
            0 => new UnavailableException("The payment provider did not answer in time."),
            1 => new InvalidOperationException("A bug."),
            _ => new OperationCanceledException(),
        });
        Assert.False(breaker.IsOpen);
    }

    [Fact]
    public async Task one_slow_grain_does_not_open_it_and_neither_do_a_few()
    {
        var breaker = Breaker();
        await CallAsync(breaker, 200, _ => new TimeoutException(), grains: 1);
        await CallAsync(breaker, 200, _ => new TimeoutException(), grains: 4);
        Assert.False(breaker.IsOpen);
    }

    [Fact]
    public async Task time_limits_all_over_the_shop_open_it()
    {
        var breaker = Breaker();
        await CallAsync(breaker, 200, _ => new TimeoutException(), grains: 50);
        Assert.True(breaker.IsOpen);
    }

    [Fact]
    public async Task can_be_switched_off()
    {
        var breaker = Breaker(enabled: false);
        await CallAsync(breaker, 200, _ => Rejection());
        Assert.False(breaker.IsOpen);
        Assert.Equal(200, asked);
    }

    private static SiloUnavailableException Rejection() => new("No gateways available");

    private static GrainId Grain(int n) => GrainId.Create("cart", $"{n}");

    private async Task CallAsync(ClusterBreaker breaker, int times, Func<int, Exception?> outcome, int grains = 10)
    {
        for (var i = 0; i < times; i++)
        {
            try
            {
                await OnceAsync(breaker, Grain(i % grains), outcome(i));
            }
            catch (Exception)
            {
                // The caller's affair.
            }
        }
    }

    private Task OnceAsync(ClusterBreaker breaker, GrainId grain, Exception? outcome) => breaker.CallAsync(
        grain,
        e =>
        {
            asked++;
            return e is null ? Task.CompletedTask : Task.FromException(e);
        },
        outcome);

    private ClusterBreaker Breaker(bool enabled = true)
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        return new(new ClusterClientOptions { BreakerEnabled = enabled }, new GatewayMetrics(meters), time,
            NullLogger<ClusterBreaker>.Instance);
    }
}
