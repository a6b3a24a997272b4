namespace SoonShop.Payments;

/// <summary>The port to the provider's list of transactions. Throws <see cref="UnavailableException"/> while it cannot be read.</summary>
public interface IProviderTransactions
{
    /// <summary>Finds one transaction; null when the provider has none.</summary>
    Task<ProviderTransaction?> FindAsync(string reference, CancellationToken cancellation);

    /// <summary>
    /// Lists the transactions created in a period, a page at a time, in a stable order. Later transactions are on no page.
    /// </summary>
    /// <param name="from">Created at or after this time.</param>
    /// <param name="to">Created before this time.</param>
    /// <param name="after">The last reference of the previous page; null for the first page.</param>
    /// <param name="limit">The page size, at most 100.</param>
    /// <param name="cancellation">Ends the call.</param>
    Task<ProviderTransactionPage> ListAsync(DateTimeOffset from, DateTimeOffset to, string? after, int limit,
        CancellationToken cancellation);
}

/// <summary>A page of transactions.</summary>
/// <param name="Items">The transactions.</param>
/// <param name="HasMore">False on the last page.</param>
public sealed record ProviderTransactionPage(ImmutableArray<ProviderTransaction> Items, bool HasMore);

/// <summary>A transaction in the provider's list.</summary>
/// <param name="Reference">The provider's id.</param>
/// <param name="OrderId">The order that it pays; null when it does not belong to the shop.</param>
/// <param name="Amount">The amount of the payment.</param>
/// <param name="Status">Its status.</param>
/// <param name="Captured">Captured minor units.</param>
/// <param name="Refunded">Refunded minor units, including pending refunds.</param>
/// <param name="Disputed">True when it was ever disputed.</param>
/// <param name="CreatedAt">When it was created.</param>
[GenerateSerializer, Immutable, Alias("soonshop.provider-payment-facts")]
public sealed record ProviderTransaction(
    string Reference, Guid? OrderId, Money Amount, ProviderPaymentStatus Status, long Captured, long Refunded, bool Disputed,
    DateTimeOffset CreatedAt)
{
    /// <summary>Captured minor units that were not refunded.</summary>
    public long Kept => Captured - Refunded;

    /// <summary>True when it holds no money and never will, or when everything was refunded.</summary>
    public bool IsOver => Status == ProviderPaymentStatus.Cancelled || (Status == ProviderPaymentStatus.Captured && Kept <= 0);
}
