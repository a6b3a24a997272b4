using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Silo.Events;

/// <summary>
/// Reads and writes failed deliveries for the handlers and <see cref="RetryScheduler"/>. All times come from the database's clock. A claim
/// holds a delivery for the length of a lease. Afterwards any silo may claim it, and results under the old claim are ignored.
/// </summary>
internal sealed class RetryStore(NpgsqlDataSource database, RetrySignal signal) : IRetryStore
{
    /// <summary>The most failed attempts in a delivery's history.</summary>
    private const int MaxHistory = 30;

    /// <summary>The columns of <see cref="ReadEvent"/>, in order.</summary>
    private const string EventColumns =
        "event_id, source, sequence, event_type, subject, stream_namespace, stream_key, event_time, not_before, correlation_id, "
            + "causation_id, traceparent, data";

    /// <summary>SQL that appends to a history and keeps its last entries.</summary>
    private static string Appended(string more) => $"jsonb_path_query_array(e.history || {more}, '$[last - {MaxHistory - 1} to last]')";

    public Task StoreAsync(FailedDelivery delivery, CancellationToken cancellation) => StoreAsync([delivery], cancellation);

    /// <summary>Stores several deliveries in one statement, all or none.</summary>
    public async Task StoreAsync(IReadOnlyList<FailedDelivery> deliveries, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        foreach (var delivery in deliveries)
            batch.BatchCommands.Add(Insert(delivery));
        await batch.ExecuteNonQueryAsync(cancellation);
        signal.Set();
    }

    private static NpgsqlBatchCommand Insert(FailedDelivery delivery)
    {
        var (e, last) = (delivery.Event, delivery.Failures[^1]);
        var dead = delivery.Next.Kind == NextStepKind.GiveUp;
        return new NpgsqlBatchCommand($"""
            insert into event_delivery as e (
              {EventColumns}, handler, handler_key, status, due_at, dead_at, attempts, error_class, error_type, error_message,
              fingerprint, history)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
                    case when $16 then 'dead' else 'waiting' end,
                    case when not $16 then clock_timestamp() + $17 end,
                    case when $16 then clock_timestamp() end,
                    $18, $19, $20, $21, $22, $23)
            on conflict (event_id, handler, handler_key) do update set
              attempts = greatest(e.attempts, excluded.attempts), history = {Appended("excluded.history")},
              error_class = excluded.error_class, error_type = excluded.error_type, error_message = excluded.error_message,
              fingerprint = excluded.fingerprint, last_failed_at = clock_timestamp()
            where e.status in ('waiting', 'dead')
            """)
        {
            Parameters =
            {
                new() { Value = e.Id }, new() { Value = e.Source }, new() { Value = e.Sequence }, new() { Value = e.Type },
                new() { Value = e.Subject }, new() { Value = e.StreamNamespace }, new() { Value = e.StreamKey },
                new() { Value = e.Time.ToUniversalTime() }, Nullable(e.NotBefore?.ToUniversalTime(), NpgsqlDbType.TimestampTz),
                Nullable(e.CorrelationId), Nullable(e.CausationId), Nullable(e.TraceParent), new() { Value = e.Data },
                new() { Value = delivery.Handler }, new() { Value = delivery.HandlerKey }, new() { Value = dead },
                new() { Value = delivery.Next.Delay }, new() { Value = last.Attempt }, new() { Value = RetryText.Of(last.Error.Class) },
                new() { Value = last.Error.Type }, new() { Value = last.Error.Message },
                new() { Value = ErrorFingerprint.Of(last.Error.Type, last.Error.Message) }, History(delivery.Failures),
            },
        };
    }

    /// <summary>
    /// Claims due deliveries: for each handler no more than it has room for, and one per grain. Otherwise the deliveries of one hanging
    /// grain would take all the room.
    /// </summary>
    /// <param name="replays">True to claim replays, false to claim automatic retries.</param>
    /// <param name="room">How many deliveries to claim, by handler.</param>
    /// <param name="busyKeys">Keys of grains with a running attempt.</param>
    /// <param name="limit">The most deliveries of all handlers together.</param>
    /// <param name="lease">How long the claim lasts.</param>
    /// <param name="cancellation">Cancels.</param>
    public async Task<List<ClaimedDelivery>> ClaimAsync(
        bool replays, IReadOnlyDictionary<string, int> room, string[] busyKeys, int limit, TimeSpan lease, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"""
            with due as (
              select d.id, row_number() over (partition by h.name, d.handler_key order by d.due_at) as place
              from unnest($1::text[], $2::integer[]) as h(name, room)
              cross join lateral (
                select id, handler_key, due_at from event_delivery
                where status = 'waiting' and {(replays ? "" : "not ")}replay and handler = h.name and due_at <= clock_timestamp()
                  and handler_key <> all ($3)
                order by due_at limit h.room for update skip locked) d),
            chosen as (select id from due where place = 1 limit $4)
            update event_delivery e set due_at = clock_timestamp() + $5, claim = claim + 1
            from chosen where e.id = chosen.id
            returning {EventColumns}, e.id, claim, handler, handler_key, attempts, dead_at is not null
            """);
        command.Parameters.Add(new() { Value = room.Keys.ToArray() });
        command.Parameters.Add(new() { Value = room.Values.ToArray() });
        command.Parameters.Add(new() { Value = busyKeys });
        command.Parameters.Add(new() { Value = limit });
        command.Parameters.Add(new() { Value = lease });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var claimed = new List<ClaimedDelivery>();
        while (await reader.ReadAsync(cancellation))
        {
            claimed.Add(new ClaimedDelivery(
                reader.GetGuid(13), reader.GetInt64(14), ReadEvent(reader), reader.GetString(15), reader.GetString(16), reader.GetInt32(17),
                reader.GetBoolean(18)));
        }
        return claimed;
    }

    /// <summary>Returns the time until the next delivery of these handlers is due; null when none waits.</summary>
    public async Task<TimeSpan?> NextDueAsync(string[] handlers, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select min(d.due_at) - clock_timestamp() from unnest($1::text[]) as h(name) cross join lateral (
              (select due_at from event_delivery where status = 'waiting' and not replay and handler = h.name order by due_at limit 1)
              union all
              (select due_at from event_delivery where status = 'waiting' and replay and handler = h.name order by due_at limit 1)) d
            """);
        command.Parameters.Add(new() { Value = handlers });
        return await command.ExecuteScalarAsync(cancellation) is TimeSpan wait ? wait : null;
    }

    /// <summary>
    /// Completes a delivery after the handler succeeded. A replayed dead letter stays visible as resolved; any other row is deleted.
    /// </summary>
    public async Task SucceededAsync(ClaimedDelivery delivery, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(delivery.WasDead
            ? "update event_delivery set status = 'resolved', due_at = null, replay = false, ended_at = clock_timestamp(), ended_by = "
                + "'replay', attempts = attempts + 1 where id = $1 and claim = $2 and status = 'waiting'"
            : "delete from event_delivery where id = $1 and claim = $2 and status = 'waiting'");
        command.Parameters.Add(new() { Value = delivery.Id });
        command.Parameters.Add(new() { Value = delivery.Claim });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Stores a failed attempt. The delivery waits for its next attempt or becomes a dead letter (again).</summary>
    public async Task FailedAsync(ClaimedDelivery delivery, FailedAttempt failure, NextStep next, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"""
            update event_delivery e set
              status = case when $3 then 'dead' else 'waiting' end,
              due_at = case when not $3 then clock_timestamp() + $4 end,
              dead_at = case when $3 then clock_timestamp() else dead_at end,
              replay = false, attempts = $5, error_class = $6, error_type = $7, error_message = $8, fingerprint = $9,
              history = {Appended("$10")}, last_failed_at = clock_timestamp()
            where id = $1 and claim = $2 and status = 'waiting'
            """);
        command.Parameters.Add(new() { Value = delivery.Id });
        command.Parameters.Add(new() { Value = delivery.Claim });
        command.Parameters.Add(new() { Value = next.Kind == NextStepKind.GiveUp });
        command.Parameters.Add(new() { Value = next.Delay });
        command.Parameters.Add(new() { Value = failure.Attempt });
        command.Parameters.Add(new() { Value = RetryText.Of(failure.Error.Class) });
        command.Parameters.Add(new() { Value = failure.Error.Type });
        command.Parameters.Add(new() { Value = failure.Error.Message });
        command.Parameters.Add(new() { Value = ErrorFingerprint.Of(failure.Error.Type, failure.Error.Message) });
        command.Parameters.Add(History([failure]));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Reads the event from a row's first thirteen columns.</summary>
    internal static CloudEvent ReadEvent(NpgsqlDataReader r) => new(
        r.GetString(0), r.GetString(1), r.GetInt64(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6),
        r.GetFieldValue<DateTimeOffset>(7), r.IsDBNull(8) ? null : r.GetFieldValue<DateTimeOffset>(8),
        r.IsDBNull(9) ? null : r.GetString(9), r.IsDBNull(10) ? null : r.GetString(10),
        r.IsDBNull(11) ? null : r.GetString(11), r.GetFieldValue<byte[]>(12));

    private static NpgsqlParameter Nullable(object? value, NpgsqlDbType type = NpgsqlDbType.Text) =>
        new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };

    private static NpgsqlParameter History(IEnumerable<FailedAttempt> failures) => new()
    {
        Value = JsonSerializer.Serialize(
            failures.Select(f => new DeadLetterAttempt(
                f.Attempt, f.At, f.Error.Class, f.Error.Type, f.Error.Message, f.Error.Stack, f.Error.Silo, f.TookMs)), StateJson.Options),
        NpgsqlDbType = NpgsqlDbType.Jsonb,
    };
}

/// <summary>A claimed delivery.</summary>
/// <param name="Id">The delivery.</param>
/// <param name="Claim">The number of the claim. Results under an older number are ignored.</param>
/// <param name="Event">The event.</param>
/// <param name="Handler">The handler.</param>
/// <param name="HandlerKey">The key of its grain.</param>
/// <param name="Attempts">The attempts so far.</param>
/// <param name="WasDead">True when it was a dead letter before.</param>
internal sealed record ClaimedDelivery(
    Guid Id, long Claim, CloudEvent Event, string Handler, string HandlerKey, int Attempts, bool WasDead);

/// <summary>Names of enumeration values as stored in the tables.</summary>
internal static class RetryText
{
    public static string Of(ErrorClass error) => error switch
    {
        ErrorClass.Transient => "transient",
        ErrorClass.Permanent => "permanent",
        ErrorClass.Network => "network",
        ErrorClass.Serialization => "serialization",
        ErrorClass.Business => "business",
        _ => "system",
    };

    public static ErrorClass ToErrorClass(string text) => Enum.Parse<ErrorClass>(text, ignoreCase: true);

    public static DeliveryStatus ToStatus(string text) => Enum.Parse<DeliveryStatus>(text, ignoreCase: true);
}
