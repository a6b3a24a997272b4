namespace SoonShop.Payments;

/// <summary>
/// The port to the payment methods that a provider keeps for customers. Calls throw <see cref="UnavailableException"/> when there is
/// no definite answer, like those of <see cref="IPaymentProvider"/>.
/// </summary>
public interface IPaymentMethods
{
    /// <summary>False for a provider that keeps none: then nothing else need be asked.</summary>
    bool AreKept { get; }

    /// <summary>
    /// Makes a customer. Null when the key is of no use, because it came with other facts, is too old, or its request failed for good:
    /// then another key is needed. A customer who is made twice harms nobody; the last one counts.
    /// </summary>
    Task<string?> CreateCustomerAsync(CreateProviderCustomer command, CancellationToken cancellation);

    /// <summary>The kept methods, newest first.</summary>
    Task<ImmutableArray<KeptPaymentMethod>> ListAsync(string customer, CancellationToken cancellation);

    /// <summary>Removes a customer with everything that is kept for them. False when there is none. Idempotent.</summary>
    Task<bool> RemoveCustomerAsync(string customer, CancellationToken cancellation);

    /// <summary>Removes one. False when it is not, or no longer, this customer's.</summary>
    Task<bool> RemoveAsync(string customer, string methodId, CancellationToken cancellation);
}

/// <summary>Whom the provider is asked to know.</summary>
/// <param name="IdempotencyKey">Written down before the call.</param>
/// <param name="CustomerId">For the provider's own records.</param>
/// <param name="Email">Likewise.</param>
/// <param name="AskedAt">When the key was written down.</param>
public sealed record CreateProviderCustomer(string IdempotencyKey, Guid CustomerId, string Email, DateTimeOffset AskedAt);
