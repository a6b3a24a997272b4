using Microsoft.Extensions.DependencyInjection;
using SoonShop.Orders;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grains;

/// <summary>Who has a guest's order while staff correct its e-mail address.</summary>
[Collection(nameof(InProcessSilo))]
public sealed class CorrectedOrderTests(InProcessSilo silo)
{
    private OrderTokens Tokens => silo.Services.GetRequiredService<OrderTokens>();

    [Fact]
    public async Task an_order_whose_address_was_corrected_is_not_adopted_by_the_former_one()
    {
        var (former, email, account) = (NewEmail(), NewEmail(), Guid.NewGuid());
        var order = silo.Grains.GetGrain<IOrderGrain>(await PlaceAsync(former));
        Assert.False(await order.AdoptAsync(account, "none"));
        Assert.False((await order.UpdateAsync(new UpdateOrder(email, null))).IsError);

        // As if the list had been read before the correction.
        Assert.False(await order.AdoptAsync(account, await Tokens.ProofOfAsync(former)));
        Assert.Null((await order.GetAsync(Caller.Shop)).Value!.CustomerId);

        for (var i = 0; i < 2; i++)
            Assert.True(await order.AdoptAsync(account, await Tokens.ProofOfAsync(email.ToUpperInvariant())));
        Assert.Equal(account, (await order.GetAsync(Caller.Shop)).Value!.CustomerId);
        Assert.False(await order.AdoptAsync(Guid.NewGuid(), await Tokens.ProofOfAsync(email)));
        Assert.Equal(account, (await order.GetAsync(Caller.Shop)).Value!.CustomerId);
        Assert.False(await silo.Grains.GetGrain<IOrderGrain>(Guid.NewGuid()).AdoptAsync(account, await Tokens.ProofOfAsync(email)));
    }

    [Fact]
    public async Task who_watches_by_a_link_to_the_former_address_sees_nothing_after_the_correction()
    {
        var former = NewEmail();
        var id = await PlaceAsync(former);
        var order = silo.Grains.GetGrain<IOrderGrain>(id);
        var token = await Tokens.IssueAsync(id, former, DateTimeOffset.UtcNow.AddHours(1));
        var caller = new Caller(null, null, IsAdmin: false) { OrderToken = token.ToString() };
        var seen = (await order.WatchAsync(caller, 0, TimeSpan.Zero, TestContext.Current.CancellationToken)).Value!.Timeline.Length;

        var watching = order.WatchAsync(caller, seen, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.False((await order.UpdateAsync(new UpdateOrder(NewEmail(), null))).IsError);
        Assert.Equal(ErrorCode.NotFound, (await watching).Error?.Code);
    }

    private static string NewEmail() => $"{Guid.NewGuid():N}@example.com";

    private async Task<Guid> PlaceAsync(string email) => await silo.PlaceOrderAsync(await silo.CreateProductAsync(), email);
}
