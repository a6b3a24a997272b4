namespace SoonShop.Payments;

/// <summary>A payment at the provider that the shop did not know, and that is refunded or cancelled.</summary>
/// <param name="Reference">The provider's id.</param>
/// <param name="Key">The idempotency key for the provider.</param>
/// <param name="Amount">Minor units to refund; 0 to cancel it, because nothing was captured.</param>
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
