using SoonShop.Aggregates;

namespace SoonShop.Payments;

/// <summary>A customer's record at the provider.</summary>
/// <param name="Generation">How many idempotency keys were used to create the customer.</param>
/// <param name="AskedAt">When the last key was stored.</param>
/// <param name="Email">The e-mail address that was sent.</param>
/// <param name="Reference">The provider's id, once known.</param>
public sealed record PaymentCustomer(int Generation, DateTimeOffset AskedAt, string Email, string? Reference)
{
    /// <summary>True when the account was erased: late requests create no customer.</summary>
    public bool IsErased { get; init; }

    /// <summary>The decline code for a customer who was deleted at the provider.</summary>
    public const string UnknownCode = "unknown_customer";

    /// <summary>The most keys that one call uses.</summary>
    public const int MaxKeysAtOnce = 2;

    /// <summary>Stores the first key, or the next one.</summary>
    public static PaymentCustomer Ask(PaymentCustomer? before, string email, DateTimeOffset now) =>
        new((before?.Generation ?? 0) + 1, now, email, null);

    /// <summary>The request to the provider.</summary>
    public CreateProviderCustomer ToCommand(Guid id) => new($"{id:N}/customer/{Generation}", id, Email, AskedAt);
}

internal sealed class PaymentCustomerGrain(
    [PersistentState("payment-customer")] IPersistentState<StateEnvelope<PaymentCustomer>> storage,
    TimeProvider time,
    IPaymentMethods methods)
    : AggregateGrain<PaymentCustomer>(storage, time), IPaymentCustomerGrain
{
    /// <summary>Time limit of a call to the provider, shorter than that of the grain's caller.</summary>
    private static readonly TimeSpan ProviderTimeout = TimeSpan.FromSeconds(8);

    protected override string Aggregate => "payment-customer";

    protected override string StreamKeyOf(PaymentCustomer state) => GrainKey;

    private string? Reference => methods.AreSaved ? State?.Reference : null;

    Task<string?> IPaymentCustomerGrain.GetReferenceAsync() => Task.FromResult(Reference);

    async Task<string?> IPaymentCustomerGrain.OpenAsync(string email)
    {
        if (!methods.AreSaved || State is { IsErased: true } || Reference is not null)
            return Reference;
        for (var keys = 0; keys < PaymentCustomer.MaxKeysAtOnce; keys++)
        {
            if (State is null || keys > 0)
                await CommitAsync(PaymentCustomer.Ask(State, email, Now), []);
            var asked = State!;
            if (await CallAsync(c => methods.CreateCustomerAsync(asked.ToCommand(this.GetPrimaryKey()), c)) is { } reference)
            {
                await CommitAsync(asked with { Reference = reference }, []);
                return reference;
            }
        }
        throw new UnavailableException(ErrorText.Of(
            "error.keep-methods", "The payment provider cannot save payment methods now. Try again later, or pay without saving it."));
    }

    async Task IPaymentCustomerGrain.ForgetAsync(string reference)
    {
        // A new key: with the old one, the provider would return the deleted customer.
        if (State is { IsErased: false } known && known.Reference == reference)
            await CommitAsync(PaymentCustomer.Ask(State, State.Email, Now), []);
    }

    async Task IPaymentCustomerGrain.EraseAsync()
    {
        if (State is { IsErased: true })
            return;
        if (methods.AreSaved && State is { } known)
        {
            // A response may have been lost: with the same key, the provider returns the customer that it created.
            var reference = known.Reference ?? await CallAsync(c => methods.CreateCustomerAsync(known.ToCommand(this.GetPrimaryKey()), c));
            if (reference is not null)
                await CallAsync(c => methods.RemoveCustomerAsync(reference, c));
        }
        await CommitAsync(new PaymentCustomer(State?.Generation ?? 0, Now, "", null) { IsErased = true }, []);
    }

    async Task<ImmutableArray<SavedPaymentMethod>> IPaymentCustomerGrain.ListMethodsAsync() =>
        Reference is { } customer ? await CallAsync(c => methods.ListAsync(customer, c)) : [];

    async Task<Result<Done>> IPaymentCustomerGrain.RemoveMethodAsync(string methodId) =>
        Reference is { } customer && await CallAsync(c => methods.RemoveAsync(customer, methodId, c)) ? new Done() : Error.NotFound(
            "not-found.payment-method", "The payment method was not found.");

    private async Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call)
    {
        using var timeout = new CancellationTokenSource(ProviderTimeout, Time);
        try
        {
            return await call(timeout.Token);
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested)
        {
            throw new UnavailableException(ErrorText.Of("error.provider-late", "The payment provider did not answer in time."), e);
        }
    }
}
