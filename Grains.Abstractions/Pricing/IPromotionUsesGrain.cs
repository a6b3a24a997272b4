namespace SoonShop.Pricing;

/// <summary>
/// Counts the uses of one promotion: in all, by holder (a customer, a single-use code), and the money taken from its budget. Keyed by
/// <see cref="Promotion.GrainKey"/>. Many movements share one write. Each call that changes something returns after the write. The limits
/// come with each reservation, because the version of the rules that priced the order has them; the grain has only what is used.
/// </summary>
[Alias("soonshop.promotion-uses")]
public interface IPromotionUsesGrain : IGrainWithStringKey
{
    /// <summary>Returns the committed counters; zeros for a promotion that was never used.</summary>
    [Alias("get")]
    Task<PromotionUses> GetAsync();

    /// <summary>
    /// Returns what is used in all and by these holders, to show what remains before an order is placed. Writes nothing. An order that is
    /// placed afterwards can still be refused.
    /// </summary>
    /// <param name="holders">Keys, at most <see cref="PromotionReservation.MaxHolders"/>.</param>
    /// <exception cref="ArgumentException">There are too many keys, or one is not valid or there twice.</exception>
    [Alias("get-used")]
    Task<PromotionUsed> GetUsedAsync(ImmutableArray<string> holders);

    /// <summary>
    /// Reserves one use, by all holders, and an amount of the budget. Idempotent by reservation: a repetition changes nothing, whatever
    /// else it asks for. Errors: <c>conflict</c> with <see cref="Error.Limit"/> when a limit is reached; <c>conflict</c> without it for a
    /// released reservation. A reached limit does not depend on reservations that are not written yet.
    /// </summary>
    /// <exception cref="ArgumentException">The amount or its currency is not valid, or a holder has no valid key or is there
    /// twice.</exception>
    /// <exception cref="UnavailableException">The promotion is in great demand, or a write failed. Call again with
    /// <see cref="PromotionReservation.Repeated"/>.</exception>
    [Alias("reserve")]
    Task<Result<Done>> ReserveAsync(PromotionReservation reservation);

    /// <summary>
    /// Turns a reservation into a use, when the order is confirmed. Idempotent. A use stays used afterwards: a refund or return of the
    /// order does not give it back, in whole or in part. Error: <c>conflict</c> when it was released or never made.
    /// </summary>
    [Alias("commit")]
    Task<Result<Done>> CommitAsync(Guid reservationId);

    /// <summary>
    /// Gives back a use, reserved or committed, with its amount, when the order was cancelled or rejected or has expired. A reservation
    /// that never arrived is refused if it arrives later. Idempotent.
    /// </summary>
    [Alias("release")]
    Task ReleaseAsync(Guid reservationId);
}
