using SoonShop.Inventory;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grains;

[Collection(nameof(InProcessSilo))]
public sealed class InventoryItemGrainTests(InProcessSilo silo)
{
    [Fact]
    public async Task five_hundred_buyers_at_once_get_exactly_what_is_there()
    {
        var (sku, item) = await StockedAsync(100);
        var answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => item.ReserveAsync(Guid.NewGuid(), 1, repeated: false)));
        Assert.Equal(100, answers.Count(a => !a.IsError));
        Assert.All(answers.Where(a => a.IsError), a => Assert.Equal(ErrorCode.OutOfStock, a.Error!.Code));
        await AssertBooksAsync(sku, onHand: 100, reserved: 100);
    }

    [Fact]
    public async Task buyers_at_once_share_writes()
    {
        var (sku, item) = await StockedAsync(1000);
        var before = await VersionAsync(sku);
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(_ => item.ReserveAsync(Guid.NewGuid(), 1, repeated: false)));
        Assert.InRange(await VersionAsync(sku) - before, 1, 500);
        await AssertBooksAsync(sku, onHand: 1000, reserved: 1000);
    }

    [Fact]
    public async Task a_repeated_reservation_counts_once_also_after_a_restart()
    {
        var (sku, item) = await StockedAsync(10);
        var order = Guid.NewGuid();
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => item.ReserveAsync(order, 3, repeated: true)));
        await silo.DeactivateAllAsync();
        Assert.False((await item.ReserveAsync(order, 3, repeated: true)).IsError);
        await AssertBooksAsync(sku, onHand: 10, reserved: 3);
    }

    [Fact]
    public async Task a_sale_is_made_once_also_after_a_restart()
    {
        var (sku, item) = await StockedAsync(10);
        var order = Guid.NewGuid();
        await item.ReserveAsync(order, 4, repeated: false);
        await silo.DeactivateAllAsync();
        Assert.False((await item.CommitAsync(order)).IsError);
        await silo.DeactivateAllAsync();
        Assert.False((await item.CommitAsync(order)).IsError);
        await AssertBooksAsync(sku, onHand: 6, reserved: 0);
    }

    [Fact]
    public async Task a_release_undoes_whatever_became_of_the_reservation()
    {
        var (sku, item) = await StockedAsync(10);
        var (reserved, sold) = (Guid.NewGuid(), Guid.NewGuid());
        await item.ReserveAsync(reserved, 2, repeated: false);
        await item.ReserveAsync(sold, 3, repeated: false);
        await item.CommitAsync(sold);
        await silo.DeactivateAllAsync();
        foreach (var order in (Guid[])[reserved, sold, reserved, sold])
            await item.ReleaseAsync(order);
        await AssertBooksAsync(sku, onHand: 10, reserved: 0);
        Assert.True((await item.CommitAsync(reserved)).IsError);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task sold_units_come_back_in_parts_each_once_and_never_more_than_were_sold(bool restarting)
    {
        var (sku, item) = await StockedAsync(100);
        var order = Guid.NewGuid();
        await item.ReserveAsync(order, 14, repeated: false);
        Assert.True((await item.ReturnAsync(order, 1)).IsError);
        await item.CommitAsync(order);
        // More parts than are looked up at a time.
        foreach (var units in Enumerable.Range(1, 12).Concat([12, 3]))
        {
            Assert.False((await item.ReturnAsync(order, units)).IsError);
            if (restarting)
                await silo.DeactivateAllAsync();
        }
        await AssertBooksAsync(sku, onHand: 98, reserved: 0);
        Assert.True((await item.ReturnAsync(order, 15)).IsError);
        Assert.False((await item.CommitAsync(order)).IsError);
        await AssertBooksAsync(sku, onHand: 98, reserved: 0);

        await item.ReleaseAsync(order);
        await item.ReleaseAsync(order);
        await AssertBooksAsync(sku, onHand: 100, reserved: 0);
    }

    [Fact]
    public async Task the_same_return_at_the_same_moment_is_made_once()
    {
        var (sku, item) = await StockedAsync(10);
        var order = Guid.NewGuid();
        await item.ReserveAsync(order, 5, repeated: false);
        await item.CommitAsync(order);
        await silo.DeactivateAllAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => item.ReturnAsync(order, 2)));
        await AssertBooksAsync(sku, onHand: 7, reserved: 0);
        Assert.True((await item.ReturnAsync(Guid.NewGuid(), 1)).IsError);
    }

    [Fact]
    public async Task a_reservation_that_comes_after_its_release_is_refused()
    {
        var (sku, item) = await StockedAsync(10);
        var order = Guid.NewGuid();
        await item.ReleaseAsync(order);
        Assert.Equal(ErrorCode.Conflict, (await item.ReserveAsync(order, 2, repeated: false)).Error?.Code);
        await silo.DeactivateAllAsync();
        Assert.Equal(ErrorCode.Conflict, (await item.ReserveAsync(order, 2, repeated: true)).Error?.Code);
        await AssertBooksAsync(sku, onHand: 10, reserved: 0);
    }

    [Fact]
    public async Task an_adjustment_asked_for_many_times_happens_once()
    {
        var (sku, item) = await StockedAsync(10);
        // Copies that are under way together meet the first one at each of its steps.
        for (var note = 8; note < 40; note++)
        {
            var copies = Enumerable.Range(0, 6).Select(_ =>
                item.AdjustAsync(new AdjustStock($"note-{note}", note % 2 == 0 ? 1 : -1, "count", null)));
            Assert.All(await Task.WhenAll(copies), answer => Assert.False(answer.IsError));
        }
        await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => item.AdjustAsync(new AdjustStock("note-7", 5, "delivery", "note 7"))));
        await silo.DeactivateAllAsync();
        Assert.Equal(15, (await item.AdjustAsync(new AdjustStock("note-7", 5, "delivery", "note 7"))).Value!.OnHand);
        await AssertBooksAsync(sku, onHand: 15, reserved: 0);
    }

    private async Task<(string Sku, IInventoryItemGrain Item)> StockedAsync(int units)
    {
        var sku = await silo.CreateProductAsync();
        var item = silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku));
        Assert.False((await item.AdjustAsync(new AdjustStock("stock", units, "delivery", null))).IsError);
        return (sku, item);
    }

    private Task<int> VersionAsync(string sku) =>
        silo.QueryAsync<int>("select version from grain_state_inventory where grain_key = $1", Sku.GrainKey(sku));

    /// <summary>Counters as expected, and the ledger adds up to them.</summary>
    private async Task AssertBooksAsync(string sku, int onHand, int reserved)
    {
        var level = (await silo.Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku)).GetAsync()).Value!;
        Assert.Equal((onHand, reserved), (level.OnHand, level.Reserved));
        Assert.Equal($"{onHand}/{reserved}", await silo.QueryAsync<string>("""
            select sum(case when kind in ('Adjustment', 'Sale', 'Return') then delta else 0 end) || '/' ||
                   sum(case when kind in ('Reservation', 'Release', 'Sale') then delta else 0 end)
            from stock_ledger where sku = $1
            """, sku));
    }
}
