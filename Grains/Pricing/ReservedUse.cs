using SoonShop.Counters;

namespace SoonShop.Pricing;

/// <summary>A reservation of one use as decided.</summary>
/// <param name="Uses">One, or zero for a reservation that never arrived.</param>
/// <param name="Amount">The money taken from the budget; null for none.</param>
/// <param name="Holders">The holders' keys.</param>
/// <param name="IsCommitted">True after the commit, also when it was given back afterwards.</param>
/// <param name="IsReleased">True once it was given back.</param>
/// <param name="Written">Completes when the ledger contains the decision.</param>
internal sealed record ReservedUse(
    int Uses, Money? Amount, ImmutableArray<string> Holders, bool IsCommitted, bool IsReleased, Task Written) : IReservation
{
    /// <summary>Derives a reservation from the ledger's rows, in any order; null without a row.</summary>
    public static ReservedUse? FromLedger(ImmutableArray<RecordedUse> rows)
    {
        var reserved = rows.FirstOrDefault(row => row.Kind == PromotionUseKind.Reservation);
        return reserved is null ? null : new ReservedUse(
            reserved.Uses, reserved.Amount, reserved.Holders,
            IsCommitted: rows.Any(row => row.Kind == PromotionUseKind.Commit),
            // Of no use, it was recorded by a release, whose own row may be missing after a crash.
            IsReleased: reserved.Uses == 0 || rows.Any(row => row.Kind is PromotionUseKind.Release or PromotionUseKind.Return),
            Task.CompletedTask);
    }
}
