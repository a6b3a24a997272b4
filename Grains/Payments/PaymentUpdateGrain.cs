using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Payments;

/// <summary>
/// Handles the provider's payment updates, keyed by the provider's id of the payment. An update that reports what is known costs
/// one call to the payment's grain and none to the provider.
/// </summary>
[GrainType("payment-news"), ImplicitStreamSubscription(PaymentUpdate.StreamNamespace)]
[Retry(Immediate = 1, Backoff = Backoff.Exponential, Retries = 20, FirstSeconds = 1, Factor = 2, MaxSeconds = 600, Jitter = 0.2)]
[CollectionAgeLimit(Minutes = 2)]
internal sealed class PaymentUpdateGrain(PaymentReview review) : EventHandlerGrain, IHandle<PaymentUpdate>
{
    Task IHandle<PaymentUpdate>.HandleAsync(PaymentUpdate e, EventContext context)
    {
        CrashPoint.Pass("payment.news.handling");
        // After a failure the progress is unknown: the payment may be up to date while the order is not.
        return review.ApplyAsync(e, context.Attempt > 1, context.Cancellation);
    }
}
