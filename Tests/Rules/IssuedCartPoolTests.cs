using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SoonShop.ApiFrontend.Carts;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.Carts;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Rules;

public sealed class IssuedCartPoolTests
{
    private readonly FakeTimeProvider time = new();
    private int asked;

    [Fact]
    public async Task many_carts_cost_few_calls_and_none_is_given_twice()
    {
        var pool = Pool(Issued);
        var carts = new List<Cart>();
        for (var i = 0; i < 1000; i++)
            carts.Add((await pool.TakeAsync(CancellationToken.None))!);

        Assert.Equal(1000, carts.Select(c => c.Id).Distinct().Count());
        Assert.All(carts, c => Assert.Equal((0, "EUR", 0), (c.Items.Length, c.Subtotal.Currency, c.Subtotal.Amount)));
        Assert.InRange(asked, 1000 / 64, 1000 / 64 + 2);
    }

    [Fact]
    public async Task those_who_come_at_once_share_a_call()
    {
        var answer = new TaskCompletionSource<IssuedCarts?>();
        var pool = Pool(_ => answer.Task);
        var takers = Enumerable.Range(0, 20).Select(_ => pool.TakeAsync(CancellationToken.None).AsTask()).ToArray();
        await Until.TrueAsync("it is asked", TimeSpan.FromSeconds(20), () => Task.FromResult(asked == 1));
        answer.SetResult(await Issued(64));

        Assert.Equal(20, (await Task.WhenAll(takers)).Select(c => c!.Id).Distinct().Count());
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task what_was_held_for_long_is_not_given_out()
    {
        var first = await Issued(64);
        var answers = new Queue<IssuedCarts?>([first, await Issued(64)]);
        var pool = Pool(_ => Task.FromResult(answers.Dequeue()));
        Assert.Contains((await pool.TakeAsync(CancellationToken.None))!.Id, first!.Ids);

        time.Advance(TimeSpan.FromSeconds(31));

        Assert.DoesNotContain((await pool.TakeAsync(CancellationToken.None))!.Id, first.Ids);
        Assert.Equal(2, asked);
    }

    /// <summary>As by a cluster in which a silo is too old, by one in which all are, and by one that is busy.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(typeof(ArgumentException))]
    [InlineData(typeof(UnavailableException))]
    [InlineData(typeof(TypeLoadException))]
    public async Task where_none_are_issued_it_says_so_and_asks_again_only_after_a_while(Type? failure)
    {
        var isOld = true;
        var pool = Pool(count => !isOld ? Issued(count)
            : failure is null
                ? Task.FromResult<IssuedCarts?>(null)
                : throw (Exception)Activator.CreateInstance(failure, "It is not to be had.")!);
        for (var i = 0; i < 10; i++)
            Assert.Null(await pool.TakeAsync(CancellationToken.None));
        Assert.Equal(1, asked);

        isOld = false;
        Assert.Null(await pool.TakeAsync(CancellationToken.None));
        time.Advance(TimeSpan.FromSeconds(11));
        Assert.NotNull(await pool.TakeAsync(CancellationToken.None));
    }

    [Fact]
    public async Task a_call_that_hangs_is_not_waited_for_long()
    {
        var pool = Pool(_ => new TaskCompletionSource<IssuedCarts?>().Task);
        var taker = pool.TakeAsync(CancellationToken.None).AsTask();
        await Until.TrueAsync("it is given up", TimeSpan.FromSeconds(20), () =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(taker.IsCompleted);
        });
        Assert.Null(await taker);
    }

    [Fact]
    public async Task nothing_is_given_out_while_the_cluster_is_out_of_reach()
    {
        var breaker = Breaker();
        var pool = new IssuedCartPool(Issued, breaker, time, NullLogger<IssuedCartPool>.Instance);
        Assert.NotNull(await pool.TakeAsync(CancellationToken.None));
        for (var i = 0; i < 200; i++)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => breaker.CallAsync(
                GrainId.Create("cart", $"{i}"), static _ => Task.FromException(new CallLostException()), 0));
        }
        Assert.True(breaker.IsOpen);
        await Assert.ThrowsAsync<UnavailableException>(async () => await pool.TakeAsync(CancellationToken.None));
    }

    private IssuedCartPool Pool(Func<int, Task<IssuedCarts?>> ask) => new(count =>
    {
        Interlocked.Increment(ref asked);
        return ask(count);
    }, Breaker(), time, NullLogger<IssuedCartPool>.Instance);

    private static Task<IssuedCarts?> Issued(int count) =>
        Task.FromResult<IssuedCarts?>(new IssuedCarts([.. Enumerable.Range(0, count).Select(_ => Guid.NewGuid())], new Money(0, "EUR")));

    private ClusterBreaker Breaker()
    {
        var meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        return new(new ClusterClientOptions { BreakerEnabled = true }, new GatewayMetrics(meters), time,
            NullLogger<ClusterBreaker>.Instance);
    }
}
