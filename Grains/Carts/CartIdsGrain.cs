using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Metadata;
using SoonShop.Orders;

namespace SoonShop.Carts;

[StatelessWorker(1), Reentrant]
internal sealed class CartIdsGrain(ICartIdKeys keys, IClusterManifestProvider cluster, IOptions<CheckoutOptions> options)
    : Grain, ICartIdsGrain
{
    async Task<IssuedCarts?> ICartIdsGrain.IssueAsync(int count)
    {
        if (count is < 1 or > IssuedCarts.MaxCount || !IsKnownEverywhere(this.GetGrainId().Type, cluster.Current.Silos.Values))
            return null;
        var ring = await keys.GetAsync();
        var ids = ImmutableArray.CreateBuilder<Guid>(count);
        for (var i = 0; i < count; i++)
            ids.Add(ring.Issue());
        return new IssuedCarts(ids.MoveToImmutable(), new Money(0, options.Value.Currency));
    }

    /// <summary>
    /// True when every silo knows this grain. A silo of an older version assumes that a cart without a row does not exist.
    /// </summary>
    internal static bool IsKnownEverywhere(GrainType grain, IEnumerable<GrainManifest> silos) =>
        silos.All(silo => silo.Grains.ContainsKey(grain));
}
