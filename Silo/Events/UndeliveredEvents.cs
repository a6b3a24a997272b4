using Microsoft.Extensions.Logging;
using Npgsql;
using SoonShop.Events;
using SoonShop.Orleans.PostgreSql.Streams;

namespace SoonShop.Silo.Events;

/// <summary>
/// Takes over events that the shop's streams could not deliver to handlers. Each handler of the stream gets a delayed retry. An event that
/// cannot be deserialized becomes a dead letter at once.
/// </summary>
internal sealed partial class UndeliveredEvents(
    NpgsqlDataSource database, RetryStore store, EventHandlers handlers, ErrorClassifier classifier, ErrorLog failures,
    EventMetrics metrics, ILocalSiloDetails silo, TimeProvider time, ILogger<UndeliveredEvents> log) : IUndeliveredEvents
{
    /// <summary>The handler's name when this silo knows no handler for the stream.</summary>
    private const string NoHandler = "unknown";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public async Task TakeAsync(UndeliveredEvent undelivered, CancellationToken cancellation)
    {
        if (undelivered.Events is not [CloudEvent e])
        {
            if (await ReadAsync(undelivered.Position, cancellation) is not { } row)
                return; // The event was removed meanwhile.
            e = row;
        }
        var key = undelivered.Stream.GetKeyAsString();
        var next = undelivered.Reason == UndeliveredReason.Unreadable ? NextStep.GiveUp : NextStep.After(Pause);
        var failure = new FailedAttempt(1, ErrorOf(undelivered), time.GetUtcNow(), 0);
        var deliveries = NamesOf(undelivered).Select(name => new FailedDelivery(e, name, key, [failure], next)).ToArray();
        LogTaken(log, e.Type, e.Id, undelivered.Reason, string.Join(", ", deliveries.Select(d => d.Handler)), failure.Error.Message);
        await store.StoreAsync(deliveries, cancellation);
        foreach (var delivery in deliveries)
        {
            await failures.AddAsync(e, delivery.Handler, key, delivery.Failures);
            if (next.Kind == NextStepKind.GiveUp)
                metrics.DeadLettered(e, delivery.Handler, failure.Error.Class);
        }
    }

    /// <summary>
    /// Returns the handlers that the event did not reach, if known, otherwise all of the stream. A handler skips an event that it has
    /// processed.
    /// </summary>
    private string[] NamesOf(UndeliveredEvent undelivered)
    {
        var missed = undelivered.Consumers.Select(c => c.Type.ToString()!).Where(n => handlers.Find(n) is not null).Distinct().ToArray();
        if (missed.Length > 0)
            return missed;
        var all = handlers.Of(undelivered.Stream.GetNamespace() ?? "").Select(h => h.Name).ToArray();
        return all.Length > 0 ? all : [NoHandler];
    }

    private AttemptError ErrorOf(UndeliveredEvent undelivered)
    {
        var error = undelivered.Error ?? new TimeoutException($"The stream could not deliver it: {undelivered.Reason}.");
        return AttemptError.Of(
            error, undelivered.Reason == UndeliveredReason.Unreadable ? ErrorClass.Serialization : classifier.Classify(error),
            silo.SiloAddress.ToString());
    }

    private async Task<CloudEvent?> ReadAsync(long position, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select id, source, sequence, type, subject, stream_namespace, stream_key, time, not_before, correlation_id,
                   causation_id, traceparent, coalesce(payload, convert_to(data::text, 'UTF8'))
            from event where position = $1
            """);
        command.Parameters.Add(new() { Value = position });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? RetryStore.ReadEvent(reader) : null;
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{EventType} {EventId} was not delivered ({Reason}). It is a delayed retry or a dead letter of {Handlers}. {Error}")]
    private static partial void LogTaken(
        ILogger log, string eventType, string eventId, UndeliveredReason reason, string handlers, string error);
}
