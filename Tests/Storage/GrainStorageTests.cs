using SoonShop.Carts;
using SoonShop.Inventory;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Storage;

/// <summary>The shop's grains on their storage.</summary>
[Collection(nameof(InProcessSilo))]
public sealed class GrainStorageTests(InProcessSilo silo)
{
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
        await silo.QueryAsync<int>(
            "with gone as (delete from stock_ledger where sku = $1 and operation_id = 'intruder' returning 1) select 1 from gone", sku);
        Assert.Equal(12, (await item.AdjustAsync(new AdjustStock("second", 7, "delivery", null))).Value!.OnHand);
    }
}
