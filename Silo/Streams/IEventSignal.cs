namespace SoonShop.Silo.Streams;

/// <summary>Wakes the readers of queues, here and on other silos. A signal that gets lost costs only the readers' idle pause.</summary>
public interface IEventSignal
{
    /// <summary>Says, after the commit, that these queues (<c>stream_queue.id</c>) have something new. Cheap; never blocks or throws.</summary>
    void Raise(ReadOnlySpan<int> queues);
}
