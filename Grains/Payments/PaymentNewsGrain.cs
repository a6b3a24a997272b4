using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Payments;

/// <summary>
/// Goes by what the payment provider tells; keyed by the provider's id of the payment. What is known already costs one call
/// to the payment's grain, and none to the provider.
/// </summary>
[GrainType("payment-news"), ImplicitStreamSubscription(PaymentNews.StreamNamespace)]
[Retry(Immediate = 1, Backoff = Backoff.Exponential, Retries = 20, FirstSeconds = 1, Factor = 2, MaxSeconds = 600, Jitter = 0.2)]
[CollectionAgeLimit(Minutes = 2)]
internal sealed class PaymentNewsGrain(PaymentReview review) : EventHandlerGrain, IHandle<PaymentNews>
{
    Task IHandle<PaymentNews>.HandleAsync(PaymentNews e, EventContext context)
    {
        CrashPoint.Pass("payment.news.handling");
        // After a failure it is not known how far it came: what the payment knows, the order may not.
        return review.HearAsync(e, context.Attempt > 1, context.Cancellation);
    }
}
