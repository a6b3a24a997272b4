using Microsoft.Extensions.Logging;
using Orleans.Streams;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// Reads one queue for Orleans' pulling agent. Events whose consumers are all served by lanes go through the queue's lane, one stream for
/// all of them. Other events go through their own stream.
/// This class answers Orleans' calls, one after the other, and runs the periodic work. Its parts share one lock: <see cref="QueueLease"/>
/// owns the queue, <see cref="QueuePoller"/> reads the database, <see cref="EventDelivery"/> decides where each event goes,
/// <see cref="PendingEvents"/> limits what is in memory, and <see cref="ReaderProgress"/> acknowledges what is done.
/// </summary>
internal sealed partial class QueueReader : IQueueAdapterReceiver
{
    /// <summary>How long a call of the agent waits for events.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(400);

    /// <summary>The pause after a failed read.</summary>
    private static readonly TimeSpan FailurePause = TimeSpan.FromMilliseconds(500);

    /// <summary>How often the cache is swept for events that Orleans did not deliver.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource stopping = new();
    private readonly ReaderServices services;
    private readonly ReaderContext context;
    private readonly QueueLease lease;
    private readonly ReaderProgress progress;
    private readonly PendingEvents pending;
    private readonly QueueLane lane;
    private readonly ReadyEvents ready;
    private readonly ConsumerActivator activator;
    private readonly EventDelivery delivery;
    private readonly QueuePoller poller;
    private Task sweeping = Task.CompletedTask;

    public QueueReader(ReaderServices services, int queue, int batchSize)
    {
        this.services = services;
        context = new ReaderContext(services, queue, stopping.Token);
        Cache = new StreamCache(batchSize, services.Consumers.HasExplicit ? 2000 : 0, ReaderContext.NowMs, context.Gate);
        lease = new QueueLease(context, Restart);
        progress = new ReaderProgress(context, lease);
        pending = new PendingEvents(context, progress);
        lane = new QueueLane(context, lease, pending);
        ready = new ReadyEvents(context, lane);
        var undelivered = new UndeliveredReporter(context, lease, pending, lane, Cache);
        activator = new ConsumerActivator(context, lease, pending, ready, undelivered);
        delivery = new EventDelivery(context, pending, lane, ready, activator, undelivered, Cache);
        poller = new QueuePoller(context, lease, progress, pending, new EventDecoder(services), delivery);
        Cache.Finished = delivery.Finish;
        Cache.Abandoned = delivery.Abandon;
    }

    /// <summary>The queue's id.</summary>
    public int Queue => context.Queue;

    /// <summary>The cache that the agent reads from.</summary>
    public StreamCache Cache { get; }

    /// <summary>True while this process believes that it owns the queue.</summary>
    public bool IsOwner => lease.IsOwner;

    /// <summary>The number of events that were read and are not done.</summary>
    public int Pending
    {
        get
        {
            lock (context.Gate)
                return progress.Pending;
        }
    }

    /// <summary>Signals that the database may have new events.</summary>
    public void Wake()
    {
        poller.ExpectMore();
        context.Signal();
    }

    public Task Initialize(TimeSpan timeout)
    {
        services.Signal.Register(Queue, this);
        sweeping = Task.Run(SweepAsync);
        // Claims the queue now, or else with the first read.
        return lease.ClaimAsync();
    }

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount)
    {
        if (stopping.IsCancellationRequested)
            return [];
        try
        {
            if (!IsOwner && !await lease.ReclaimAsync(MaxWait))
                return [];
            if (TakeReady() is { Count: > 0 } batch)
                return batch;
            // Woken by new events in the database, by consumers that became active, and by room in memory.
            if (!poller.IsDue)
                await context.WaitForSignalAsync(MaxWait);
            if (poller.IsDue)
                await poller.ReadAsync();
            return TakeReady();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return [];
        }
        catch (Exception e)
        {
            LogReadFailure(services.Log, services.Provider, Queue, e.Message);
            await Task.Delay(FailurePause, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return [];
        }
    }

    /// <summary>Does nothing: the cache reports what is done.</summary>
    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    public async Task Shutdown(TimeSpan timeout)
    {
        await stopping.CancelAsync();
        await sweeping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Do not wait for what the agent has released.
        _ = Cache.Sweep();
        services.Signal.Unregister(Queue, this);
        if (!IsOwner)
            return;
        await lane.EndAsync();
        using var limit = new CancellationTokenSource(timeout);
        progress.Changed();
        await services.Acks.FlushAsync(limit.Token);
        await lease.ReleaseAsync(limit.Token);
    }

    /// <summary>Starts all parts anew after a claim. Called under the lock.</summary>
    private void Restart(QueueClaim claim)
    {
        progress.Restart(claim);
        pending.Clear();
        lane.Clear();
        ready.Restart(claim.Epoch);
        activator.Clear();
        poller.ExpectMore();
    }

    private List<IBatchContainer> TakeReady()
    {
        lock (context.Gate)
            return ready.Take();
    }

    /// <summary>Sweeps periodically for events that Orleans did not deliver.</summary>
    private async Task SweepAsync()
    {
        using var timer = new PeriodicTimer(SweepInterval);
        while (await timer.WaitForNextTickAsync(stopping.Token))
        {
            foreach (var e in Cache.Sweep())
                delivery.HandOverAgain(e);
            if (poller.IsIdle)
                Wake();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Events of {Provider}, queue {Queue}, could not be read; retrying: {Reason}")]
    private static partial void LogReadFailure(ILogger log, string provider, int queue, string reason);
}
