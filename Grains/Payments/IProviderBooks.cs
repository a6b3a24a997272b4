namespace SoonShop.Payments;

/// <summary>The port to the provider's own books. Throws <see cref="UnavailableException"/> while they cannot be read.</summary>
public interface IProviderBooks
{
    /// <summary>One payment; null when the provider knows none.</summary>
    Task<ProviderPaymentFacts?> FindAsync(string reference, CancellationToken cancellation);

    /// <summary>
    /// A page of the payments that were made in a time, in an order that stays the same. What is made later is on no page.
    /// </summary>
    /// <param name="from">Made at or after.</param>
    /// <param name="to">Made before.</param>
    /// <param name="after">The last reference of the page before; null for the first page.</param>
    /// <param name="limit">Payments, at most 100.</param>
    /// <param name="cancellation">Ends the call.</param>
    Task<ProviderPaymentPage> ListAsync(DateTimeOffset from, DateTimeOffset to, string? after, int limit, CancellationToken cancellation);
}

/// <summary>A page of payments.</summary>
/// <param name="Items">The payments.</param>
/// <param name="HasMore">False on the last page.</param>
public sealed record ProviderPaymentPage(ImmutableArray<ProviderPaymentFacts> Items, bool HasMore);

/// <summary>A payment in the provider's books.</summary>
/// <param name="Reference">The provider's id.</param>
/// <param name="OrderId">The order that it was made for; null when it is none of the shop's.</param>
/// <param name="Amount">What was to be taken.</param>
/// <param name="Status">How it stands.</param>
/// <param name="Captured">Minor units that were taken.</param>
/// <param name="Refunded">Minor units given back, or on their way.</param>
/// <param name="Disputed">True when there was ever a dispute.</param>
/// <param name="CreatedAt">When it was made.</param>
[GenerateSerializer, Immutable, Alias("soonshop.provider-payment-facts")]
public sealed record ProviderPaymentFacts(
    string Reference, Guid? OrderId, Money Amount, ProviderPaymentStatus Status, long Captured, long Refunded, bool Disputed, DateTimeOffset CreatedAt)
{
    /// <summary>Minor units that the shop has of it.</summary>
    public long Kept => Captured - Refunded;

    /// <summary>True when nothing of it is, or ever will be, taken or held, or all was given back.</summary>
    public bool IsOver => Status == ProviderPaymentStatus.Cancelled || (Status == ProviderPaymentStatus.Captured && Kept <= 0);
}
