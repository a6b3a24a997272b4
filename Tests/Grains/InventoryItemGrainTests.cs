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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task units_are_sold_and_cancelled_in_parts_each_once(bool restarting)
    {
        var (sku, item) = await StockedAsync(100);
        var order = Guid.NewGuid();
        await item.ReserveAsync(order, 30, repeated: false);
        // More parts than are looked up at a time.
        const int Parts = 14;
        for (var part = 1; part <= Parts; part++)
        {
            var inAll = new ReservationSettlement(Sold: (part + 1) / 2, Cancelled: part / 2, Restocked: 0);
            for (var time = 0; time < 2; time++)
            {
                Assert.False((await item.SettleAsync(order, inAll)).IsError);
                if (restarting)
                    await silo.DeactivateAllAsync();
            }
            await AssertBooksAsync(sku, onHand: 100 - inAll.Sold, reserved: 30 - inAll.Sold - inAll.Cancelled);
        }
        string[] operations =
            [$"{order:N}/reserve", $"{order:N}/settle", .. Enumerable.Range(2, Parts - 1).Select(part => $"{order:N}/settle/{part}")];
        Assert.Equal(operations, await OperationsAsync(sku));

        // A call that comes late, with less than is known by now.
        Assert.False((await item.SettleAsync(order, new ReservationSettlement(3, 2, 0))).IsError);
        await AssertBooksAsync(sku, onHand: 93, reserved: 16);
        // The rest at once: eight more of each.
        Assert.False((await item.SettleAsync(order, new ReservationSettlement(15, 15, 0))).IsError);
        await AssertBooksAsync(sku, onHand: 85, reserved: 0);
        if (restarting)
            await silo.DeactivateAllAsync();
        await item.ReleaseAsync(order);
        await item.ReleaseAsync(order);
        await AssertBooksAsync(sku, onHand: 100, reserved: 0);
    }

    [Fact]
    public async Task the_same_settlement_at_the_same_moment_is_made_once()
    {
        var (sku, item) = await StockedAsync(10);
        var order = Guid.NewGuid();
        await item.ReserveAsync(order, 5, repeated: false);
        await silo.DeactivateAllAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => item.SettleAsync(order, new ReservationSettlement(2, 1, 1))));
        Assert.All(answers, answer => Assert.False(answer.IsError));
        await AssertBooksAsync(sku, onHand: 9, reserved: 2);
        Assert.Equal(
            ["Adjustment 10", "Reservation 5", "Release -1", "Sale -2", "Return 1"], await MovesAsync(sku));
    }

    /// <summary>Whatever their order, what the furthest of them says is what has happened.</summary>
    [Fact]
    public async Task settlements_that_overtake_each_other_add_up()
    {
        var (sku, item) = await StockedAsync(10);
        var order = Guid.NewGuid();
        await item.ReserveAsync(order, 6, repeated: false);
        await silo.DeactivateAllAsync();
        ReservationSettlement[] said = [new(1, 0, 0), new(1, 2, 0), new(3, 0, 0), new(3, 2, 0), new(2, 1, 0)];
        var answers = await Task.WhenAll(said.Concat(said).Select(inAll => item.SettleAsync(order, inAll)));
        Assert.All(answers, answer => Assert.False(answer.IsError));
        await AssertBooksAsync(sku, onHand: 7, reserved: 1);
        await silo.DeactivateAllAsync();
        Assert.False((await item.SettleAsync(order, new ReservationSettlement(3, 2, 0))).IsError);
        await AssertBooksAsync(sku, onHand: 7, reserved: 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task sold_units_that_are_restocked_come_back_once(bool restarting)
    {
        var (sku, item) = await StockedAsync(10);
        var order = Guid.NewGuid();
        await item.ReserveAsync(order, 5, repeated: false);
        // The other two units are cancelled when the last one comes back; at the end, a call comes late.
        foreach (var inAll in (ReservationSettlement[])[new(3, 0, 0), new(3, 0, 1), new(3, 0, 1), new(3, 2, 3), new(3, 2, 3), new(3, 0, 2)])
        {
            Assert.False((await item.SettleAsync(order, inAll)).IsError);
            if (restarting)
                await silo.DeactivateAllAsync();
        }
        await AssertBooksAsync(sku, onHand: 10, reserved: 0);
        Assert.Equal(
            ["Adjustment 10", "Reservation 5", "Sale -3", "Return 1", "Release -2", "Return 2"], await MovesAsync(sku));
        string[] operations =
            [$"{order:N}/reserve", $"{order:N}/settle", $"{order:N}/return", $"{order:N}/settle/2", $"{order:N}/return/2"];
        Assert.Equal(operations, await OperationsAsync(sku));
    }

    /// <summary>An order of an older version, whose units were sold when it was confirmed.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task cancelled_units_of_a_reservation_that_was_sold_as_a_whole_come_back_like_a_return(bool restarting)
    {
        var (sku, item) = await StockedAsync(10);
        var order = Guid.NewGuid();
        await item.ReserveAsync(order, 5, repeated: false);
        await item.CommitAsync(order);
        // The version before knew only this call.
        Assert.False((await item.ReturnAsync(order, 1)).IsError);
        foreach (var inAll in (ReservationSettlement[])[new(0, 1, 0), new(0, 2, 0), new(0, 2, 0), new(0, 2, 2)])
        {
            if (restarting)
                await silo.DeactivateAllAsync();
            Assert.False((await item.SettleAsync(order, inAll)).IsError);
        }
        await AssertBooksAsync(sku, onHand: 9, reserved: 0);
        Assert.Equal(
            ["Adjustment 10", "Reservation 5", "Sale -5", "Return 1", "Return 1", "Return 2"], await MovesAsync(sku));
        Assert.Equal(ErrorCode.Conflict, (await item.SettleAsync(order, new ReservationSettlement(0, 2, 4))).Error?.Code);
        await AssertBooksAsync(sku, onHand: 9, reserved: 0);
    }

    [Fact]
    public async Task more_than_a_reservation_has_is_not_settled()
    {
        var (sku, item) = await StockedAsync(20);
        var order = Guid.NewGuid();
        await item.ReserveAsync(order, 5, repeated: false);
        Assert.False((await item.SettleAsync(order, new ReservationSettlement(3, 2, 0))).IsError);
        foreach (var inAll in (ReservationSettlement[])[new(4, 2, 0), new(6, 0, 0), new(3, 6, 0), new(3, 2, 4)])
        {
            Assert.Equal(ErrorCode.Conflict, (await item.SettleAsync(order, inAll)).Error?.Code);
            await AssertBooksAsync(sku, onHand: 17, reserved: 0);
        }
        // One of which nothing is settled yet.
        var other = Guid.NewGuid();
        await item.ReserveAsync(other, 5, repeated: false);
        foreach (var inAll in (ReservationSettlement[])[new(6, 0, 0), new(0, 6, 0), new(0, 0, 6)])
            Assert.Equal(ErrorCode.Conflict, (await item.SettleAsync(other, inAll)).Error?.Code);
    }

    [Fact]
    public async Task a_reservation_that_nobody_made_is_not_settled()
    {
        var (sku, item) = await StockedAsync(10);
        var unknown = Guid.NewGuid();
        foreach (var inAll in (ReservationSettlement[])[new(1, 0, 0), new(0, 1, 0), new(0, 0, 1)])
            Assert.Equal(ErrorCode.Conflict, (await item.SettleAsync(unknown, inAll)).Error?.Code);
        // Nothing is written of it: it can still be made.
        Assert.False((await item.ReserveAsync(unknown, 2, repeated: true)).IsError);
        await AssertBooksAsync(sku, onHand: 10, reserved: 2);
    }

    [Fact]
    public async Task what_was_released_is_not_sold()
    {
        var (sku, item) = await StockedAsync(10);
        var order = Guid.NewGuid();
        await item.ReserveAsync(order, 2, repeated: false);
        await item.ReleaseAsync(order);
        await silo.DeactivateAllAsync();
        Assert.Equal(ErrorCode.Conflict, (await item.SettleAsync(order, new ReservationSettlement(1, 0, 0))).Error?.Code);
        Assert.False((await item.SettleAsync(order, new ReservationSettlement(0, 2, 0))).IsError);
        await AssertBooksAsync(sku, onHand: 10, reserved: 0);
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

    /// <summary>The movements of stock, oldest first.</summary>
    private Task<string[]> MovesAsync(string sku) =>
        silo.QueryAsync<string[]>("select array_agg(kind || ' ' || delta order by sequence) from stock_ledger where sku = $1", sku);

    /// <summary>The operations of reservations, oldest first.</summary>
    private Task<string[]> OperationsAsync(string sku) => silo.QueryAsync<string[]>(
        "select array_agg(operation_id order by sequence) from stock_ledger where sku = $1 and kind <> 'Adjustment'", sku);

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
