namespace SoonShop.Pricing;

/// <summary>A use of a promotion to be reserved for an order, with the limits that the priced order is bound to.</summary>
/// <param name="ReservationId">The id of the order, by which the use is reserved once.</param>
/// <param name="Amount">The discount that the budget pays for, in minor units: 0–<see cref="Money.MaxAmount"/>.</param>
/// <param name="Holders">Whose uses count, at most <see cref="MaxHolders"/>; empty when only uses in all count.</param>
/// <param name="TotalLimit">The most uses in all; null for any number.</param>
/// <param name="BudgetLimit">The most money in all: minor units of the currency of <paramref name="Amount"/>, each currency for itself;
/// null for any amount.</param>
/// <param name="Repeated">True when the call may be a repetition; then the ledger is read first, which a first call does not need.</param>
[GenerateSerializer, Immutable, Alias("soonshop.promotion-reservation")]
public sealed record PromotionReservation(
    Guid ReservationId, Money Amount, ImmutableArray<PromotionHolder> Holders, long? TotalLimit, long? BudgetLimit, bool Repeated)
{
    /// <summary>The most holders of one use.</summary>
    public const int MaxHolders = 3;
}

/// <summary>Somebody or something whose uses are limited, such as a customer or a code.</summary>
/// <param name="Key">
/// An opaque text for which <see cref="IsKey"/> is true, such as <c>code/…</c> with a hash. The ledger keeps it for ever, so it must not
/// be personal data.
/// </param>
/// <param name="Limit">The most uses of this holder: 1 for a single-use code.</param>
[GenerateSerializer, Immutable, Alias("soonshop.promotion-holder")]
public sealed record PromotionHolder(string Key, long Limit)
{
    /// <summary>The most characters of a key.</summary>
    public const int MaxKeyLength = 100;

    /// <summary>True for 1–<see cref="MaxKeyLength"/> printable ASCII characters without a space.</summary>
    public static bool IsKey(string? key) => key is { Length: > 0 and <= MaxKeyLength } && key.All(c => c is > ' ' and <= '~');
}
