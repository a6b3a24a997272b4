using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>The events that the next call of Orleans' pulling agent takes. Call all methods under the reader's lock.</summary>
internal sealed class ReadyEvents(ReaderContext context, QueueLane lane)
{
    private readonly Queue<PendingEvent> ready = new();
    private readonly Dictionary<StreamId, int> readyOf = [];
    private long token;

    /// <summary>Starts with no events.</summary>
    /// <param name="epoch">Tokens also rise from owner to owner: a consumer may report a token of the previous owner.</param>
    public void Restart(long epoch)
    {
        token = epoch << 36;
        ready.Clear();
        readyOf.Clear();
    }

    /// <summary>True when an event of the stream is ready.</summary>
    public bool Contains(StreamId stream) => readyOf.ContainsKey(stream);

    /// <summary>Makes an event ready.</summary>
    public void Add(PendingEvent e)
    {
        ready.Enqueue(e);
        readyOf[e.Stream] = readyOf.GetValueOrDefault(e.Stream) + 1;
    }

    /// <summary>Takes the events that are ready, up to the limit of one call. Those for the lane are one batch of it.</summary>
    public List<IBatchContainer> Take()
    {
        var limit = context.Options.ReadEvents;
        var batch = new List<IBatchContainer>(Math.Min(ready.Count + 1, limit));
        if (lane.TakeReady() is { } ofLane)
            batch.Add(Batch(ofLane));
        while (batch.Count < limit && ready.TryDequeue(out var e))
        {
            if (--readyOf[e.Stream] == 0)
                readyOf.Remove(e.Stream);
            e.Passed = false;
            batch.Add(Batch(e));
        }
        return batch;
    }

    private BatchContainer Batch(PendingEvent e) =>
        e.Batch = new BatchContainer(e.Stream, new EventSequenceTokenV2(++token), e.Events, e.RequestContext, e);
}
