using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace SoonShop.Events;

/// <summary>What the pipeline needs of the handler around it.</summary>
internal interface IPipelineHandler
{
    /// <summary>Makes the handler's state readable; may fail, and the attempt with it.</summary>
    Task LoadAsync();

    /// <summary>True when the state is the answer to this event already.</summary>
    bool IsHandled(string eventId);

    /// <summary>Ends the activation after what is under way: code that was cut off may still be running in it.</summary>
    void Abandon();
}

/// <summary>
/// Brings events to one activation of a handler: passes over what it does not handle, deduplicates, limits the time of an
/// attempt, retries in place, and hands over what failed for delayed retries or as a dead letter.
/// </summary>
internal sealed partial class EventPipeline(HandlerRuntime runtime, IPipelineHandler handler, GrainId id)
{
    /// <summary>How many handled events an activation remembers.</summary>
    private const int Remembered = 256;

    /// <summary>Within this time from its arrival an event must be handled or handed over: Orleans gives the call up after 10 s.</summary>
    private static readonly TimeSpan InPlaceLimit = TimeSpan.FromSeconds(9);

    /// <summary>What a handler that honours its token gets to end by itself.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    private readonly EventHandlerType type = runtime.Handlers.Find(id.Type.ToString()!)
        ?? throw new InvalidOperationException($"{id.Type} is no event handler that is known here.");

    private readonly RecentEvents handled = new(Remembered);

    /// <summary>Events whose failures are recorded, but whose delivery could not be stored.</summary>
    private readonly HashSet<string> unsettled = [];

    private string Key => id.Key.ToString()!;

    /// <summary>An event from a stream. Returns once it is handled, or stored for what follows.</summary>
    /// <exception cref="Exception">It could not be stored: it is not done with, and must come again.</exception>
    public async Task DeliverAsync(CloudEvent e)
    {
        if (!type.Events.ContainsKey(e.Type) && runtime.Types.Knows(e.Type))
            return;
        var started = runtime.Time.GetTimestamp();
        var failures = ImmutableArray.CreateBuilder<FailedAttempt>();
        var trace = EventTraces.Delivered(e, runtime.Time.GetUtcNow());
        while (true)
        {
            var attempt = failures.Count + 1;
            var (result, cutOff) = await AttemptAsync(e, attempt, trace);
            if (result.Error is not { } error)
            {
                await SettleAsync(e, failures);
                return;
            }
            failures.Add(new FailedAttempt(attempt, error, runtime.Time.GetUtcNow(), result.TookMs));
            var inPlace = !cutOff && runtime.Time.GetElapsedTime(started) + runtime.AttemptLimit + Grace < InPlaceLimit;
            var next = runtime.Policies.For(type.Name, e.Type, error.Class).Next(attempt, inPlace, Random.Shared.NextDouble());
            LogFailure(runtime.Log, type.Name, Key, e.Type, e.Id, attempt, next.Kind, error.Class, error.Message);
            if (next.Kind == NextStepKind.RetryNow)
                continue;
            await HandOverAsync(new FailedDelivery(e, type.Name, Key, failures.ToImmutable(), next));
            return;
        }
    }

    /// <summary>Records the failures before the success, which resolves them and those before them.</summary>
    private async Task SettleAsync(CloudEvent e, ImmutableArray<FailedAttempt>.Builder failures)
    {
        if (failures.Count > 0)
            await runtime.Failures.AddAsync(e, type.Name, Key, failures, resolvedBy: "retry");
        if (unsettled.Remove(e.Id))
            await runtime.Failures.ResolveAsync(e, type.Name, Key, "retry");
    }

    private async Task HandOverAsync(FailedDelivery delivery)
    {
        try
        {
            await runtime.Deliveries.StoreAsync(delivery, CancellationToken.None);
        }
        catch
        {
            // The event will come again, and may then succeed without anybody else knowing.
            if (unsettled.Count < Remembered)
                unsettled.Add(delivery.Event.Id);
            throw;
        }
        finally
        {
            await runtime.Failures.AddAsync(delivery.Event, type.Name, Key, delivery.Failures);
        }
        if (delivery.Next.Kind == NextStepKind.GiveUp)
            runtime.Metrics.DeadLettered(delivery.Event, type.Name, delivery.Failures[^1].Error.Class);
    }

    /// <summary>One attempt that was asked for.</summary>
    public async Task<AttemptResult> RetryAsync(CloudEvent e, int attempt) => (await AttemptAsync(e, attempt, e.TraceParent)).Result;

    private async Task<(AttemptResult Result, bool CutOff)> AttemptAsync(CloudEvent e, int attempt, string? trace)
    {
        var started = runtime.Time.GetTimestamp();
        var cutOff = false;
        AttemptError? error = null;
        try
        {
            if (!handled.Contains(e.Id))
            {
                using var limit = new CancellationTokenSource(runtime.AttemptLimit, runtime.Time);
                var work = RunAsync(e, attempt, trace, limit.Token);
                try
                {
                    await work.WaitAsync(runtime.AttemptLimit + Grace, runtime.Time);
                }
                catch (Exception) when (limit.IsCancellationRequested)
                {
                    cutOff = true;
                    if (!work.IsCompleted)
                    {
                        handler.Abandon();
                        // Nobody waits for it any more; its failure is not news.
                        _ = work.ContinueWith(static w => w.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                    }
                    throw new TimeoutException($"The attempt was cut off after {runtime.AttemptLimit.TotalSeconds} s.");
                }
                handled.Add(e.Id);
            }
        }
        catch (Exception failure)
        {
            error = runtime.Describe(failure);
        }
        var result = new AttemptResult(error, runtime.Time.GetElapsedTime(started).TotalMilliseconds);
        runtime.Metrics.Attempted(e, type.Name, attempt, result);
        return (result, cutOff);
    }

    private async Task RunAsync(CloudEvent e, int attempt, string? trace, CancellationToken cancellation)
    {
        using var activity = EventTraces.Handling(e, type.Name, attempt, trace);
        try
        {
            var message = runtime.Types.Read(e);
            if (!type.Events.TryGetValue(e.Type, out var method))
                return;
            RequestContext.Set(RequestKeys.CausationId, e.Id);
            SetOrRemove(RequestKeys.CorrelationId, e.CorrelationId);
            SetOrRemove(RequestKeys.TraceParent, activity?.Id ?? e.TraceParent);
            new Attempt(handler, e.Id, cancellation).Enter();
            await handler.LoadAsync();
            cancellation.ThrowIfCancellationRequested();
            if (!handler.IsHandled(e.Id))
                await method(handler, message, new EventContext(e, attempt, cancellation));
        }
        catch (Exception failure)
        {
            activity?.SetStatus(ActivityStatusCode.Error, failure.GetType().Name);
            throw;
        }
    }

    private static void SetOrRemove(string key, string? value)
    {
        if (value is null)
            RequestContext.Remove(key);
        else
            RequestContext.Set(key, value);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Handler} {Key} failed with {EventType} {EventId} at attempt {Attempt}, next: {Next}. {Class}: {Reason}")]
    private static partial void LogFailure(
        ILogger log, string handler, string key, string eventType, string eventId, int attempt, NextStepKind next, ErrorClass @class, string reason);
}
