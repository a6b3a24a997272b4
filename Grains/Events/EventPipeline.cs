using System.Diagnostics;

namespace SoonShop.Events;

/// <summary>The handler as its pipeline uses it.</summary>
internal interface IPipelineHandler
{
    /// <summary>Loads the handler's state. If that fails, the attempt fails.</summary>
    Task LoadAsync();

    /// <summary>True when the state already includes this event.</summary>
    bool IsHandled(string eventId);

    /// <summary>Deactivates the grain after the current call, because code of a timed-out attempt may still run in it.</summary>
    void Abandon();
}

/// <summary>
/// Runs the attempts of one activation of a handler: deduplicates events and limits the time of each attempt. <see cref="EventDelivery"/>
/// decides what follows a failure.
/// </summary>
internal sealed class EventPipeline(HandlerRuntime runtime, IPipelineHandler handler, GrainId id)
{
    /// <summary>The number of processed events that an activation remembers.</summary>
    private const int Remembered = 256;

    /// <summary>The time that a handler gets to end by itself after its token is cancelled.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    private readonly EventHandlerType type = runtime.Handlers.Find(id.Type.ToString()!)
        ?? throw new InvalidOperationException($"{id.Type} is not an event handler that this version knows.");

    private readonly RecentEvents handled = new(Remembered);

    private EventDelivery? delivery;

    /// <summary>
    /// Delivers an event from one of the handler's own streams. Returns once it is handled, or its retry or dead letter is stored.
    /// </summary>
    /// <exception cref="Exception">The delivery could not be stored. The event is not done and must be delivered again.</exception>
    public Task DeliverAsync(CloudEvent e) =>
        (delivery ??= new EventDelivery(runtime, type, id.Key.ToString()!)).DeliverAsync(
            e, (attempt, trace) => AttemptAsync(e, attempt, trace));

    /// <summary>Makes one requested attempt.</summary>
    public Task<AttemptResult> RetryAsync(CloudEvent e, int attempt) =>
        AttemptAsync(e, attempt, RequestContext.Get(RequestKeys.DeliveryTrace) as string ?? e.TraceParent);

    private async Task<AttemptResult> AttemptAsync(CloudEvent e, int attempt, string? trace)
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
                        // Nobody waits for this task, so its exception is marked as observed.
                        _ = work.ContinueWith(
                            static w => w.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
                    }
                    throw new TimeoutException($"The attempt timed out after {runtime.AttemptLimit.TotalSeconds} s.");
                }
                handled.Add(e.Id);
            }
        }
        catch (Exception failure)
        {
            error = runtime.Describe(failure);
        }
        var result = new AttemptResult(error, runtime.Time.GetElapsedTime(started).TotalMilliseconds) { CutOff = cutOff };
        runtime.Metrics.Attempted(e, type.Name, attempt, result);
        return result;
    }

    private async Task RunAsync(CloudEvent e, int attempt, string? trace, CancellationToken cancellation)
    {
        using var activity = EventTraces.Handling(e, type.Name, attempt, trace);
        try
        {
            var message = runtime.Types.Read(e);
            if (!type.Events.TryGetValue(e.Type, out var method))
                return;
            RequestContext.Remove(RequestKeys.DeliveryTrace);
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
}
