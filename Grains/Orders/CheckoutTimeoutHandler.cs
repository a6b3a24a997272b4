using SoonShop.Events;

namespace SoonShop.Orders;

/// <summary>
/// Brings an order's reminder to it when it is due; the key is the order id. Retried for as long as it takes: an order
/// reaches its end without help, however long a payment provider is away.
/// </summary>
[GrainType("checkout-reminder"), ImplicitStreamSubscription(CheckoutTimeout.StreamNamespace)]
[Retry(Backoff = Backoff.Exponential, FirstSeconds = 1, MaxSeconds = 60, Jitter = 0.2, Retries = int.MaxValue)]
[CollectionAgeLimit(Minutes = 2)]
internal sealed class CheckoutTimeoutHandler : EventHandlerGrain, IHandle<CheckoutTimeout>
{
    Task IHandle<CheckoutTimeout>.HandleAsync(CheckoutTimeout e, EventContext context) =>
        GrainFactory.GetGrain<IOrderGrain>(e.OrderId).ResumeAsync(e.DueAt);
}
