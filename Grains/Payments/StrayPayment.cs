namespace SoonShop.Payments;

/// <summary>A payment that the provider has for an order, that the shop did not know, and that is being given back.</summary>
/// <param name="Reference">The provider's id.</param>
/// <param name="Key">The idempotency key for the provider.</param>
/// <param name="Amount">Minor units to refund; 0 when it is to be cancelled, because nothing was taken.</param>
/// <param name="AskedAt">When it was written down.</param>
public sealed record StrayPayment(string Reference, string Key, long Amount, DateTimeOffset AskedAt)
{
    /// <summary>The provider's id of the refund.</summary>
    public string? RefundReference { get; init; }

    /// <summary>How it stands; null while the provider has not answered.</summary>
    public RefundStatus? Status { get; init; }

    /// <summary>Why it failed.</summary>
    public string? FailureReason { get; init; }
}
