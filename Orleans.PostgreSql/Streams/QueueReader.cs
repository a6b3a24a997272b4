using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Orleans.Providers.Streams.Common;
using Orleans.Streams;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>The services that the readers of one provider share in this process.</summary>
internal sealed record ReaderServices(
    string Provider, string Owner, StreamDatabase Database, PostgresStreamOptions Options, EventFormat Format, EventSignal Signal,
    QueueReads Reads, AckWriter Acks, Consumers Consumers, IQueueLanes? Lanes, IUndeliveredEvents Undelivered, StreamMetrics Metrics, ILogger Log);

/// <summary>
/// Reads one queue for Orleans' pulling agent. Events whose consumers are all served by lanes go through the queue's lane, one stream for
/// all of them. Other events go through their own stream.
/// An event is in one place at a time: it waits for the activation of its consumers because its stream is new to the agent, it is ready, it
/// is in the <see cref="Cache"/>, it is in the lane, or it stays in the database because its stream has reached its limit in memory.
/// Ownership is a number, the epoch. Claiming a queue raises it, which fences the previous owner. Orleans calls the interface's methods one
/// after the other. A lock protects what they share with background work.
/// </summary>
internal sealed partial class QueueReader : IQueueAdapterReceiver, IProgress
{
    /// <summary>How long a call of the agent waits for events.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(400);

    /// <summary>The pause after a failed read.</summary>
    private static readonly TimeSpan FailurePause = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long a reader that lost its queue waits before it claims it again, if Orleans still assigns it and another silo keeps it.
    /// </summary>
    private static readonly TimeSpan ReclaimAfter = TimeSpan.FromSeconds(10);

    /// <summary>How often done ranges are written.</summary>
    private static readonly TimeSpan DoneInterval = TimeSpan.FromSeconds(1);

    /// <summary>After how long, and how often, a running transaction is checked for written events.</summary>
    private static readonly TimeSpan LongTransaction = TimeSpan.FromSeconds(2);

    /// <summary>How often the cache is swept for events that Orleans did not deliver.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a stopping reader waits for events in its lane.</summary>
    private static readonly TimeSpan LaneEnd = TimeSpan.FromSeconds(2);

    /// <summary>The most times that an event is handed to Orleans before it counts as undelivered.</summary>
    private const int MaxHandOvers = 3;

    /// <summary>The most positions known beyond the final one, and of events left in the database. Reading pauses at this limit.</summary>
    private const int MaxPositions = 1_000_000;

    /// <summary>
    /// The most streams whose consumers are activated at the same time. After a backlog there are thousands. If all were activated at
    /// once, the last would time out, and their events would be undelivered.
    /// </summary>
    private const int MaxActivations = 128;

    private readonly ReaderServices services;
    private readonly Lock gate = new();
    private readonly Dictionary<StreamId, ActivatingStream> activating = [];
    private readonly Queue<PendingEvent> ready = new();
    private readonly Queue<PendingEvent> readyForLane = new();
    private readonly Dictionary<StreamId, int> readyOf = [];
    private readonly Dictionary<StreamId, int> pendingOf = [];
    private readonly Dictionary<StreamId, SortedPositions> leftOf = [];
    private readonly Queue<StreamId> toFetch = new();
    private readonly SemaphoreSlim woken = new(0, 1);
    private readonly SemaphoreSlim activations = new(MaxActivations);
    private readonly CancellationTokenSource stopping = new();
    private readonly StreamId lane;
    private Task sweeping = Task.CompletedTask;
    private ReadWindow window = new(0);
    private AckLedger ledger = new(0, []);

    /// <summary>The ranges beyond the initial watermark that earlier owners have acknowledged.</summary>
    private PositionRange[] inherited = [];

    /// <summary>The progress that the database has, as far as known.</summary>
    private (long Watermark, PositionRange[]? Done, long DoneAtMs) written;
    private long epoch, token, lastReadMs, fencedAtMs, askedAtMs;
    private int pendingBytes, left, inLane;
    private volatile bool more, owner, fenced;

    public QueueReader(ReaderServices services, int queue, int batchSize)
    {
        (this.services, Queue) = (services, queue);
        lane = services.Lanes is { } lanes ? StreamId.Create(lanes.Namespace, $"{queue}@{services.Owner}") : default;
        Cache = new StreamCache(batchSize, services.Consumers.HasExplicit ? 2000 : 0, NowMs, gate)
        {
            Finished = Finish,
            Abandoned = Abandon
        };
    }

    /// <summary>The queue's id.</summary>
    public int Queue { get; }

    /// <summary>The cache that the agent reads from.</summary>
    public StreamCache Cache { get; }

    /// <summary>True while this process believes that it owns the queue.</summary>
    public bool IsOwner => owner && !fenced;

    /// <summary>The number of events that were read and are not done.</summary>
    public int Pending
    {
        get
        {
            lock (gate)
                return ledger.Pending;
        }
    }

    private PostgresStreamOptions Options => services.Options;

    /// <summary>Signals that the database may have new events.</summary>
    public void Wake()
    {
        more = true;
        Signal();
    }

    private void Signal()
    {
        try
        {
            if (woken.CurrentCount == 0)
                woken.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another caller has released it.
        }
    }

    public Task Initialize(TimeSpan timeout)
    {
        services.Signal.Register(Queue, this);
        sweeping = Task.Run(SweepAsync);
        // Claims the queue now, or else with the first read.
        return ClaimAsync();
    }

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount)
    {
        if (stopping.IsCancellationRequested)
            return [];
        try
        {
            if (!IsOwner && !await ReclaimAsync())
                return [];
            if (TakeReady() is { Count: > 0 } batch)
                return batch;
            // Woken by new events in the database, by consumers that became active, and by room in memory.
            if (!IsReadDue())
                await woken.WaitAsync(MaxWait, stopping.Token);
            if (IsReadDue())
                await ReadAsync();
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
        await LaneEndsAsync();
        using var limit = new CancellationTokenSource(timeout);
        services.Acks.Changed(this);
        await services.Acks.FlushAsync(limit.Token);
        await services.Database.ReleaseAsync(Queue, epoch, limit.Token);
        owner = false;
    }

    /// <summary>The progress to write; null when this reader does not own the queue.</summary>
    public QueueProgress? Progress()
    {
        lock (gate)
        {
            if (!IsOwner)
                return null;
            var (watermark, done) = ledger.ToWrite(window.Final);
            PositionRange[]? changed = written.Done is { } before && before.AsSpan().SequenceEqual(done) ? null : done;
            // The ranges may be long, so they are written less often. Events missing from them are handled again if this silo ends.
            if (changed is not null && NowMs() - written.DoneAtMs < DoneInterval.TotalMilliseconds && !stopping.IsCancellationRequested)
            {
                changed = null;
                services.Acks.Changed(this);
            }
            return watermark == written.Watermark && changed is null ? null : new QueueProgress(Queue, epoch, watermark, changed);
        }
    }

    public void Written(QueueProgress progress)
    {
        lock (gate)
        {
            if (progress.Epoch == epoch)
                written = progress.Done is null ? written with { Watermark = progress.Watermark } : (progress.Watermark, progress.Done, NowMs());
        }
    }

    public void Fenced(long staleEpoch)
    {
        lock (gate)
        {
            if (staleEpoch != epoch || fenced)
                return;
            fenced = true;
            fencedAtMs = NowMs();
        }
        LogFenced(services.Log, services.Provider, Queue);
    }

    private static long NowMs() => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    private async Task ClaimAsync()
    {
        var claim = await services.Database.ClaimAsync(Queue, services.Owner, stopping.Token)
            ?? throw new InvalidOperationException($"Queue {Queue} of stream provider {services.Provider} does not exist any more. Restart this silo so that it uses the current number of queues.");
        lock (gate)
        {
            epoch = claim.Epoch;
            // Tokens also rise from owner to owner: a consumer may report a token of the previous owner.
            token = claim.Epoch << 36;
            window = new ReadWindow(claim.Watermark);
            ledger = new AckLedger(claim.Watermark, claim.Done);
            inherited = claim.Done;
            written = (claim.Watermark, null, 0);
            ready.Clear();
            readyForLane.Clear();
            readyOf.Clear();
            activating.Clear();
            pendingOf.Clear();
            leftOf.Clear();
            toFetch.Clear();
            pendingBytes = left = inLane = 0;
            (owner, fenced, more) = (true, false, true);
        }
    }

    /// <summary>
    /// Claims the queue (again) when Orleans assigns it to this silo. During a membership change two silos may have it assigned: the
    /// one that lost it waits until the queue is free, or long enough to know that the other does not release it.
    /// </summary>
    private async Task<bool> ReclaimAsync()
    {
        if (fenced && NowMs() - fencedAtMs < ReclaimAfter.TotalMilliseconds && !await services.Database.IsFreeAsync(Queue, stopping.Token))
        {
            await Task.Delay(MaxWait, stopping.Token);
            return false;
        }
        await ClaimAsync();
        return true;
    }

    private List<IBatchContainer> TakeReady()
    {
        lock (gate)
        {
            var batch = new List<IBatchContainer>(Math.Min(ready.Count + 1, Options.ReadEvents));
            if (TakeForLane() is { } ofLane)
                batch.Add(ofLane);
            while (batch.Count < Options.ReadEvents && ready.TryDequeue(out var e))
            {
                if (--readyOf[e.Stream] == 0)
                    readyOf.Remove(e.Stream);
                e.Passed = false;
                batch.Add(Batch(e));
            }
            return batch;
        }
    }

    private BatchContainer Batch(PendingEvent e) =>
        e.Batch = new BatchContainer(e.Stream, new EventSequenceTokenV2(++token), e.Events, e.RequestContext, e);

    /// <summary>Takes the events that are ready for the lane, as one batch. Call under the lock.</summary>
    private BatchContainer? TakeForLane()
    {
        if (readyForLane.Count == 0)
            return null;
        var parts = new PendingEvent[Math.Min(readyForLane.Count, Options.ReadEvents)];
        for (var i = 0; i < parts.Length; i++)
        {
            parts[i] = readyForLane.Dequeue();
            parts[i].HandedOver++;
        }
        return Batch(new PendingEvent
        {
            Position = parts[0].Position,
            EventId = parts[0].EventId,
            EventType = parts[0].EventType,
            Stream = lane,
            Events = [services.Lanes!.Batch(parts.Select(p => p.Events[0]), new Receipts(this, epoch, parts))],
            Bytes = 0,
            Parts = parts,
            Epoch = epoch,
            HandedOver = parts.Max(p => p.HandedOver) - 1,
        });
    }

    private bool IsReadDue()
    {
        lock (gate)
            return HasRoom() && (more || toFetch.Count > 0 || window.IsReady);
    }

    private bool HasRoom() =>
        ledger.Pending - left < Options.MaxPendingEvents && pendingBytes < Options.MaxPendingBytes && window.Known < MaxPositions && left < MaxPositions;

    private async Task ReadAsync()
    {
        StreamId? fetch = null;
        await ForgetBystandersAsync();
        lock (gate)
        {
            if (HasRoom() && toFetch.TryDequeue(out var stream))
                fetch = stream;
        }
        if (fetch is { } rest)
        {
            await FetchLeftAsync(rest);
            return;
        }
        if (await services.Reads.ReadAsync(BeginRead).WaitAsync(stopping.Token) is not { } answer)
            return;
        var (read, finds) = answer;
        if (finds.Epoch != epoch)
        {
            Fenced(epoch);
            return;
        }
        var events = await PrepareAsync(finds.Rows);
        lock (gate)
        {
            lastReadMs = NowMs();
            if (finds.Rows.Count > 0 && window.Overtakes(read.From, finds.Snapshot))
            {
                more = true;
                return;
            }
            more |= !finds.Complete;
            window.Read(read.From, finds.Rows.ConvertAll(r => r.Position), finds.Complete, finds.Snapshot, lastReadMs);
            foreach (var row in finds.Rows)
                ledger.Read(row.Position);
            foreach (var e in events)
                Accept(e);
            if (window.Final > ledger.Watermark)
                services.Acks.Changed(this);
        }
        services.Metrics.Read(services.Provider, finds.Rows.Count);
    }

    /// <summary>Returns where the next read starts; null when there is no room for its events.</summary>
    private QueueRead? BeginRead()
    {
        lock (gate)
        {
            if (!HasRoom() || stopping.IsCancellationRequested)
                return null;
            more = false;
            var (from, known) = window.Next(NowMs());
            if (inherited is [.., var last] && last.To <= window.Final)
                inherited = [];
            return new QueueRead(Queue, from, known, inherited);
        }
    }

    /// <summary>
    /// Checks transactions that have been open for long. One that has written no events is ignored, so that it does not hold back the
    /// final position, the watermark and retention.
    /// </summary>
    private async Task ForgetBystandersAsync()
    {
        long[] waitedFor;
        lock (gate)
        {
            if (NowMs() - askedAtMs < LongTransaction.TotalMilliseconds)
                return;
            waitedFor = window.WaitedFor(NowMs(), LongTransaction);
        }
        if (waitedFor.Length == 0)
            return;
        var bystanders = await EventWriters.NotAmongAsync(services.Database.Source, waitedFor, stopping.Token);
        lock (gate)
        {
            askedAtMs = NowMs();
            window.Forget(bystanders, askedAtMs);
            if (window.Final > ledger.Watermark)
                services.Acks.Changed(this);
        }
    }

    /// <summary>Reads the next events of a stream that were left in the database.</summary>
    private async Task FetchLeftAsync(StreamId stream)
    {
        long[] positions;
        lock (gate)
        {
            if (!leftOf.TryGetValue(stream, out var all))
                return;
            positions = all.After(0, Math.Max(1, Options.MaxPendingPerStream / 2));
        }
        List<PendingEvent> events;
        try
        {
            events = await PrepareAsync(await services.Database.ReadEventsAsync(Queue, positions, stopping.Token));
        }
        catch
        {
            lock (gate)
                toFetch.Enqueue(stream);
            throw;
        }
        lock (gate)
        {
            if (!leftOf.TryGetValue(stream, out var all))
                return;
            all.RemoveUpTo(positions[^1]);
            left -= positions.Length;
            if (all.Count == 0)
                leftOf.Remove(stream);
            foreach (var e in events)
                Accept(e, fetched: true);
        }
    }

    private async Task<List<PendingEvent>> PrepareAsync(List<EventRow> rows)
    {
        // Checked with each read: a silo that joined may have new consumers.
        Dictionary<string, Route> routes = [];
        var events = new List<PendingEvent>(rows.Count);
        foreach (var row in rows)
        {
            var stream = StreamId.Create(row.Namespace.Length == 0 ? null : row.Namespace, row.Key);
            if (!routes.TryGetValue(row.Namespace, out var route))
                routes.Add(row.Namespace, route = await services.Consumers.RouteAsync(stream));
            events.Add(Prepare(row, stream, route));
        }
        return events;
    }

    private PendingEvent Prepare(EventRow row, StreamId stream, Route route)
    {
        try
        {
            var (events, context) = services.Format.Read(row);
            return new PendingEvent
            {
                Position = row.Position,
                EventId = row.Id,
                EventType = row.Type,
                Stream = stream,
                // Lanes have no events of OnNextAsync.
                Route = route == Route.Lane && row.Data is null ? Route.Stream : route,
                Events = events,
                RequestContext = context,
                Bytes = row.Bytes,
            };
        }
        catch (Exception e)
        {
            LogUnreadable(services.Log, services.Provider, row.Id, row.Type, e.Message);
            return new PendingEvent
            {
                Position = row.Position,
                EventId = row.Id,
                EventType = row.Type,
                Stream = stream,
                Events = [],
                Bytes = row.Bytes,
                Unreadable = e,
            };
        }
    }

    /// <summary>Adds an event that was read. Call under the lock.</summary>
    private void Accept(PendingEvent e, bool fetched = false)
    {
        if (e.Unreadable is { } unreadable)
        {
            Count(e, 1);
            _ = ReportAsync(e, UndeliveredReason.Unreadable, [], null, unreadable, epoch);
            return;
        }
        if (e.Route == Route.Nobody)
        {
            Count(e, 1);
            Done(e);
            return;
        }
        if (!fetched && (leftOf.TryGetValue(e.Stream, out var all) || pendingOf.GetValueOrDefault(e.Stream) >= Options.MaxPendingPerStream))
        {
            if (all is null)
                leftOf.Add(e.Stream, all = new SortedPositions());
            all.Add(e.Position);
            left++;
            return;
        }
        Count(e, 1);
        Enqueue(e);
    }

    /// <summary>Makes an event ready, or lets it wait until its stream's consumers are active. Call under the lock.</summary>
    private void Enqueue(PendingEvent e)
    {
        if (e.Parts is { } parts)
        {
            foreach (var part in parts)
            {
                if (part.Lane == LaneState.None && e.Epoch == epoch)
                    readyForLane.Enqueue(part);
            }
        }
        else if (e.Route == Route.Lane)
        {
            readyForLane.Enqueue(e);
        }
        else if (activating.TryGetValue(e.Stream, out var stream))
        {
            stream.Events.Add(e);
        }
        else if (readyOf.ContainsKey(e.Stream) || Cache.HasCursors(e.Stream))
        {
            MakeReady(e);
        }
        else
        {
            activating.Add(e.Stream, stream = new ActivatingStream(e.Stream, epoch));
            stream.Events.Add(e);
            _ = Task.Run(() => ActivateAsync(stream));
        }
    }

    private void MakeReady(PendingEvent e)
    {
        ready.Enqueue(e);
        readyOf[e.Stream] = readyOf.GetValueOrDefault(e.Stream) + 1;
    }

    private void Count(PendingEvent e, int sign)
    {
        pendingBytes += sign * e.Bytes;
        var count = pendingOf.GetValueOrDefault(e.Stream) + sign;
        if (count > 0)
            pendingOf[e.Stream] = count;
        else
            pendingOf.Remove(e.Stream);
    }

    /// <summary>
    /// Activates the consumers of a stream that is new to the agent, and then makes its waiting events ready. The time limit does not
    /// include the wait for other streams' activations.
    /// </summary>
    private async Task ActivateAsync(ActivatingStream stream)
    {
        List<StreamSubscriptionOf> consumers = [];
        Exception? error = null;
        var waited = TimeSpan.Zero;
        for (var pause = TimeSpan.FromMilliseconds(50); ; pause = TimeSpan.FromMilliseconds(Math.Min(5000, 2 * pause.TotalMilliseconds)))
        {
            Stopwatch? watch = null;
            try
            {
                await activations.WaitAsync(stopping.Token);
                watch = Stopwatch.StartNew();
                consumers = [.. (await services.Consumers.OfAsync(stream.Id)).Select(s => new StreamSubscriptionOf(s.SubscriptionId, s.GrainId))];
                error = null;
                foreach (var consumer in consumers)
                    await services.Consumers.ActivateAsync(consumer.Consumer).WaitAsync(Options.ConsumerPatience, stopping.Token);
                break;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                error = e;
            }
            finally
            {
                if (watch is not null)
                    activations.Release();
            }
            waited += (watch?.Elapsed ?? TimeSpan.Zero) + pause;
            if (waited > Options.ConsumerPatience && consumers.Count > 0)
                break;
            await Task.Delay(pause, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (error is not null)
            LogNotActivated(services.Log, services.Provider, stream.Id, error);
        lock (gate)
        {
            if (stream.Epoch != epoch || !activating.Remove(stream.Id))
                return;
            foreach (var e in stream.Events)
            {
                if (error is not null)
                    _ = ReportAsync(e, UndeliveredReason.ConsumerUnavailable, [.. consumers.Select(c => c.Consumer)], null, error, epoch);
                else if (consumers.Count == 0)
                    Done(e);
                else
                    MakeReady(e);
            }
        }
        Signal();
    }

    /// <summary>
    /// Completes an event. For a lane's batch, the lane itself reports when its events are done. Called by the cache, under its lock.
    /// </summary>
    private void Finish(PendingEvent e)
    {
        lock (gate)
        {
            if (e.Parts is null)
            {
                Done(e);
            }
            else
            {
                // The lane has not taken the rest.
                Enqueue(e);
                if (readyForLane.Count > 0)
                    Signal();
            }
        }
    }

    private void Done(PendingEvent e)
    {
        if (!ledger.Done(e.Position))
            return;
        var wasFull = !HasRoom();
        Count(e, -1);
        services.Acks.Changed(this);
        services.Metrics.Handled(services.Provider);
        if (leftOf.ContainsKey(e.Stream) && pendingOf.GetValueOrDefault(e.Stream) <= Options.MaxPendingPerStream / 2 && !toFetch.Contains(e.Stream))
        {
            toFetch.Enqueue(e.Stream);
            Signal();
        }
        if (wasFull)
            Signal();
    }

    /// <summary>Reports an event that Orleans abandoned. Called by the cache, under its lock.</summary>
    private void Abandon(PendingEvent e, Guid? subscription) =>
        _ = ReportAsync(e, UndeliveredReason.DeliveryFailed, [], subscription, null, epoch);

    /// <summary>Reports an event to <see cref="IUndeliveredEvents"/>, and retries until that succeeds.</summary>
    private async Task ReportAsync(
        PendingEvent e, UndeliveredReason reason, IReadOnlyList<GrainId> consumers, Guid? subscription, Exception? error, long ofEpoch)
    {
        await Task.Yield();
        for (var pause = TimeSpan.FromMilliseconds(100); !stopping.IsCancellationRequested; pause = TimeSpan.FromMilliseconds(Math.Min(10_000, 2 * pause.TotalMilliseconds)))
        {
            try
            {
                if (subscription is { } id && consumers.Count == 0)
                    consumers = [.. (await services.Consumers.OfAsync(e.Stream)).Where(s => s.SubscriptionId == id).Select(s => s.GrainId)];
                foreach (var single in Untaken(e))
                {
                    var undelivered = new UndeliveredEvent(
                        services.Provider, single.Stream, single.Position, single.EventId, single.EventType, single.Events, reason, consumers,
                        subscription, error);
                    await services.Undelivered.TakeAsync(undelivered, stopping.Token);
                    services.Metrics.Undelivered(services.Provider, reason);
                    if (e.Parts is not null)
                        TakenOver(single, ofEpoch);
                }
                break;
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !stopping.IsCancellationRequested)
            {
                LogNotReported(services.Log, services.Provider, e.EventId, failure.Message);
                await Task.Delay(pause, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        if (stopping.IsCancellationRequested)
            return;
        if (reason == UndeliveredReason.DeliveryFailed)
        {
            Cache.Reported(e);
            return;
        }
        if (e.Parts is not null)
            return;
        lock (gate)
        {
            if (ofEpoch == epoch)
                Done(e);
        }
    }

    /// <summary>Returns the event, or the events of a batch that the lane has not taken.</summary>
    private PendingEvent[] Untaken(PendingEvent e)
    {
        lock (gate)
            return e.Parts is { } parts ? Array.FindAll(parts, p => p.Lane == LaneState.None) : [e];
    }

    private void TakenOver(PendingEvent part, long ofEpoch)
    {
        lock (gate)
        {
            if (ofEpoch != epoch || part.Lane != LaneState.None)
                return;
            part.Lane = LaneState.Ended;
            Done(part);
        }
    }

    /// <summary>Waits for the events in the lane, so that they are acknowledged and not handled again by the next owner.</summary>
    private async Task LaneEndsAsync()
    {
        for (var began = NowMs(); Volatile.Read(ref inLane) > 0 && NowMs() - began < LaneEnd.TotalMilliseconds;)
            await Task.Delay(SweepInterval / 5);
    }

    /// <summary>The lane's acknowledgements of one batch.</summary>
    private sealed class Receipts(QueueReader reader, long ofEpoch, PendingEvent[] parts) : ILaneReceipts
    {
        public bool AreCurrent => reader.IsOwner && Volatile.Read(ref reader.epoch) == ofEpoch && !reader.stopping.IsCancellationRequested;

        public bool Take(int index)
        {
            lock (reader.gate)
            {
                if (reader.epoch != ofEpoch || parts[index].Lane != LaneState.None)
                    return false;
                parts[index].Lane = LaneState.Taken;
                reader.inLane++;
                return true;
            }
        }

        public void Done(int index) => End(index, done: true);

        public void Return(int index) => End(index, done: false);

        private void End(int index, bool done)
        {
            lock (reader.gate)
            {
                var part = parts[index];
                if (reader.epoch != ofEpoch || part.Lane != LaneState.Taken)
                    return;
                reader.inLane--;
                part.Lane = done ? LaneState.Ended : LaneState.None;
                if (done)
                    reader.Done(part);
            }
        }
    }

    /// <summary>Sweeps periodically for events that Orleans did not deliver.</summary>
    private async Task SweepAsync()
    {
        using var timer = new PeriodicTimer(SweepInterval);
        while (await timer.WaitForNextTickAsync(stopping.Token))
        {
            foreach (var e in Cache.Sweep())
            {
                if (e.HandedOver >= MaxHandOvers)
                    _ = ReportAsync(e, UndeliveredReason.NotHandedOver, [], null, null, epoch);
                else
                    HandOverAgain(e);
            }
            if (NowMs() - Volatile.Read(ref lastReadMs) >= Options.IdlePoll.TotalMilliseconds)
            {
                Wake();
            }
        }
    }

    private void HandOverAgain(PendingEvent e)
    {
        lock (gate)
            Enqueue(e);
        Signal();
    }

    private sealed class ActivatingStream(StreamId id, long epoch)
    {
        public StreamId Id => id;
        public long Epoch => epoch;
        public List<PendingEvent> Events { get; } = [];
    }

    private readonly record struct StreamSubscriptionOf(Guid Id, GrainId Consumer);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Events of {Provider}, queue {Queue}, could not be read; retrying: {Reason}")]
    private static partial void LogReadFailure(ILogger log, string provider, int queue, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Queue {Queue} of {Provider} was claimed by another silo. This silo stops reading it unless the cluster assigns it again.")]
    private static partial void LogFenced(ILogger log, string provider, int queue);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Event {EventId} of type {Type} in {Provider} cannot be deserialized and counts as undelivered: {Reason}")]
    private static partial void LogUnreadable(ILogger log, string provider, string eventId, string type, string reason);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "A consumer of stream {Stream} in {Provider} could not be activated. Its events count as undelivered.")]
    private static partial void LogNotActivated(ILogger log, string provider, StreamId stream, Exception reason);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Event {EventId} of {Provider} could not be reported as undelivered; retrying: {Reason}")]
    private static partial void LogNotReported(ILogger log, string provider, string eventId, string reason);
}
