using Orleans.Concurrency;

namespace SoonShop.Payments;

/// <summary>
/// A signed-in customer as the payment provider knows them, with the payment methods that are kept there. Keyed by user id. The
/// customer comes to be at the provider when a payment method is to be kept for the first time.
/// Throws <see cref="UnavailableException"/> while the provider gives no definite answer.
/// </summary>
[Alias("soonshop.payment-customer")]
public interface IPaymentCustomerGrain : IGrainWithGuidKey
{
    /// <summary>The provider's id of the customer; null for one who never asked to keep a payment method.</summary>
    [Alias("get-reference"), AlwaysInterleave]
    Task<string?> GetReferenceAsync();

    /// <summary>Makes sure that the provider knows the customer; answers its id, or null when it keeps no payment methods. Idempotent.</summary>
    [Alias("open")]
    Task<string?> OpenAsync(string email);

    /// <summary>The provider does not know the customer any more under this id: the next one who asks is made anew. Idempotent.</summary>
    [Alias("forget")]
    Task ForgetAsync(string reference);

    /// <summary>Has the provider forget the customer and all kept payment methods; none is made again. Idempotent.</summary>
    [Alias("erase")]
    Task EraseAsync();

    /// <summary>The kept payment methods, newest first.</summary>
    [Alias("list-methods"), AlwaysInterleave]
    Task<ImmutableArray<SavedPaymentMethod>> ListMethodsAsync();

    /// <summary>Removes one for good. Refused: <c>not-found</c>, also for one that is not this customer's.</summary>
    [Alias("remove-method"), AlwaysInterleave]
    Task<Result<Done>> RemoveMethodAsync(string methodId);
}

/// <summary>A payment method that the provider keeps for a customer, who pays with it by naming its id.</summary>
/// <param name="Id">Such as <c>pm_…</c>.</param>
/// <param name="Brand">Such as <c>visa</c>.</param>
/// <param name="Last4">The last digits, for the customer to know it by.</param>
/// <param name="ExpiryMonth">1–12.</param>
/// <param name="ExpiryYear">Four digits.</param>
[GenerateSerializer, Immutable, Alias("soonshop.kept-payment-method")]
public sealed record SavedPaymentMethod(string Id, string Brand, string Last4, int ExpiryMonth, int ExpiryYear);
