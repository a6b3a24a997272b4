namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// The events that wait for the queue's lane or are in it. The lane itself reports when its events are done, see
/// <see cref="ILaneReceipts"/>.
/// </summary>
internal sealed class QueueLane(ReaderContext context, QueueLease lease, PendingEvents pending)
{
    /// <summary>How long a stopping reader waits for events in its lane.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(2);

    /// <summary>How often a stopping reader looks whether its lane is empty.</summary>
    private static readonly TimeSpan WaitStep = TimeSpan.FromMilliseconds(20);

    private readonly StreamId stream = context.Services.Lanes is { } lanes
        ? StreamId.Create(lanes.Namespace, $"{context.Queue}@{context.Services.Owner}") : default;
    private readonly Queue<PendingEvent> ready = new();
    private int taken;

    /// <summary>True when events wait for the lane. Call under the lock.</summary>
    public bool HasReady => ready.Count > 0;

    /// <summary>Forgets all events. Call under the lock.</summary>
    public void Clear()
    {
        ready.Clear();
        taken = 0;
    }

    /// <summary>Lets an event wait for the lane. Call under the lock.</summary>
    public void Add(PendingEvent e) => ready.Enqueue(e);

    /// <summary>Lets the events of a batch wait again that the lane has not taken. Call under the lock.</summary>
    public void AddUntaken(PendingEvent batch)
    {
        foreach (var part in batch.Parts!)
        {
            if (part.Lane == LaneState.None && batch.Epoch == lease.Epoch)
                ready.Enqueue(part);
        }
    }

    /// <summary>Takes the events that wait, as one batch; null when there are none. Call under the lock.</summary>
    public PendingEvent? TakeReady()
    {
        if (ready.Count == 0)
            return null;
        var parts = new PendingEvent[Math.Min(ready.Count, context.Options.ReadEvents)];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = ready.Dequeue();
            parts[i].HandedOver++;
        }
        var epoch = lease.Epoch;
        return new PendingEvent
        {
            Position = parts[0].Position,
            EventId = parts[0].EventId,
            EventType = parts[0].EventType,
            Stream = stream,
            Events = [context.Services.Lanes!.Batch(parts.Select(p => p.Events[0]), new Receipts(this, epoch, parts))],
            Bytes = 0,
            Parts = parts,
            Epoch = epoch,
            HandedOver = parts.Max(p => p.HandedOver) - 1,
        };
    }

    /// <summary>Returns the event, or the events of a batch that the lane has not taken.</summary>
    public PendingEvent[] Untaken(PendingEvent e)
    {
        lock (context.Gate)
            return e.Parts is { } parts ? Array.FindAll(parts, p => p.Lane == LaneState.None) : [e];
    }

    /// <summary>Completes an event of a batch that was reported as undelivered, unless the lane has taken it.</summary>
    public void TakenOver(PendingEvent part, long ofEpoch)
    {
        lock (context.Gate)
        {
            if (ofEpoch != lease.Epoch || part.Lane != LaneState.None)
                return;
            part.Lane = LaneState.Ended;
            pending.Done(part);
        }
    }

    /// <summary>Waits for the events in the lane, so that they are acknowledged and not handled again by the next owner.</summary>
    public async Task EndAsync()
    {
        for (var began = ReaderContext.NowMs(); Volatile.Read(ref taken) > 0 && ReaderContext.NowMs() - began < MaxWait.TotalMilliseconds;)
            await Task.Delay(WaitStep);
    }

    private bool IsCurrent(long ofEpoch) => lease.IsOwner && lease.Epoch == ofEpoch && !context.Stopping.IsCancellationRequested;

    private bool Take(PendingEvent part, long ofEpoch)
    {
        lock (context.Gate)
        {
            if (lease.Epoch != ofEpoch || part.Lane != LaneState.None)
                return false;
            part.Lane = LaneState.Taken;
            taken++;
            return true;
        }
    }

    private void End(PendingEvent part, long ofEpoch, bool done)
    {
        lock (context.Gate)
        {
            if (lease.Epoch != ofEpoch || part.Lane != LaneState.Taken)
                return;
            taken--;
            part.Lane = done ? LaneState.Ended : LaneState.None;
            if (done)
                pending.Done(part);
        }
    }

    /// <summary>The lane's acknowledgements of one batch.</summary>
    private sealed class Receipts(QueueLane lane, long ofEpoch, PendingEvent[] parts) : ILaneReceipts
    {
        public bool AreCurrent => lane.IsCurrent(ofEpoch);

        public bool Take(int index) => lane.Take(parts[index], ofEpoch);

        public void Done(int index) => lane.End(parts[index], ofEpoch, done: true);

        public void Return(int index) => lane.End(parts[index], ofEpoch, done: false);
    }
}
