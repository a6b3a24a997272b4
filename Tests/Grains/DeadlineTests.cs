using SoonShop.Carts;
using SoonShop.Catalog;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grains;

/// <summary>What becomes of calls whose callers have given up.</summary>
[Collection(nameof(InProcessSilo))]
public sealed class DeadlineTests(InProcessSilo silo)
{
    [Fact]
    public async Task a_call_that_comes_after_its_caller_has_given_up_is_refused_and_nothing_is_done()
    {
        var sender = Guid.NewGuid();
        var (inTime, late) = (Guid.NewGuid(), Guid.NewGuid());
        Assert.False((await OpenAsync(inTime, sender, sentBeforeMs: 0)).IsRefused);

        await Assert.ThrowsAsync<UnavailableException>(() => OpenAsync(late, sender, sentBeforeMs: 5000));

        RequestContext.Clear();
        Assert.Equal(0L, await silo.QueryAsync<long>("select count(*) from grain_state where state_name = 'cart' and grain_key = $1", late.ToString("N")));
        Assert.Equal(1L, await silo.QueryAsync<long>("select count(*) from grain_state where state_name = 'cart' and grain_key = $1", inTime.ToString("N")));
    }

    [Fact]
    public async Task the_deadline_of_a_command_goes_no_further_than_to_its_first_grain()
    {
        var sku = await silo.CreateProductAsync();
        var (cartId, sender) = (Guid.NewGuid(), Guid.NewGuid());
        await OpenAsync(cartId, sender, sentBeforeMs: 0);

        // The cart asks the product, long after this caller gave up, by what that call carries.
        RequestContext.Set(RequestKeys.Deadline, new CallDeadline(Guid.NewGuid(), NowMs() - 60_000, 1));
        var cart = await silo.Grains.GetGrain<ICartGrain>(cartId).SetItemAsync(new Caller(null, cartId, false), sku, 1);

        RequestContext.Clear();
        Assert.Equal(sku, Assert.Single(cart.Value!.Items).Sku);
    }

    [Fact]
    public async Task a_cancelled_search_ends_with_its_call()
    {
        using var client = new CancellationTokenSource();
        await client.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => silo.Grains.GetGrain<IProductSearchGrain>(0).SearchAsync(
            new ProductQuery(null, null, null, null, null, null, ProductSort.Name, new PageRequest(10, null)), client.Token));
    }

    private Task<Outcome<Cart>> OpenAsync(Guid cart, Guid sender, int sentBeforeMs)
    {
        RequestContext.Set(RequestKeys.Deadline, new CallDeadline(sender, NowMs() - sentBeforeMs, 1000));
        return silo.Grains.GetGrain<ICartGrain>(cart).OpenForGuestAsync();
    }

    private static long NowMs() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
}
