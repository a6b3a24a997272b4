namespace SoonShop.Pricing;

/// <summary>
/// The port to read the ledger of promotions' uses. Rows are written only with the promotion's state, in one transaction.
/// </summary>
public interface IPromotionUseLedger
{
    /// <summary>Returns those of these operations that were written.</summary>
    Task<ImmutableArray<RecordedUse>> FindAsync(string promotionId, string[] operationIds, CancellationToken cancellation);

    /// <summary>Returns the uses of these holders, reserved and committed, in the order of the question; zero for an unknown one.</summary>
    Task<long[]> CountAsync(string promotionId, string[] holders, CancellationToken cancellation);
}

/// <summary>A movement found by its operation.</summary>
/// <param name="Kind">The kind of movement.</param>
/// <param name="Uses">The uses that it moved: one, or zero for a reservation that never arrived.</param>
/// <param name="Amount">The money that it moved; null for none.</param>
/// <param name="Holders">The holders' keys, of a reservation; otherwise empty.</param>
public sealed record RecordedUse(PromotionUseKind Kind, int Uses, Money? Amount, ImmutableArray<string> Holders);
