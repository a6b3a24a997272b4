using SoonShop.Carts;
using SoonShop.Catalog;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grains;

/// <summary>What becomes of calls whose callers have given up.</summary>
[Collection(nameof(InProcessSilo))]
public sealed class DeadlineTests(InProcessSilo silo)
{
    [Theory]
    [InlineData(RequestKeys.DeadlineText)]
    // As front ends of the version before send it.
    [InlineData(RequestKeys.Deadline)]
    public async Task a_call_that_comes_after_its_caller_has_given_up_is_refused_and_nothing_is_done(string key)
    {
        var sender = Guid.NewGuid();
        var (inTime, late) = (Guid.NewGuid(), Guid.NewGuid());
        Assert.False((await OpenAsync(inTime, sender, sentBeforeMs: 0, key)).IsError);

        await Assert.ThrowsAsync<UnavailableException>(() => OpenAsync(late, sender, sentBeforeMs: 5000, key));

        RequestContext.Clear();
        Assert.Equal(
            0L, await silo.QueryAsync<long>(
                "select count(*) from grain_state where state_name = 'cart' and grain_key = $1", late.ToString("N")));
        Assert.Equal(
            1L, await silo.QueryAsync<long>(
                "select count(*) from grain_state where state_name = 'cart' and grain_key = $1", inTime.ToString("N")));
    }

    [Fact]
    public async Task the_deadline_of_a_command_goes_no_further_than_to_its_first_grain()
    {
        var sku = await silo.CreateProductAsync();
        var (cartId, sender) = (Guid.NewGuid(), Guid.NewGuid());
        await OpenAsync(cartId, sender, sentBeforeMs: 0);

        // The cart asks the product, long after this caller gave up, by what that call carries.
        RequestContext.Set(RequestKeys.DeadlineText, new CallDeadline(Guid.NewGuid(), NowMs() - 60_000, 1).ToText());
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

    [Theory]
    [InlineData("")]
    [InlineData("/1")]
    [InlineData("6f9619ff8b86d011b42d00cf4fc964ff")]
    [InlineData("6f9619ff8b86d011b42d00cf4fc964ff17/-1")]
    [InlineData("6f9619ff8b86d011b42d00cf4fc964ff1x/1")]
    public void what_is_no_deadline_is_read_as_none(string text) => Assert.Null(CallDeadline.Read(text));

    [Fact]
    public void a_deadline_is_read_as_it_was_written()
    {
        var deadline = new CallDeadline(Guid.NewGuid(), -17, 8000);

        Assert.Equal(deadline, CallDeadline.Read(deadline.ToText()));
    }

    private Task<Result<Cart>> OpenAsync(Guid cart, Guid sender, int sentBeforeMs, string key = RequestKeys.DeadlineText)
    {
        var deadline = new CallDeadline(sender, NowMs() - sentBeforeMs, 1000);
        RequestContext.Set(key, key == RequestKeys.DeadlineText ? deadline.ToText() : deadline);
        return silo.Grains.GetGrain<ICartGrain>(cart).OpenForGuestAsync();
    }

    private static long NowMs() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
}
