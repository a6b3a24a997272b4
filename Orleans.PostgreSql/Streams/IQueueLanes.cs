namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// Delivers committed events through lanes: one stream per queue and silo, whose batches hold events of many streams. A lane serves
/// consumers that otherwise would subscribe to many short-lived streams.
/// </summary>
internal interface IQueueLanes
{
    /// <summary>The namespace of the lanes' streams. Their consumer receives the batches.</summary>
    string Namespace { get; }

    /// <summary>True when the lanes deliver to consumers of this grain type.</summary>
    bool Serve(GrainType consumer);

    /// <summary>Returns the message that carries these events.</summary>
    object Batch(IEnumerable<object> events, ILaneReceipts receipts);
}

/// <summary>
/// The acknowledgements of the events of a batch by their index, to the reader of the queue in the same process. An event is acknowledged
/// exactly when it is done, whatever Orleans knows about its batch.
/// </summary>
internal interface ILaneReceipts
{
    /// <summary>False once another silo reads the queue. That silo then delivers every event that is not done.</summary>
    bool AreCurrent { get; }

    /// <summary>
    /// Takes an event over. The caller must then call one of the other two methods. False when the event was taken before and must not be
    /// handled.
    /// </summary>
    bool Take(int index);

    /// <summary>Acknowledges the event.</summary>
    void Done(int index);

    /// <summary>Returns the event without delivery, because another silo reads the queue.</summary>
    void Return(int index);
}
