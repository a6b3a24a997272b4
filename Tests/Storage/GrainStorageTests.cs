using Npgsql;
using Orleans.Storage;
using SoonShop.Aggregates;
using SoonShop.Carts;
using SoonShop.Inventory;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Storage;

/// <summary>The contract of the state table: state, events and ledger rows commit together, once, in the order of versions.</summary>
[Collection(nameof(InProcessSilo))]
public sealed class GrainStorageTests(InProcessSilo silo)
{
    private const string Name = "cart";

    [Fact]
    public async Task state_and_events_commit_together()
    {
        var id = NewId();
        var state = await WriteAsync(id, Read(), Events(id, 1, 2));
        Assert.True(state.RecordExists);
        Assert.Equal(2, await EventsOfAsync(id));
        Assert.Equal("1", (await ReadAsync(id)).ETag);
    }

    [Fact]
    public async Task a_stale_write_is_refused_with_its_events()
    {
        var id = NewId();
        await WriteAsync(id, Read(), Events(id, 1));
        var (first, second) = (await ReadAsync(id), await ReadAsync(id));
        await WriteAsync(id, first, Events(id, 2));
        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync(id, second, Events(id, 2, 3)));
        Assert.Equal(2, await EventsOfAsync(id));
        Assert.Equal("2", (await ReadAsync(id)).ETag);
    }

    [Fact]
    public async Task of_concurrent_first_writes_one_wins()
    {
        var id = NewId();
        var tries = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            try
            {
                await WriteAsync(id, Read(), Events(id, 1));
                return true;
            }
            catch (InconsistentStateException)
            {
                return false;
            }
        }));
        Assert.Equal(1, tries.Count(won => won));
        Assert.Equal(1, await EventsOfAsync(id));
    }

    [Fact]
    public async Task an_event_that_is_there_already_fails_the_whole_write()
    {
        var id = NewId();
        var state = await WriteAsync(id, Read(), Events(id, 1));
        await Assert.ThrowsAsync<PostgresException>(() => WriteAsync(id, state, Events(id, 2, 1)));
        Assert.Equal(1, await EventsOfAsync(id));
        Assert.Equal("1", (await ReadAsync(id)).ETag);
    }

    [Fact]
    public async Task a_stock_operation_that_is_there_already_fails_the_whole_write()
    {
        var id = NewId();
        var row = new LedgerRow($"SKU-{Guid.NewGuid():N}", 1, "order/reserve", DateTimeOffset.UtcNow, "Reservation", 1, 5, 1, null);
        var state = await WriteAsync(id, Read(), [], row);
        await Assert.ThrowsAsync<PostgresException>(() => WriteAsync(id, state, Events(id, 1), row with { Sequence = 2 }));
        Assert.Equal(0, await EventsOfAsync(id));
        Assert.Equal("1", (await ReadAsync(id)).ETag);
    }

    [Fact]
    public async Task what_is_not_there_reads_as_new()
    {
        var state = await ReadAsync(NewId());
        Assert.False(state.RecordExists);
        Assert.Null(state.ETag);
        Assert.Null(state.State?.State);
    }

    [Fact]
    public async Task a_cleared_state_keeps_its_version_and_can_be_written_again()
    {
        var id = NewId();
        var state = await WriteAsync(id, Read(), []);
        var stale = await ReadAsync(id);
        await silo.Storage.ClearStateAsync(Name, id, state);
        var cleared = await ReadAsync(id);
        Assert.False(cleared.RecordExists);
        Assert.Equal("2", cleared.ETag);
        await Assert.ThrowsAsync<InconsistentStateException>(() => WriteAsync(id, stale, []));
        await WriteAsync(id, cleared, []);
        Assert.True((await ReadAsync(id)).RecordExists);
    }

    [Fact]
    public async Task keys_that_look_alike_as_numbers_stay_apart()
    {
        foreach (var sku in (string[])["020235", "20235", "0X20235", "ABCDEF"])
            await silo.CreateProductAsync(sku);
        Assert.Equal(4L, await silo.QueryAsync<long>(
            "select count(*) from grain_state_product where grain_key in ('sku/020235', 'sku/20235', 'sku/0X20235', 'sku/ABCDEF')"));
    }

    [Fact]
    public async Task a_guid_key_stands_in_the_table_as_it_is_written_elsewhere()
    {
        var cart = Guid.NewGuid();
        await silo.Grains.GetGrain<ICartGrain>(cart).OpenForGuestAsync();
        Assert.Equal(1L, await silo.QueryAsync<long>("select count(*) from grain_state_cart where grain_key = $1", cart.ToString("N")));
    }

    [Fact]
    public async Task a_failed_write_leaves_the_old_state_in_the_grain()
    {
        var sku = await silo.CreateProductAsync();
        var item = silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku));
        await item.AdjustAsync(new AdjustStock("first", 5, "delivery", null));
        // The next movement's place in the ledger is taken: the write must fail, and nothing of it may show.
        await silo.QueryAsync<int>(
            "insert into stock_ledger values ($1, 2, 'intruder', now(), 'Adjustment', 0, 5, 0, null) returning 1", sku);
        await Assert.ThrowsAsync<UnavailableException>(() => item.AdjustAsync(new AdjustStock("second", 7, "delivery", null)));
        Assert.Equal(5, (await item.GetAsync()).Value!.OnHand);
        await silo.QueryAsync<int>("with gone as (delete from stock_ledger where sku = $1 and operation_id = 'intruder' returning 1) select 1 from gone", sku);
        Assert.Equal(12, (await item.AdjustAsync(new AdjustStock("second", 7, "delivery", null))).Value!.OnHand);
    }

    private static GrainId NewId() => GrainId.Create("cart", Guid.NewGuid().ToString("N"));

    private static GrainState<Document<CartState>> Read() => new() { State = new Document<CartState>() };

    private async Task<GrainState<Document<CartState>>> ReadAsync(GrainId id)
    {
        var state = Read();
        await silo.Storage.ReadStateAsync(Name, id, state);
        return state;
    }

    private async Task<GrainState<Document<CartState>>> WriteAsync(
        GrainId id, GrainState<Document<CartState>> state, EventEnvelope[] events, params LedgerRow[] ledger)
    {
        state.State = new Document<CartState> { State = CartState.Empty(true), Events = events, Ledger = ledger };
        await silo.Storage.WriteStateAsync(Name, id, state);
        return state;
    }

    private static EventEnvelope[] Events(GrainId id, params int[] sequences) =>
    [
        .. sequences.Select(n => new EventEnvelope(
            $"{id}#{n}", $"{id}", n, "inventory.out-of-stock", "x", "cart", "x", DateTimeOffset.UtcNow, null, null, null, null, new InventoryOutOfStock("X"))),
    ];

    private Task<long> EventsOfAsync(GrainId id) => silo.QueryAsync<long>("select count(*) from event where source = $1", $"{id}");
}
