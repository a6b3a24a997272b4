namespace SoonShop.Carts;

/// <summary>Issues ids for guests' carts. Any key addresses it; different keys run in parallel.</summary>
[Alias("soonshop.cart-ids")]
public interface ICartIdsGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Issues new ids, each for a guest's empty cart that is not stored before its first item. Null while a silo of the cluster is too old
    /// to know such carts, and for a count outside 1–<see cref="IssuedCarts.MaxCount"/>. Then open carts with
    /// <see cref="ICartGrain.OpenForGuestAsync"/>.
    /// </summary>
    [Alias("issue"), Repeatable]
    Task<IssuedCarts?> IssueAsync(int count);
}

/// <summary>Carts that have no holder yet.</summary>
/// <param name="Ids">Their ids; give each to one guest only.</param>
/// <param name="Subtotal">The subtotal of each: zero, in the shop's currency.</param>
[GenerateSerializer, Immutable, Alias("soonshop.issued-carts")]
public sealed record IssuedCarts(ImmutableArray<Guid> Ids, Money Subtotal)
{
    /// <summary>The most ids that one call issues.</summary>
    public const int MaxCount = 256;
}
