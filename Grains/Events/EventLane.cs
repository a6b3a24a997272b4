using System.Collections.Concurrent;
using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using SoonShop.Aggregates;

namespace SoonShop.Events;

/// <summary>Limits of lanes.</summary>
/// <param name="BatchWait">
/// How long a lane waits for a batch before it takes the next one. Slower attempts continue in parallel, and their events are acknowledged
/// when they are done.
/// </param>
/// <param name="HandlerPatience">How long a lane tries to reach a handler before that counts as a failed attempt.</param>
/// <param name="AttemptsAtATime">The most concurrent attempts of one handler in a lane, each for another key.</param>
public sealed record LaneOptions(TimeSpan BatchWait, TimeSpan HandlerPatience, int AttemptsAtATime)
{
    /// <summary>The default limits.</summary>
    public static LaneOptions Default { get; } = new(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5), 128);
}

/// <summary>The lanes of this silo. They outlive the activations of their grains, so that events taken over stay in order.</summary>
internal sealed class EventLanes(HandlerRuntime runtime, HandlerCalls calls, IEnumerable<IEventFilter> interests, LaneOptions options)
{
    private readonly ConcurrentDictionary<string, EventLane> lanes = new();
    private readonly FrozenDictionary<string, IEventFilter> interests = interests.ToFrozenDictionary(i => i.Handler);

    /// <summary>Returns the lane with this key.</summary>
    public EventLane Of(string key) => lanes.GetOrAdd(key, _ => new EventLane(runtime, calls, interests, options));
}

/// <summary>
/// Delivers the events of a queue to their handlers: in order to each handler's grain, in parallel to different grains. A failed event
/// follows its retry policy. An event that can be neither handled nor stored is retried until it can, and delays only its own grain.
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
    /// Takes a batch over. Completes when each of its events is handled or stored, or after a while. A slow event then delays only later
    /// events for the same grain.
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
        // Attempts belong to the traces of their events, not to the call that delivered the batch.
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

    /// <summary>Delivers the waiting events of one grain one after the other until none is left.</summary>
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

    /// <summary>Delivers an event. True when it is handled or stored; false when another silo reads the queue.</summary>
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

    /// <summary>Tells whether the handler wants the event. If that cannot be determined, the handler gets it.</summary>
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

    /// <summary>Makes one attempt. A handler whose silo has died is soon activated on another silo.</summary>
    private Task<AttemptResult> AttemptAsync(HandlerQueue line, EventInFlight e, int attempt, string? trace)
    {
        var patience = e.Receipts.AreCurrent ? options.HandlerPatience : TimeSpan.Zero;
        return calls.AttemptAsync(line.Handler.Name, line.Key, e.Event, attempt, trace, patience);
    }

    /// <summary>The waiting events of one grain.</summary>
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

        /// <summary>The number of handlers that have not processed the event. Used under the lane's lock.</summary>
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
        Message = "{EventType} {EventId} was not handled by {Handler} {Key}, and its retry could not be stored; retrying: {Reason}")]
    private static partial void LogNotStored(ILogger log, string handler, string key, string eventType, string eventId, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Could not determine whether {Handler} needs {EventType}, so it gets the event: {Reason}")]
    private static partial void LogNotKnown(ILogger log, string handler, string eventType, string reason);
}
