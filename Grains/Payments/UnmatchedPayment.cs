namespace SoonShop.Payments;

/// <summary>An unmatched payment that is refunded or cancelled: the provider has it for an order, and the shop did not know it.</summary>
/// <param name="Reference">The provider's id.</param>
/// <param name="Key">The idempotency key for the provider.</param>
/// <param name="Amount">Minor units to refund; 0 when it is to be cancelled, because nothing was taken.</param>
/// <param name="AskedAt">When it was stored.</param>
public sealed record UnmatchedPayment(string Reference, string Key, long Amount, DateTimeOffset AskedAt)
{
    /// <summary>The provider's id of the refund.</summary>
    public string? RefundReference { get; init; }

    /// <summary>The refund's status; null while the provider has not responded.</summary>
    public RefundStatus? Status { get; init; }

    /// <summary>Why it failed.</summary>
    public string? FailureReason { get; init; }
}
