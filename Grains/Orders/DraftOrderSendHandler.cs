using SoonShop.Events;

namespace SoonShop.Orders;

/// <summary>
/// Completes the sending of a draft order when its timer is due; the key is the draft's id. It retries without limit, so that a draft whose
/// order exists is sent without help.
/// </summary>
[GrainType("draft-order-send"), ImplicitStreamSubscription(DraftOrderSendDue.StreamNamespace)]
[Retry(Backoff = Backoff.Exponential, FirstSeconds = 1, MaxSeconds = 60, Jitter = 0.2, Retries = int.MaxValue)]
[CollectionAgeLimit(Minutes = 2)]
internal sealed class DraftOrderSendHandler : EventHandlerGrain, IHandle<DraftOrderSendDue>
{
    Task IHandle<DraftOrderSendDue>.HandleAsync(DraftOrderSendDue e, EventContext context) =>
        GrainFactory.GetGrain<IDraftOrderGrain>(e.DraftId).ResumeAsync();
}
