using SoonShop.Events;
using SoonShop.Orleans.PostgreSql.Streams;

namespace SoonShop.Silo.Streams;

/// <summary>Delivers committed events to the shop's event handlers through their lanes.</summary>
internal sealed class EventLaneBatches(EventHandlers handlers) : IQueueLanes
{
    public string Namespace => ShopStreams.Lanes;

    public bool Serve(GrainType consumer) => handlers.Find(consumer.ToString()!) is not null;

    public object Batch(IEnumerable<object> events, ILaneReceipts receipts) =>
        new EventBatch { Events = [.. events.Cast<CloudEvent>()], Receipts = new Acknowledgements(receipts) };

    private sealed class Acknowledgements(ILaneReceipts receipts) : IEventAcknowledgements
    {
        public bool AreCurrent => receipts.AreCurrent;

        public bool Take(int index) => receipts.Take(index);

        public void Done(int index) => receipts.Done(index);

        public void Return(int index) => receipts.Return(index);
    }
}
