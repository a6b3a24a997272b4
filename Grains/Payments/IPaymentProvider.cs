namespace SoonShop.Payments;

/// <summary>
/// The port to whoever moves the money. Every call that changes something carries an idempotency key: the provider does
/// it once and gives the same answer again.
/// </summary>
/// <remarks>Throws <see cref="UnavailableException"/> when there is no definite answer; asking again under the same key is then right.</remarks>
public interface IPaymentProvider
{
    /// <summary>Tries to take the whole amount at once.</summary>
    Task<ProviderPayment> CreateAsync(CreateProviderPayment command, CancellationToken cancellation);

    /// <summary>How a payment stands now.</summary>
    Task<ProviderPayment> RetrieveAsync(string reference, CancellationToken cancellation);

    /// <summary>Gives a payment up that awaits the customer. When it was captured meanwhile, the answer says so and it stays.</summary>
    Task<ProviderPayment> CancelAsync(string reference, string idempotencyKey, CancellationToken cancellation);

    /// <summary>Gives captured money back.</summary>
    Task<ProviderRefund> RefundAsync(string reference, long amount, string idempotencyKey, CancellationToken cancellation);
}

/// <summary>What the provider is asked to take.</summary>
/// <param name="IdempotencyKey">Derived from the order and the attempt; written down before the call.</param>
/// <param name="OrderId">For the provider's own records.</param>
/// <param name="CustomerId">Likewise.</param>
/// <param name="Amount">Minor units with currency.</param>
/// <param name="PaymentMethod">The provider's id of a payment method.</param>
public sealed record CreateProviderPayment(string IdempotencyKey, Guid OrderId, Guid? CustomerId, Money Amount, string PaymentMethod);

/// <summary>A payment as the provider sees it.</summary>
/// <param name="Reference">The provider's id.</param>
/// <param name="Status">How it stands.</param>
/// <param name="ClientSecret">For the customer's device, when it must act.</param>
/// <param name="DeclineCode">Why it was declined.</param>
public sealed record ProviderPayment(string Reference, ProviderPaymentStatus Status, string? ClientSecret, string? DeclineCode);

/// <summary>How a payment stands at the provider.</summary>
public enum ProviderPaymentStatus
{
    /// <summary>The customer must act.</summary>
    RequiresAction,
    /// <summary>The money is taken.</summary>
    Captured,
    /// <summary>It will not be taken under this attempt.</summary>
    Declined,
    /// <summary>It was given up.</summary>
    Cancelled,
}

/// <summary>A refund as the provider sees it; <paramref name="Reference"/> is the provider's id.</summary>
public sealed record ProviderRefund(string Reference);

/// <summary>The port to a provider that is only simulated: it lets a client play the customer's part.</summary>
public interface ISimulatedPayments
{
    /// <summary>The customer has proven to the bank that it is them: the waiting payment is captured. False when nothing waits.</summary>
    Task<bool> AuthenticateAsync(Guid orderId, CancellationToken cancellation);
}
