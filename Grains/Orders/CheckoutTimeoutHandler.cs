using SoonShop.Events;

namespace SoonShop.Orders;

/// <summary>
/// Resumes an order when its timeout is due; the key is the order id. It retries without limit, so that every order ends without help,
/// however long a payment provider is unavailable.
/// </summary>
[GrainType("checkout-reminder"), ImplicitStreamSubscription(CheckoutTimeout.StreamNamespace)]
[Retry(Backoff = Backoff.Exponential, FirstSeconds = 1, MaxSeconds = 60, Jitter = 0.2, Retries = int.MaxValue)]
[CollectionAgeLimit(Minutes = 2)]
internal sealed class CheckoutTimeoutHandler : EventHandlerGrain, IHandle<CheckoutTimeout>
{
    Task IHandle<CheckoutTimeout>.HandleAsync(CheckoutTimeout e, EventContext context) =>
        GrainFactory.GetGrain<IOrderGrain>(e.OrderId).ResumeAsync(e.DueAt);
}
