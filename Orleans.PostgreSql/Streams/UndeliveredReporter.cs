using Microsoft.Extensions.Logging;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// Reports events that were not delivered to <see cref="IUndeliveredEvents"/>, and completes them when that has taken them over.
/// </summary>
internal sealed partial class UndeliveredReporter(
    ReaderContext context, QueueLease lease, PendingEvents pending, QueueLane lane, StreamCache cache)
{
    private readonly ReaderServices services = context.Services;

    /// <summary>Reports an event in the background, and retries until that succeeds.</summary>
    /// <param name="e">The event, or the batch of a lane; of a batch, those events are reported that the lane has not taken.</param>
    /// <param name="reason">Why it was not delivered.</param>
    /// <param name="consumers">The consumers that it did not reach; empty when they are not known.</param>
    /// <param name="subscription">The subscription whose delivery failed, if known.</param>
    /// <param name="error">The last exception; null when there was none.</param>
    public void Report(
        PendingEvent e, UndeliveredReason reason, IReadOnlyList<GrainId>? consumers = null, Guid? subscription = null,
        Exception? error = null) =>
        _ = ReportAsync(e, reason, consumers ?? [], subscription, error, lease.Epoch);

    private async Task ReportAsync(
        PendingEvent e, UndeliveredReason reason, IReadOnlyList<GrainId> consumers, Guid? subscription, Exception? error, long ofEpoch)
    {
        await Task.Yield();
        for (var pause = TimeSpan.FromMilliseconds(100); !context.Stopping.IsCancellationRequested;
            pause = TimeSpan.FromMilliseconds(Math.Min(10_000, 2 * pause.TotalMilliseconds)))
        {
            try
            {
                if (subscription is { } id && consumers.Count == 0)
                    consumers = [.. (await services.Consumers.OfAsync(e.Stream)).Where(s => s.SubscriptionId == id).Select(s => s.GrainId)];
                foreach (var single in lane.Untaken(e))
                {
                    var undelivered = new UndeliveredEvent(
                        services.Provider, single.Stream, single.Position, single.EventId, single.EventType, single.Events, reason,
                        consumers, subscription, error);
                    await services.Undelivered.TakeAsync(undelivered, context.Stopping);
                    services.Metrics.Undelivered(services.Provider, reason);
                    if (e.Parts is not null)
                        lane.TakenOver(single, ofEpoch);
                }
                break;
            }
            catch (Exception failure) when (failure is not OperationCanceledException || !context.Stopping.IsCancellationRequested)
            {
                LogNotReported(services.Log, services.Provider, e.EventId, failure.Message);
                await Task.Delay(pause, context.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        if (context.Stopping.IsCancellationRequested)
            return;
        if (reason == UndeliveredReason.DeliveryFailed)
        {
            cache.Reported(e);
            return;
        }
        if (e.Parts is not null)
            return;
        lock (context.Gate)
        {
            if (ofEpoch == lease.Epoch)
                pending.Done(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Event {EventId} of {Provider} could not be reported as undelivered; retrying: {Reason}")]
    private static partial void LogNotReported(ILogger log, string provider, string eventId, string reason);
}
