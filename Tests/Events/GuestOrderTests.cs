using Microsoft.Extensions.DependencyInjection;
using SoonShop.Events;
using SoonShop.Orders;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Tests.Grains;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Events;

/// <summary>What the events of guests' orders ask of Orleans' streams.</summary>
public sealed class GuestOrderTests(CountingSilo silo) : IClassFixture<CountingSilo>
{
    private const int Guests = 100;

    [Fact]
    public async Task a_hundred_guests_orders_need_no_streams_of_their_own()
    {
        var together = new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken };
        await Parallel.ForAsync(0, Guests, together, async (_, _) =>
        {
            var (buyer, _) = await silo.BuyerAsync();
            var placed = (await silo.Grains.GetGrain<IOrderGrain>(Guid.NewGuid()).PlaceAsync(CountingSilo.Command(buyer))).Result;
            Assert.Equal(OrderStatus.Confirmed, placed.Value?.Status);
        });
        await Until.TrueAsync("everything is acknowledged", TimeSpan.FromSeconds(30), async () =>
            await silo.QueryAsync<long>(
                "select count(*) from event e join stream_queue q on q.id = e.queue where e.due_at is null and e.position > q.watermark")
                    == 0);

        var readers = silo.Services.GetRequiredKeyedService<StreamRuntime>(ShopStreams.Provider).Signal.Readers.ToArray();
        Assert.InRange(readers.Sum(r => r.Cache.Streams), 1, readers.Length);
        var consumers = silo.Calls.Keys.Where(k => k.EndsWith("/DeliverBatch", StringComparison.Ordinal)).ToArray();
        Assert.InRange(consumers.Length, 1, readers.Length);
        Assert.InRange(silo.Calls.Keys.Count(k => k.EndsWith("/RetryAsync", StringComparison.Ordinal)), Guests, int.MaxValue);
        Assert.DoesNotContain(silo.Calls.Keys, k => k.EndsWith("/WakeAsync", StringComparison.Ordinal));
    }
}
