namespace SoonShop.Payments;

/// <summary>
/// The port to the payment methods that a provider saves for customers. Like those of <see cref="IPaymentProvider"/>, calls throw
/// <see cref="UnavailableException"/> when the outcome is unknown.
/// </summary>
public interface IPaymentMethods
{
    /// <summary>False when the provider saves no payment methods. The other members are then not called.</summary>
    bool AreSaved { get; }

    /// <summary>
    /// Creates a customer. Null when the key cannot be used: it was sent with other parameters, has expired, or its request failed
    /// permanently. The caller then retries with a new key. A duplicate customer is harmless; the last one is used.
    /// </summary>
    Task<string?> CreateCustomerAsync(CreateProviderCustomer command, CancellationToken cancellation);

    /// <summary>Lists the saved payment methods, newest first.</summary>
    Task<ImmutableArray<SavedPaymentMethod>> ListAsync(string customer, CancellationToken cancellation);

    /// <summary>Deletes a customer and the customer's payment methods. False when there is no such customer. Idempotent.</summary>
    Task<bool> RemoveCustomerAsync(string customer, CancellationToken cancellation);

    /// <summary>Removes a payment method. False when it does not belong to this customer.</summary>
    Task<bool> RemoveAsync(string customer, string methodId, CancellationToken cancellation);
}

/// <summary>The customer to create at the provider.</summary>
/// <param name="IdempotencyKey">Stored before the call.</param>
/// <param name="CustomerId">For the provider's own records.</param>
/// <param name="Email">For the provider's own records.</param>
/// <param name="AskedAt">When the key was stored.</param>
public sealed record CreateProviderCustomer(string IdempotencyKey, Guid CustomerId, string Email, DateTimeOffset AskedAt);
