using Orleans.Placement;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace SoonShop.Events;

/// <summary>
/// The consumer of a lane, which is one stream for all events of a queue. Without lanes, Orleans would register many streams, one per
/// customer, that are used only for seconds. The grain is active on the silo that reads the queue; its key contains that silo's name.
/// </summary>
[GrainType("event-lane"), ImplicitStreamSubscription(ShopStreams.Lanes), PreferLocalPlacement]
internal sealed class EventLaneGrain(EventLanes lanes) : Grain, IGrainWithStringKey, IStreamSubscriptionObserver
{
    Task IStreamSubscriptionObserver.OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<EventBatch>().ResumeAsync((batch, _) => TakeAsync(batch));

    private Task TakeAsync(EventBatch batch)
    {
        if (batch.Receipts is { } receipts)
            return lanes.Of(this.GetPrimaryKeyString()).TakeAsync(batch.Events, receipts);
        // The grain was placed here while the other silo was not ready for grains. The stream retries and finds it there.
        DeactivateOnIdle();
        throw new InvalidOperationException(
            $"The lane {this.GetPrimaryKeyString()} is active on another silo than the reader of its queue; it is tried again.");
    }
}
