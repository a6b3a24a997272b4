using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using SoonShop.Aggregates;
using SoonShop.Orders;

namespace SoonShop.Carts;

[StatelessWorker(1), Reentrant]
internal sealed class CartIdsGrain(ICartIdKeys keys, IClusterManifestProvider cluster, IOptions<CheckoutOptions> options)
    : Grain, ICartIdsGrain
{
    async Task<IssuedCarts?> ICartIdsGrain.IssueAsync(int count)
    {
        // A silo of an older version assumes that a cart without a row does not exist.
        if (count is < 1 or > IssuedCarts.MaxCount || !cluster.Current.AllKnow(this.GetGrainId().Type))
            return null;
        var ring = await keys.GetAsync();
        var ids = ImmutableArray.CreateBuilder<Guid>(count);
        for (var i = 0; i < count; i++)
            ids.Add(ring.Issue());
        return new IssuedCarts(ids.MoveToImmutable(), new Money(0, options.Value.Currency));
    }
}
