using Microsoft.Extensions.Options;
using SoonShop.Payments;
using Stripe;

namespace SoonShop.Silo.Payments;

/// <summary>
/// Manages cards that Stripe stores for customers. A payment stores a card on request, and later payments use it by its id.
/// </summary>
internal sealed class StripePaymentMethods(StripeCalls stripe, IOptions<StripeOptions> settings, TimeProvider time) : IPaymentMethods
{
    private const int MaxMethods = 100;
    private const int MaxIdLength = 200;
    private readonly StripeOptions options = settings.Value;

    public bool AreSaved => true;

    public async Task<string?> CreateCustomerAsync(CreateProviderCustomer command, CancellationToken cancellation)
    {
        if (time.GetUtcNow() - command.AskedAt > TimeSpan.FromHours(options.FindAfterHours))
            return null;
        var creation = new CustomerCreateOptions
        {
            Email = command.Email,
            Metadata = new() { [StripeObjects.CustomerField] = $"{command.CustomerId}", [StripeObjects.KeyField] = command.IdempotencyKey },
        };
        var answer = await stripe.SendAsync(
            (s, c) => s.Customers.CreateAsync(creation, new() { IdempotencyKey = command.IdempotencyKey }, c), cancellation);
        if (answer.Value is { } customer)
            return customer.Id;
        return answer.Fault!.Kind is StripeFaultKind.Kept or StripeFaultKind.KeyReused
            ? null
            : throw new UnavailableException($"The payment provider refuses to keep payment methods: {answer.Fault.Code}.");
    }

    public async Task<ImmutableArray<SavedPaymentMethod>> ListAsync(string customer, CancellationToken cancellation)
    {
        var cards = new CustomerPaymentMethodListOptions { Type = "card", Limit = MaxMethods };
        var answer = await stripe.SendAsync((s, c) => s.Customers.PaymentMethods.ListAsync(customer, cards, null, c), cancellation);
        return answer.Value is { } list
            ? [.. list.Data.Where(m => m.Card is not null).Select(m =>
                new SavedPaymentMethod(m.Id, m.Card.Brand, m.Card.Last4, (int)m.Card.ExpMonth, (int)m.Card.ExpYear))]
            : answer.Fault!.Kind == StripeFaultKind.Missing ? [] : throw StripeCalls.NoAnswer();
    }

    public async Task<bool> RemoveCustomerAsync(string customer, CancellationToken cancellation)
    {
        // Deleting a missing customer is a success as well.
        var answer = await stripe.SendAsync((s, c) => s.Customers.DeleteAsync(customer, null, null, c), cancellation);
        return answer.Value is not null || (answer.Fault!.Kind == StripeFaultKind.Missing ? false : throw StripeCalls.NoAnswer());
    }

    public async Task<bool> RemoveAsync(string customer, string methodId, CancellationToken cancellation)
    {
        // The id becomes part of a URL.
        if (methodId.Length > MaxIdLength || !methodId.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            return false;
        // Stripe detaches any payment method. So the customer's ownership is checked first.
        var owned = await stripe.SendAsync((s, c) => s.Customers.PaymentMethods.GetAsync(customer, methodId, null, null, c), cancellation);
        if (owned.Value is null)
            return owned.Fault!.Kind is StripeFaultKind.Missing or StripeFaultKind.Refused ? false : throw StripeCalls.NoAnswer();
        var key = new RequestOptions { IdempotencyKey = $"{customer}/{methodId}/detach" };
        var detached = await stripe.SendAsync((s, c) => s.PaymentMethods.DetachAsync(methodId, null, key, c), cancellation);
        return detached.Fault?.Kind == StripeFaultKind.Kept ? throw StripeCalls.NoAnswer() : detached.Value is not null;
    }
}
