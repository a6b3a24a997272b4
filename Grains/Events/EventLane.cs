using System.Collections.Concurrent;
using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using SoonShop.Aggregates;

namespace SoonShop.Events;

/// <summary>Limits of lanes.</summary>
/// <param name="BatchWait">
/// How long a lane waits for a batch before it takes the next one. Attempts that take longer go on beside it; their events are
/// acknowledged when they are done.
/// </param>
/// <param name="HandlerPatience">How long it is tried to reach a handler before that counts as a failed attempt.</param>
/// <param name="AttemptsAtATime">Attempts of one handler that a lane has under way at a time, each for another key.</param>
public sealed record LaneOptions(TimeSpan BatchWait, TimeSpan HandlerPatience, int AttemptsAtATime)
{
    /// <summary>Where nothing else is said.</summary>
    public static LaneOptions Default { get; } = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5), 128);
}

/// <summary>The lanes of this silo. They outlive their grains' activations: what a lane has taken over stays in its order.</summary>
internal sealed class EventLanes(HandlerRuntime runtime, HandlerCalls calls, IEnumerable<IEventFilter> interests, LaneOptions options)
{
    private readonly ConcurrentDictionary<string, EventLane> lanes = new();
    private readonly FrozenDictionary<string, IEventFilter> interests = interests.ToFrozenDictionary(i => i.Handler);

    /// <summary>The lane of this key.</summary>
    public EventLane Of(string key) => lanes.GetOrAdd(key, _ => new EventLane(runtime, calls, interests, options));
}

/// <summary>
/// Brings the events of a queue to their handlers: in order to each handler's grain, to different grains side by side. What fails goes
/// the way of its retry policy; what can neither be handled nor stored is tried until it can, and holds up its own grain alone.
/// </summary>
internal sealed partial class EventLane(
    HandlerRuntime runtime, HandlerCalls calls, FrozenDictionary<string, IEventFilter> interests, LaneOptions options)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly Dictionary<(string Handler, string Key), HandlerQueue> lines = [];
    private readonly Dictionary<string, EventHandlerType[]> handlersOf = [];
    private readonly ConcurrentDictionary<string, SemaphoreSlim> rooms = new();

    /// <summary>
    /// Takes a batch over. Ends when each of its events is handled or stored, or after a while: what is slow then holds up nothing but what
    /// follows for the same grain.
    /// </summary>
    public Task TakeAsync(IReadOnlyList<CloudEvent> events, IEventAcknowledgements receipts)
    {
        var batch = new BatchInFlight(events.Count);
        for (var i = 0; i < events.Count; i++)
        {
            if (receipts.Take(i))
                Add(new EventInFlight(events[i], receipts, i, batch));
            else
                batch.OneEnded();
        }
        return batch.Task.IsCompleted ? Task.CompletedTask : Task.WhenAny(batch.Task, Task.Delay(options.BatchWait));
    }

    private void Add(EventInFlight e)
    {
        List<HandlerQueue>? begin = null;
        lock (gate)
        {
            foreach (var handler in HandlersOf(e.Event.StreamNamespace))
            {
                if (!handler.Concerns(e.Event, runtime.Types))
                    continue;
                var id = (handler.Name, e.Event.StreamKey);
                if (!lines.TryGetValue(id, out var line))
                {
                    lines.Add(id, line = new HandlerQueue(handler, e.Event.StreamKey, runtime));
                    (begin ??= []).Add(line);
                }
                e.HandlersLeft++;
                line.Waiting.Enqueue(e);
            }
            if (e.HandlersLeft == 0)
                e.Ended();
        }
        if (begin is null)
            return;
        // Attempts belong to the traces of their events, not to the call that brought the batch.
        using var _ = ExecutionContext.SuppressFlow();
        foreach (var line in begin)
            Task.Run(() => DeliverAsync(line));
    }

    private EventHandlerType[] HandlersOf(string streamNamespace)
    {
        if (!handlersOf.TryGetValue(streamNamespace, out var handlers))
            handlersOf.Add(streamNamespace, handlers = [.. runtime.Handlers.Of(streamNamespace)]);
        return handlers;
    }

    /// <summary>Brings what waits for one grain to it, one event after the other, until nothing does.</summary>
    private async Task DeliverAsync(HandlerQueue line)
    {
        var room = rooms.GetOrAdd(line.Handler.Name, _ => new SemaphoreSlim(options.AttemptsAtATime));
        while (true)
        {
            EventInFlight? e;
            lock (gate)
            {
                if (!line.Waiting.TryDequeue(out e))
                {
                    lines.Remove((line.Handler.Name, line.Key));
                    return;
                }
            }
            var done = await DeliverAsync(line, e, room);
            lock (gate)
            {
                e.IsReturned |= !done;
                if (--e.HandlersLeft == 0)
                    e.Ended();
            }
        }
    }

    /// <summary>True when the handler is done with the event, or what follows is stored; false when the queue is somebody else's.</summary>
    private async Task<bool> DeliverAsync(HandlerQueue line, EventInFlight e, SemaphoreSlim room)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            if (!e.Receipts.AreCurrent)
                return false;
            await room.WaitAsync();
            try
            {
                if (!e.Receipts.AreCurrent)
                    return false;
                if (await IsWantedAsync(line.Handler, e.Event))
                    await line.Delivery.DeliverAsync(e.Event, (attempt, trace) => AttemptAsync(line, e, attempt, trace));
                CrashPoint.Pass("event.handled");
                return true;
            }
            catch (Exception failure)
            {
                LogNotStored(runtime.Log, line.Handler.Name, line.Key, e.Event.Type, e.Event.Id, failure.Message);
            }
            finally
            {
                room.Release();
            }
            await Task.Delay(pause, runtime.Time);
        }
    }

    /// <summary>Where that cannot be found out, the handler decides.</summary>
    private async ValueTask<bool> IsWantedAsync(EventHandlerType handler, CloudEvent e)
    {
        if (!interests.TryGetValue(handler.Name, out var interest))
            return true;
        try
        {
            using var limit = new CancellationTokenSource(options.HandlerPatience);
            return await interest.WantsAsync(e, limit.Token);
        }
        catch (Exception failure)
        {
            LogNotKnown(runtime.Log, handler.Name, e.Type, failure.Message);
            return true;
        }
    }

    /// <summary>One attempt. A handler that cannot be reached, because its silo has gone, say, is soon elsewhere.</summary>
    private Task<AttemptResult> AttemptAsync(HandlerQueue line, EventInFlight e, int attempt, string? trace)
    {
        var patience = e.Receipts.AreCurrent ? options.HandlerPatience : TimeSpan.Zero;
        return calls.AttemptAsync(line.Handler.Name, line.Key, e.Event, attempt, trace, patience);
    }

    /// <summary>What waits for one grain.</summary>
    private sealed class HandlerQueue(EventHandlerType handler, string key, HandlerRuntime runtime)
    {
        public EventHandlerType Handler => handler;
        public string Key => key;
        public EventDelivery Delivery { get; } = new(runtime, handler, key);
        public Queue<EventInFlight> Waiting { get; } = new();
    }

    private sealed class EventInFlight(CloudEvent e, IEventAcknowledgements receipts, int index, BatchInFlight batch)
    {
        public CloudEvent Event => e;
        public IEventAcknowledgements Receipts => receipts;

        /// <summary>Handlers that are not done with it. Under the lane's lock.</summary>
        public int HandlersLeft { get; set; }

        public bool IsReturned { get; set; }

        public void Ended()
        {
            if (IsReturned)
                receipts.Return(index);
            else
                receipts.Done(index);
            batch.OneEnded();
        }
    }

    private sealed class BatchInFlight(int events) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        private int left = events;

        public void OneEnded()
        {
            if (Interlocked.Decrement(ref left) == 0)
                TrySetResult();
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{EventType} {EventId} was not handled by {Handler} {Key}, and what follows cannot be stored now; it is tried again: {Reason}")]
    private static partial void LogNotStored(ILogger log, string handler, string key, string eventType, string eventId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Whether {Handler} needs {EventType} cannot be found out now; it gets it: {Reason}")]
    private static partial void LogNotKnown(ILogger log, string handler, string eventType, string reason);
}
