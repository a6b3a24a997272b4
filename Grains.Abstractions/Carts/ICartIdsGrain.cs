namespace SoonShop.Carts;

/// <summary>Issues ids for guests' carts. Any key; many run side by side.</summary>
[Alias("soonshop.cart-ids")]
public interface ICartIdsGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// New ids: each is a guest's empty cart, of which nothing is written before its first item. Null while a silo in the cluster is too old to know
    /// such a cart, and for a count that is not 1–<see cref="IssuedCarts.MaxCount"/>: then open carts with <see cref="ICartGrain.OpenForGuestAsync"/>.
    /// </summary>
    [Alias("issue"), Repeatable]
    Task<IssuedCarts?> IssueAsync(int count);
}

/// <summary>Carts that nobody holds yet.</summary>
/// <param name="Ids">Their ids; each is to be given to one guest.</param>
/// <param name="Subtotal">What is in each of them: nothing, in the shop's currency.</param>
[GenerateSerializer, Immutable, Alias("soonshop.issued-carts")]
public sealed record IssuedCarts(ImmutableArray<Guid> Ids, Money Subtotal)
{
    /// <summary>The most that are issued at once.</summary>
    public const int MaxCount = 256;
}
