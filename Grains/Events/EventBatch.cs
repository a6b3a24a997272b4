namespace SoonShop.Events;

/// <summary>
/// Committed events of one queue, in the order in which they were read. The stream of a lane carries them to the lane, which delivers them
/// to their handlers (<see cref="ShopStreams.Lanes"/>).
/// </summary>
[GenerateSerializer, Immutable, Alias("event-batch")]
public sealed class EventBatch
{
    /// <summary>The events.</summary>
    [Id(0)] public ImmutableArray<CloudEvent> Events { get; init; } = [];

    /// <summary>Receives the outcomes of the events; null in any other process than the one that read them.</summary>
    [field: NonSerialized] public IEventAcknowledgements? Receipts { get; init; }
}

/// <summary>
/// A lane's acknowledgements to the reader of its queue, in the same process, for the events of a batch by their index. An event is
/// acknowledged exactly when it is done, whatever Orleans knows about its batch.
/// </summary>
public interface IEventAcknowledgements
{
    /// <summary>
    /// False once another silo reads the queue. That silo then delivers every event that is not done, and this lane starts no further
    /// event.
    /// </summary>
    bool AreCurrent { get; }

    /// <summary>
    /// Takes an event over. The caller must then call one of the other two methods. False when the event was taken before and must not be
    /// handled.
    /// </summary>
    bool Take(int index);

    /// <summary>Acknowledges the event: each handler has processed it, or its retry or dead letter is stored.</summary>
    void Done(int index);

    /// <summary>Returns the event without delivery to all its handlers, because another silo reads the queue.</summary>
    void Return(int index);
}
