using System.Diagnostics;

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
/// Makes the attempts of one activation of a handler: deduplicates, and limits the time of each. What follows a failure is the
/// part of whoever brings the events (<see cref="EventDelivery"/>).
/// </summary>
internal sealed class EventPipeline(HandlerRuntime runtime, IPipelineHandler handler, GrainId id)
{
    /// <summary>How many handled events an activation remembers.</summary>
    private const int Remembered = 256;

    /// <summary>What a handler that honours its token gets to end by itself.</summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    private readonly EventHandlerType type = runtime.Handlers.Find(id.Type.ToString()!)
        ?? throw new InvalidOperationException($"{id.Type} is no event handler that is known here.");

    private readonly RecentEvents handled = new(Remembered);

    private EventDelivery? delivery;

    /// <summary>An event from a stream of the handler's own. Returns once it is handled, or stored for what follows.</summary>
    /// <exception cref="Exception">It could not be stored: it is not done with, and must come again.</exception>
    public Task DeliverAsync(CloudEvent e) =>
        (delivery ??= new EventDelivery(runtime, type, id.Key.ToString()!)).DeliverAsync(e, (attempt, trace) => AttemptAsync(e, attempt, trace));

    /// <summary>One attempt that was asked for.</summary>
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
