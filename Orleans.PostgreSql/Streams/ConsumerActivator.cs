using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// Activates the consumers of streams that are new to Orleans' pulling agent. The events of such a stream wait here until its consumers
/// are active, see <see cref="Consumers"/>.
/// </summary>
internal sealed partial class ConsumerActivator(
    ReaderContext context, QueueLease lease, PendingEvents pending, ReadyEvents ready, UndeliveredReporter undelivered)
{
    /// <summary>
    /// The most streams whose consumers are activated at the same time. After a backlog there are thousands. If all were activated at
    /// once, the last would time out, and their events would be undelivered.
    /// </summary>
    private const int MaxActivations = 128;

    private readonly ReaderServices services = context.Services;
    private readonly Dictionary<StreamId, ActivatingStream> activating = [];
    private readonly SemaphoreSlim activations = new(MaxActivations);

    /// <summary>Forgets all events. Call under the lock.</summary>
    public void Clear() => activating.Clear();

    /// <summary>Lets an event wait if its stream's consumers are being activated; otherwise false. Call under the lock.</summary>
    public bool TryAdd(PendingEvent e)
    {
        if (!activating.TryGetValue(e.Stream, out var stream))
            return false;
        stream.Events.Add(e);
        return true;
    }

    /// <summary>Begins to activate the consumers of the event's stream; the event waits for them. Call under the lock.</summary>
    public void Begin(PendingEvent e)
    {
        var stream = new ActivatingStream(e.Stream, lease.Epoch);
        activating.Add(e.Stream, stream);
        stream.Events.Add(e);
        _ = Task.Run(() => ActivateAsync(stream));
    }

    /// <summary>
    /// Activates the consumers of a stream, and then makes its waiting events ready. The time limit does not include the wait for other
    /// streams' activations.
    /// </summary>
    private async Task ActivateAsync(ActivatingStream stream)
    {
        List<GrainId> consumers = [];
        Exception? error = null;
        var waited = TimeSpan.Zero;
        for (var pause = TimeSpan.FromMilliseconds(50); ; pause = TimeSpan.FromMilliseconds(Math.Min(5000, 2 * pause.TotalMilliseconds)))
        {
            Stopwatch? watch = null;
            try
            {
                await activations.WaitAsync(context.Stopping);
                watch = Stopwatch.StartNew();
                consumers = [.. (await services.Consumers.OfAsync(stream.Id)).Select(s => s.GrainId)];
                error = null;
                foreach (var consumer in consumers)
                    await services.Consumers.ActivateAsync(consumer).WaitAsync(context.Options.ConsumerPatience, context.Stopping);
                break;
            }
            catch (OperationCanceledException) when (context.Stopping.IsCancellationRequested)
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
            if (waited > context.Options.ConsumerPatience && consumers.Count > 0)
                break;
            await Task.Delay(pause, context.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (error is not null)
            LogNotActivated(services.Log, services.Provider, stream.Id, error);
        End(stream, consumers, error);
    }

    private void End(ActivatingStream stream, List<GrainId> consumers, Exception? error)
    {
        lock (context.Gate)
        {
            if (stream.Epoch != lease.Epoch || !activating.Remove(stream.Id))
                return;
            foreach (var e in stream.Events)
            {
                if (error is not null)
                    undelivered.Report(e, UndeliveredReason.ConsumerUnavailable, consumers, error: error);
                else if (consumers.Count == 0)
                    pending.Done(e);
                else
                    ready.Add(e);
            }
        }
        context.Signal();
    }

    private sealed class ActivatingStream(StreamId id, long epoch)
    {
        public StreamId Id => id;
        public long Epoch => epoch;
        public List<PendingEvent> Events { get; } = [];
    }

    [LoggerMessage(Level = LogLevel.Error,
        Message = "A consumer of stream {Stream} in {Provider} could not be activated. Its events count as undelivered.")]
    private static partial void LogNotActivated(ILogger log, string provider, StreamId stream, Exception reason);
}
