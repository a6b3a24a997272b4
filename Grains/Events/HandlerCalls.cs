using System.Diagnostics;

namespace SoonShop.Events;

/// <summary>Makes attempts by calls to handlers' grains, on any silo.</summary>
public sealed class HandlerCalls(IGrainFactory grains, ErrorClassifier classifier, EventMetrics metrics, ILocalSiloDetails silo)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Makes one attempt of a handler with an event. Does not throw: an unreachable handler or a missing response is a failed attempt, too.
    /// </summary>
    /// <param name="handler">The handler's name.</param>
    /// <param name="key">The key of its grain.</param>
    /// <param name="e">The event.</param>
    /// <param name="attempt">The number of the attempt for this handler and event.</param>
    /// <param name="trace">The trace that it belongs to; null for the event's own.</param>
    /// <param name="patience">How long to try to reach the handler.</param>
    public async Task<AttemptResult> AttemptAsync(
        string handler, string key, CloudEvent e, int attempt, string? trace = null, TimeSpan patience = default)
    {
        var grain = grains.Reference<IEventHandler>(GrainId.Create(handler, key));
        var started = Stopwatch.GetTimestamp();
        for (var pause = FirstPause; ; pause *= 2)
        {
            try
            {
                SetTrace(trace is null || trace == e.TraceParent ? null : trace);
                return await grain.RetryAsync(e, attempt);
            }
            catch (Exception failure)
            {
                if (Stopwatch.GetElapsedTime(started) + pause < patience)
                {
                    await Task.Delay(pause);
                    continue;
                }
                var error = AttemptError.Of(failure, classifier.Classify(failure), silo.SiloAddress.ToString());
                var result = new AttemptResult(error, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                metrics.Attempted(e, handler, attempt, result);
                return result;
            }
        }
    }

    private static void SetTrace(string? trace)
    {
        if (trace is not null)
            RequestContext.Set(RequestKeys.DeliveryTrace, trace);
        else
            RequestContext.Remove(RequestKeys.DeliveryTrace);
    }
}
