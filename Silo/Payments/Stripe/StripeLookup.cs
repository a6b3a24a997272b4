using SoonShop.Payments;
using Stripe;

namespace SoonShop.Silo.Payments;

/// <summary>
/// Finds objects that were created with one of our keys when a retry with the key gives no information. It never guesses: an object that is
/// not found either does not exist, or the lookup fails because its outcome is unknown.
/// </summary>
internal sealed class StripeLookup(StripeCalls stripe, TimeProvider time)
{
    /// <summary>How far Stripe's search may lag (Stripe promises one minute in ordinary times). Lists do not lag.</summary>
    private static readonly TimeSpan SearchLag = TimeSpan.FromMinutes(10);

    private const int PageSize = 100;
    private const int MaxPages = 10;

    /// <summary>Finds the payment created with a key; null when there is none.</summary>
    /// <exception cref="UnavailableException">It cannot be determined now.</exception>
    public async Task<PaymentIntent?> FindPaymentAsync(CreateProviderPayment command, CancellationToken cancellation)
    {
        var query = new PaymentIntentSearchOptions
        {
            Query = $"metadata['{StripeObjects.KeyField}']:'{command.IdempotencyKey}'",
            Limit = 10,
        };
        var found = Known(await stripe.SendAsync((s, c) => s.PaymentIntents.SearchAsync(query, null, c), cancellation)).Data;
        return found.Find(p => !StripeObjects.IsVoid(p)) ?? found.FirstOrDefault() ?? await FindRecentAsync(command, cancellation);
    }

    /// <summary>Finds the refund created with a key; null when there is none.</summary>
    public async Task<Stripe.Refund?> FindRefundAsync(CreateProviderRefund command, CancellationToken cancellation) =>
        (await RefundsAsync(command.Reference, cancellation)).Find(r => StripeObjects.KeyOf(r.Metadata) == command.IdempotencyKey);

    /// <summary>Returns all refunds of a payment.</summary>
    public Task<List<Stripe.Refund>> RefundsAsync(string reference, CancellationToken cancellation) => AllAsync(
        (s, after, c) => s.Refunds.ListAsync(
            new RefundListOptions { PaymentIntent = reference, Limit = PageSize, StartingAfter = after }, null, c),
        _ => false, cancellation);

    private async Task<PaymentIntent?> FindRecentAsync(CreateProviderPayment command, CancellationToken cancellation)
    {
        var (asked, recent) = (command.AskedAt - SearchLag, time.GetUtcNow() - SearchLag);
        var since = new DateRangeOptions { GreaterThanOrEqual = (asked > recent ? asked : recent).UtcDateTime };
        bool IsIt(PaymentIntent p) => StripeObjects.KeyOf(p.Metadata) == command.IdempotencyKey;
        var listed = await AllAsync(
            (s, after, c) => s.PaymentIntents.ListAsync(
                new PaymentIntentListOptions { Created = since, Limit = PageSize, StartingAfter = after }, null, c),
            IsIt, cancellation);
        return listed.Find(IsIt);
    }

    /// <summary>Reads page after page until the wanted object is found.</summary>
    private async Task<List<T>> AllAsync<T>(
        Func<V1Services, string?, CancellationToken, Task<StripeList<T>>> page, Predicate<T> found, CancellationToken cancellation)
        where T : StripeEntity<T>, IHasId
    {
        var all = new List<T>();
        for (var i = 0; i < MaxPages; i++)
        {
            var after = all.Count > 0 ? all[^1].Id : null;
            var next = Known(await stripe.SendAsync((s, c) => page(s, after, c), cancellation));
            all.AddRange(next.Data);
            if (!next.HasMore || next.Data.Count == 0 || next.Data.Exists(found))
                return all;
        }
        // Not all objects were read, so the wanted one may exist anyway.
        throw StripeCalls.NoAnswer();
    }

    /// <summary>Returns the result, or throws when Stripe rejected the list or search.</summary>
    private static T Known<T>(StripeResult<T> answer) where T : class =>
        answer.Value ?? throw new UnavailableException($"Stripe refuses to look a payment up: {answer.Fault}.");
}
