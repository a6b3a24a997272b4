namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// Signals the readers of queues, here and on other silos. If a signal is lost, the readers find the events at their next poll.
/// </summary>
internal interface IEventSignal
{
    /// <summary>
    /// Signals that these queues (<c>stream_queue.id</c>) have new events. Call it after the commit. Never blocks or throws.
    /// </summary>
    void Raise(ReadOnlySpan<int> queues);
}
