using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using SoonShop.Carts;
using SoonShop.Events;
using SoonShop.Inventory;
using SoonShop.Orders;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Tests.Events;
using SoonShop.Tests.Grains;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// What events cost a silo in processor time when they come by the lanes of their queues, and when each customer's come by a stream of
/// their own: as many for new customers, and guests' orders, through grains. In turn, and as a ratio: the machine may have other work.
/// <c>./test.sh bench LaneBenchmark</c>
/// </summary>
public sealed class LaneBenchmark(ITestOutputHelper output)
{
    private const int Rounds = 3;
    private const int Events = 4000;
    private const int Orders = 300;

    [Fact(Explicit = true)]
    public async Task processor_time_by_lanes_and_by_customers_streams()
    {
        var byLanes = new List<Cost>();
        var byStreams = new List<Cost>();
        for (var round = 0; round < Rounds; round++)
        {
            byLanes.Add(await MeasureAsync(lanes: true));
            byStreams.Add(await MeasureAsync(lanes: false));
            output.WriteLine($"lanes {byLanes[^1]}; streams {byStreams[^1]}");
        }
        var (lanes, streams) = (byLanes.Min(c => c.Event), byStreams.Min(c => c.Event));
        output.WriteLine(
            $"An event to a new customer's handler: {lanes:F3} ms by lanes, {streams:F3} ms by streams, ratio {lanes / streams:F2}");
        (lanes, streams) = (byLanes.Min(c => c.Order), byStreams.Min(c => c.Order));
        output.WriteLine(
            $"A guest's order with all its events: {lanes:F2} ms by lanes, {streams:F2} ms by streams, ratio {lanes / streams:F2}");
    }

    private static async Task<Cost> MeasureAsync(bool lanes)
    {
        var silo = new MeasuredSilo(lanes);
        await silo.InitializeAsync();
        try
        {
            await silo.EventsAsync(Events / 4);
            var (events, eventReads) = await silo.ProcessorTimeAsync(() => silo.EventsAsync(Events));
            await silo.OrdersAsync(await silo.GuestsAsync(Orders / 3));
            var guests = await silo.GuestsAsync(Orders);
            var (orders, orderReads) = await silo.ProcessorTimeAsync(() => silo.OrdersAsync(guests));
            return new Cost(events / Events, (double)eventReads / Events, orders / Orders, (double)orderReads / Orders);
        }
        finally
        {
            await silo.DisposeAsync();
        }
    }

    private sealed record Cost(double Event, double EventTransactions, double Order, double OrderTransactions)
    {
        public override string ToString() =>
            $"{Event:F3} ms and {EventTransactions:F2} transactions an event, {Order:F2} ms and {OrderTransactions:F1} transactions an "
                + "order";
    }

    private sealed class MeasuredSilo(bool lanes) : InProcessSilo
    {
        private string sku = "";

        protected override void Configure(ISiloBuilder silo) =>
            silo.Services.PostConfigure<PostgresStreamOptions>(ShopStreams.Provider, o =>
            {
                if (!lanes)
                    (o.Lanes, o.ReadInterval) = (null, TimeSpan.Zero);
            });

        /// <summary>The processor time of what is done, in milliseconds, and the transactions of the database meanwhile.</summary>
        public async Task<(double Milliseconds, long Transactions)> ProcessorTimeAsync(Func<Task> work)
        {
            GC.Collect();
            using var process = Process.GetCurrentProcess();
            var (before, transactions) = (process.TotalProcessorTime, await TransactionsAsync());
            await work();
            process.Refresh();
            return ((process.TotalProcessorTime - before).TotalMilliseconds, await TransactionsAsync() - transactions);
        }

        /// <summary>Commits events of new customers, some at a time as commits do, and waits until all are acknowledged.</summary>
        public async Task EventsAsync(int count)
        {
            var run = EventsSilo.NewKey();
            for (var first = 0; first < count; first += 5)
            {
                await QueryAsync<bool>("""
                    select pg_notify('soonshop_events', array_to_string(insert_events('shop', (select jsonb_agg(jsonb_build_object(
                      'id', '/test/' || k || '#1', 'source', '/test/' || k, 'sequence', 1, 'type', 'test.happened', 'subject', k,
                      'streamNamespace', 'test', 'streamKey', k, 'time', now(), 'data', jsonb_build_object('key', k, 'number', 1)))
                      from (select $1 || n as k from generate_series($2, $2 + 4) n) keys)), ',')) is not null
                    """, run, first);
                await Task.Delay(4);
            }
            await DrainAsync();
        }

        public async Task<Caller[]> GuestsAsync(int count)
        {
            if (sku.Length == 0)
            {
                sku = await CreateProductAsync();
                await Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku))
                    .AdjustAsync(new AdjustStock("stock", 100_000, "delivery", null));
            }
            var guests = Enumerable.Range(0, count).Select(_ => new Caller(null, Guid.NewGuid(), false)).ToArray();
            foreach (var guest in guests)
            {
                var cart = Grains.GetGrain<ICartGrain>(guest.CartId!.Value);
                await cart.OpenForGuestAsync();
                Assert.False((await cart.SetItemAsync(guest, sku, 1)).IsError);
            }
            await DrainAsync();
            return guests;
        }

        public async Task OrdersAsync(Caller[] guests)
        {
            await Parallel.ForEachAsync(guests, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (guest, _) =>
            {
                var placed = (await Grains.GetGrain<IOrderGrain>(Guid.NewGuid()).PlaceAsync(CountingSilo.Command(guest))).Result;
                Assert.Equal(OrderStatus.Confirmed, placed.Value?.Status);
            });
            await DrainAsync();
        }

        private Task DrainAsync() => Until.TrueAsync("everything is acknowledged", TimeSpan.FromMinutes(2), async () =>
            await QueryAsync<long>(
                "select count(*) from event e join stream_queue q on q.id = e.queue where e.due_at is null and e.position > q.watermark")
                    == 0);

        private Task<long> TransactionsAsync() =>
            QueryAsync<long>("select xact_commit from pg_stat_database where datname = current_database()");
    }
}
