using System.Text.Json.Serialization;
using SoonShop.Aggregates;

namespace SoonShop.Pricing;

/// <summary>
/// A row to insert into the ledger of promotions' uses. <paramref name="OperationId"/> is unique per promotion; the database rejects a
/// duplicate.
/// </summary>
/// <param name="PromotionId">The promotion.</param>
/// <param name="Sequence">1, 2, 3 … per promotion, without gaps.</param>
/// <param name="OperationId">The operation.</param>
/// <param name="At">The time of the decision.</param>
/// <param name="Kind">A <see cref="PromotionUseKind"/>, which says from which counter to which the uses and the amount move.</param>
/// <param name="Uses">The uses that move, zero or one.</param>
/// <param name="Amount">The minor units that move, zero or more.</param>
/// <param name="Currency">The currency of the amounts; null when none was named.</param>
/// <param name="ReservedAfter">Reserved uses afterwards.</param>
/// <param name="CommittedAfter">Committed uses afterwards.</param>
/// <param name="AmountReservedAfter">Reserved minor units of the currency afterwards.</param>
/// <param name="AmountCommittedAfter">Committed minor units of the currency afterwards.</param>
/// <param name="OrderId">The order.</param>
/// <param name="Holders">The holders' keys, of a reservation; otherwise null.</param>
public sealed record PromotionUseRow(
    string PromotionId, long Sequence, string OperationId, DateTimeOffset At, string Kind, int Uses, long Amount, string? Currency,
    long ReservedAfter, long CommittedAfter, long AmountReservedAfter, long AmountCommittedAfter, Guid OrderId,
    ImmutableArray<string>? Holders)
    : ILedgerRow
{
    /// <summary>The rows of the holders whose uses change, in a table of their own.</summary>
    [JsonIgnore] public ImmutableArray<PromotionHolderRow> HolderRows { get; init; } = [];
}

/// <summary>A row to insert for a holder whose uses change.</summary>
/// <param name="PromotionId">The promotion.</param>
/// <param name="Holder">The holder's key.</param>
/// <param name="Sequence">The sequence of the movement.</param>
/// <param name="UsesAfter">The holder's uses afterwards, reserved and committed.</param>
public sealed record PromotionHolderRow(string PromotionId, string Holder, long Sequence, long UsesAfter);

/// <summary>Kinds of movements of a promotion's uses.</summary>
public enum PromotionUseKind
{
    /// <summary>A use reserved for an order.</summary>
    Reservation,
    /// <summary>A reserved use of an order that was confirmed.</summary>
    Commit,
    /// <summary>A reserved use given back.</summary>
    Release,
    /// <summary>A committed use given back, because the order was cancelled after its confirmation.</summary>
    Return,
}
