namespace SoonShop.Events;

/// <summary>
/// Committed events of one queue, in the order in which they were read, on their way to the lane that brings them to their handlers: what
/// the stream of a lane carries (<see cref="ShopStreams.Lanes"/>).
/// </summary>
[GenerateSerializer, Immutable, Alias("event-batch")]
public sealed class EventBatch
{
    /// <summary>The events.</summary>
    [Id(0)] public ImmutableArray<CloudEvent> Events { get; init; } = [];

    /// <summary>Takes what became of them; null in another process than the one that read them.</summary>
    [field: NonSerialized] public IEventAcknowledgements? Receipts { get; init; }
}

/// <summary>
/// What a lane tells the reader of its queue, in the same process, about the events of a batch, by their place in it. An event is
/// acknowledged when it is done, and not before, whatever Orleans knows of its batch.
/// </summary>
public interface IEventAcknowledgements
{
    /// <summary>
    /// False once somebody else reads the queue: what is not done by then comes from that one, and nothing more is begun here.
    /// </summary>
    bool AreCurrent { get; }

    /// <summary>
    /// Takes an event over: whoever has taken it must end with one of the other two. False when it must not be handled: it was taken before.
    /// </summary>
    bool Take(int index);

    /// <summary>Each handler is done with the event, or what follows is stored.</summary>
    void Done(int index);

    /// <summary>The event was not brought to all its handlers, because the queue is somebody else's.</summary>
    void Return(int index);
}
