using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SoonShop.Aggregates;
using SoonShop.Orleans.PostgreSql.Streams;

namespace SoonShop.Silo.RabbitMq;

/// <summary>
/// Sends committed events to the broker, on one silo of the cluster at a time, from the cursor on. The cursor passes an event when the
/// broker has confirmed it, so an event is sent at least once; events of one stream are sent in order. While the broker is away, the cursor
/// stays.
/// </summary>
internal sealed partial class RabbitMqPublisher(
    RabbitMqOptions options, NpgsqlDataSource database, PublisherCursor cursor, EventSelection selection, OutgoingMessages messages,
    RabbitMqMetrics metrics, TimeProvider time, ILogger<RabbitMqPublisher> log) : BackgroundService
{
    /// <summary>The most bytes of events in one batch, as long as it is more than one event.</summary>
    private const int MaxBatchBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(0.5);

    /// <summary>How often a silo that has no lease tries to take it.</summary>
    private static readonly TimeSpan LeasePoll = TimeSpan.FromSeconds(1);

    /// <summary>How long a silo that stops may take to release the lease.</summary>
    private static readonly TimeSpan ReleaseLimit = TimeSpan.FromSeconds(2);

    /// <summary>How long an event of an unknown type is left to a newer silo, as during a rolling upgrade.</summary>
    private static readonly TimeSpan NewerTypeAge = TimeSpan.FromMinutes(10);

    /// <summary>How long a silo that met an unknown type leaves the lease to others.</summary>
    private static readonly TimeSpan NewerTypePause = TimeSpan.FromSeconds(10);

    private readonly TimeSpan leaseTime = TimeSpan.FromSeconds(options.LeaseSeconds);

    /// <summary>What must be left of the lease when a batch or a connection attempt begins.</summary>
    private readonly TimeSpan needed = TimeSpan.FromSeconds(Math.Max(options.ConfirmSeconds, options.ConnectSeconds));

    private readonly Backoff backoff = new(FirstBackoff, TimeSpan.FromSeconds(options.MaxBackoffSeconds), time);

    /// <summary>Under which name this silo takes the lease.</summary>
    internal string Owner { get; } = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await cursor.TryAcquireAsync(Owner, leaseTime, stoppingToken) is not { } lease)
                    await Task.Delay(LeasePoll, time, stoppingToken);
                else
                    await HoldAsync(lease, stoppingToken);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (LeaseLostException e)
            {
                LogLost(log, e.Message);
            }
            catch (NewerEventException e)
            {
                LogNewer(log, e.Message);
                await Task.Delay(NewerTypePause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception e)
            {
                metrics.Failed("out");
                LogFailure(log, e.Message);
                await backoff.PauseAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task HoldAsync(PublisherLease lease, CancellationToken cancellation)
    {
        try
        {
            await using var broker = await BrokerConnection.OpenAsync(options, "publisher", cancellation);
            LogConnected(log, lease.Position);
            await PublishAsync(lease, broker, cancellation);
        }
        finally
        {
            // Another silo may reach the broker.
            using var limit = new CancellationTokenSource(ReleaseLimit);
            await lease.ReleaseAsync(limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task PublishAsync(PublisherLease lease, BrokerConnection broker, CancellationToken cancellation)
    {
        var publisher = new ConfirmedPublisher(broker, options.Exchange, TimeSpan.FromSeconds(options.ConfirmSeconds));
        var feed = new EventFeed(database, lease.Position, time);
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            broker.ThrowIfLost();
            await lease.AdvanceAsync(feed.Final, needed, cancellation);
            if (broker.BlockedReason is { } blocked)
            {
                LogBlocked(log, blocked);
                await Task.Delay(LeasePoll, time, cancellation);
                continue;
            }
            var events = await feed.ReadAsync(options.BatchSize, MaxBatchBytes, cancellation);
            var batch = Select(events);
            if (batch.Count > 0)
            {
                // The read may have taken longer than the lease.
                await lease.AdvanceAsync(lease.Position, needed, cancellation);
                await publisher.PublishAsync(batch, cancellation);
                CrashPoint.Pass("rabbitmq.confirmed");
                foreach (var type in batch.CountBy(m => m.RoutingKey))
                    metrics.Published(type.Key, type.Value);
            }
            backoff.Reset();
            feed.Accept();
            if (!feed.HasMore)
                await Task.Delay(TimeSpan.FromMilliseconds(options.PollMilliseconds), time, cancellation);
        }
    }

    private List<OutgoingMessage> Select(IReadOnlyList<EventRow> events)
    {
        var batch = new List<OutgoingMessage>(events.Count);
        foreach (var e in events)
        {
            // An event with a payload is of a stream that is not the shop's.
            if (e.Data is null)
                continue;
            if (selection.Includes(e.Type))
            {
                batch.Add(messages.Of(e));
            }
            else if (selection.IsNewer(e.Type))
            {
                if (time.GetUtcNow() - (e.NotBefore ?? e.Time) < NewerTypeAge)
                    throw new NewerEventException($"{e.Id} is of the type {e.Type}, which this version does not know");
                metrics.Skipped();
                LogSkipped(log, e.Id, e.Type);
            }
        }
        return batch;
    }

    /// <summary>An event of a type that only a newer version can publish.</summary>
    private sealed class NewerEventException(string message) : Exception(message);

    [LoggerMessage(Level = LogLevel.Information, Message = "This silo publishes events to RabbitMQ, from position {Position} on.")]
    private static partial void LogConnected(ILogger log, long position);

    [LoggerMessage(Level = LogLevel.Warning, Message = "This silo stopped publishing to RabbitMQ: {Reason}.")]
    private static partial void LogLost(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "RabbitMQ takes no messages now: {Reason}. Events wait.")]
    private static partial void LogBlocked(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The event {Reason}. A newer silo can publish it; deploy one if there is none.")]
    private static partial void LogNewer(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The event {EventId} was not published: no running silo knows its type {EventType}.")]
    private static partial void LogSkipped(ILogger log, string eventId, string eventType);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Events could not be sent to RabbitMQ, and wait: {Reason}. Trying again.")]
    private static partial void LogFailure(ILogger log, string reason);
}
