namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// Decides where an event goes. An event is in one place at a time: it waits for the activation of its consumers because its stream is
/// new to the agent, it is ready, it is in the cache, it is in the lane, or it stays in the database because its stream has reached its
/// limit in memory.
/// </summary>
internal sealed class EventDelivery(
    ReaderContext context, PendingEvents pending, QueueLane lane, ReadyEvents ready, ConsumerActivator activator,
    UndeliveredReporter undelivered, StreamCache cache)
{
    /// <summary>The most times that an event is handed to Orleans before it counts as undelivered.</summary>
    private const int MaxHandOvers = 3;

    /// <summary>Adds an event that was read. Call under the lock.</summary>
    public void Accept(PendingEvent e) => Accept(e, fetched: false);

    /// <summary>Adds an event that its stream had left in the database. Call under the lock.</summary>
    public void AcceptFetched(PendingEvent e) => Accept(e, fetched: true);

    /// <summary>
    /// Completes an event. For a lane's batch, the lane itself reports when its events are done. Called by the cache, under its lock.
    /// </summary>
    public void Finish(PendingEvent e)
    {
        lock (context.Gate)
        {
            if (e.Parts is null)
            {
                pending.Done(e);
            }
            else
            {
                // The lane has not taken the rest.
                Enqueue(e);
                if (lane.HasReady)
                    context.Signal();
            }
        }
    }

    /// <summary>Reports an event that Orleans abandoned. Called by the cache, under its lock.</summary>
    public void Abandon(PendingEvent e, Guid? subscription) =>
        undelivered.Report(e, UndeliveredReason.DeliveryFailed, subscription: subscription);

    /// <summary>Hands an event over again that Orleans did not deliver, or reports it when that happened too often.</summary>
    public void HandOverAgain(PendingEvent e)
    {
        if (e.HandedOver >= MaxHandOvers)
        {
            undelivered.Report(e, UndeliveredReason.NotHandedOver);
            return;
        }
        lock (context.Gate)
            Enqueue(e);
        context.Signal();
    }

    private void Accept(PendingEvent e, bool fetched)
    {
        if (e.Unreadable is { } unreadable)
        {
            pending.Add(e);
            undelivered.Report(e, UndeliveredReason.Unreadable, error: unreadable);
        }
        else if (e.Route == Route.Nobody)
        {
            pending.Add(e);
            pending.Done(e);
        }
        else if (fetched || !pending.Leave(e))
        {
            pending.Add(e);
            Enqueue(e);
        }
    }

    /// <summary>Makes an event ready, or lets it wait until its stream's consumers are active. Call under the lock.</summary>
    private void Enqueue(PendingEvent e)
    {
        if (e.Parts is not null)
            lane.AddUntaken(e);
        else if (e.Route == Route.Lane)
            lane.Add(e);
        else if (activator.TryAdd(e))
            return;
        else if (ready.Contains(e.Stream) || cache.HasCursors(e.Stream))
            ready.Add(e);
        else
            activator.Begin(e);
    }
}
