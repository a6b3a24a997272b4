using Orleans.Concurrency;

namespace SoonShop.Payments;

/// <summary>
/// A signed-in customer at the payment provider, with the saved payment methods. Keyed by user id. The customer is created at the provider
/// when a payment method is saved for the first time. Throws <see cref="UnavailableException"/> while the provider gives no definite
/// response.
/// </summary>
[Alias("soonshop.payment-customer")]
public interface IPaymentCustomerGrain : IGrainWithGuidKey
{
    /// <summary>Returns the provider's id of the customer; null when the customer never saved a payment method.</summary>
    [Alias("get-reference"), AlwaysInterleave]
    Task<string?> GetReferenceAsync();

    /// <summary>
    /// Creates the customer at the provider if needed. Returns its id, or null when the provider saves no payment methods. Idempotent.
    /// </summary>
    [Alias("open")]
    Task<string?> OpenAsync(string email);

    /// <summary>Forgets an id that the provider does not know any more. The next call creates a new customer. Idempotent.</summary>
    [Alias("forget")]
    Task ForgetAsync(string reference);

    /// <summary>Deletes the customer and all saved payment methods at the provider. No new customer is created. Idempotent.</summary>
    [Alias("erase")]
    Task EraseAsync();

    /// <summary>Lists the saved payment methods, newest first.</summary>
    [Alias("list-methods"), AlwaysInterleave]
    Task<ImmutableArray<SavedPaymentMethod>> ListMethodsAsync();

    /// <summary>Removes one permanently. Error: <c>not-found</c>, also for one of another customer.</summary>
    [Alias("remove-method"), AlwaysInterleave]
    Task<Result<Done>> RemoveMethodAsync(string methodId);
}

/// <summary>A payment method that the provider has saved for a customer. The customer pays with it by its id.</summary>
/// <param name="Id">The id, such as <c>pm_…</c>.</param>
/// <param name="Brand">The brand, such as <c>visa</c>.</param>
/// <param name="Last4">The last four digits, by which the customer recognizes it.</param>
/// <param name="ExpiryMonth">The month, 1–12.</param>
/// <param name="ExpiryYear">The year, four digits.</param>
[GenerateSerializer, Immutable, Alias("soonshop.kept-payment-method")]
public sealed record SavedPaymentMethod(string Id, string Brand, string Last4, int ExpiryMonth, int ExpiryYear);
