using Orleans.Streams;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Streams;

/// <summary>Events that are published reach their consumers, in order, and are acknowledged.</summary>
public sealed class DeliveryTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task what_is_published_reaches_an_implicit_consumer_in_order_and_is_not_delivered_again_after_a_restart()
    {
        await using var database = await StreamDatabase.CreateAsync();
        var key = Guid.NewGuid().ToString("N");
        await using (var silo = await StreamSilo.StartAsync(database))
        {
            var stream = silo.Streams.GetStream<PlainEvent>("plain", key);
            for (var i = 0; i < 20; i++)
                await stream.OnNextAsync(new PlainEvent(i));
            await Until.TrueAsync("all arrived", Patience, () => Task.FromResult(Arrivals.CountOf(key) >= 20));
            await database.IsDrainedAsync();
        }
        await using (var silo = await StreamSilo.StartAsync(database))
        {
            await silo.Streams.GetStream<PlainEvent>("plain", key).OnNextAsync(new PlainEvent(20));
            await Until.TrueAsync("the last arrived", Patience, () => Task.FromResult(Arrivals.CountOf(key) >= 21));
        }
        Assert.Equal(Enumerable.Range(0, 21).Select(i => $"{i}"), Arrivals.Of(key));
    }
}
