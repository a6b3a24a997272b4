using System.Text;
using System.Text.Json;
using Npgsql;
using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Events;

namespace SoonShop.Silo.Events;

/// <summary>Manages dead letters in the delivery table. Every change writes its audit entry in the same transaction.</summary>
internal sealed class DeadLetters(NpgsqlDataSource database, RetrySignal signal) : IDeadLetters
{
    /// <summary>The most dead letters that one request replays.</summary>
    private const int MaxReplay = 20_000;

    private const int MaxGroups = 100;

    private const string Columns = """
        id, status, event_id, event_type, event_time, handler, handler_key, error_class, error_type, error_message, fingerprint,
        attempts, replays, first_failed_at, last_failed_at, dead_at, due_at, ended_at, ended_by, end_reason
        """;

    public async Task<Result<Page<DeadLetter>>> ListAsync(EventErrorFilter filter, PageRequest page, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand();
        if (!TryWriteList(command, filter, page))
            return Cursor.Bad;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = ImmutableArray.CreateBuilder<DeadLetter>();
        while (await reader.ReadAsync(cancellation))
        {
            if (items.Count == page.Limit)
                return new Page<DeadLetter>(items.ToImmutable(), PageQuery.CursorOf(ListOf(filter), items[^1].DeadAt!.Value, items[^1].Id));
            items.Add(Read(reader));
        }
        return new Page<DeadLetter>(items.ToImmutable(), null);
    }

    public async Task<ImmutableArray<DeadLetterGroup>> GroupAsync(
        EventErrorFilter filter, DeadLetterGrouping by, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand();
        WriteGroups(command, filter, by);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var groups = ImmutableArray.CreateBuilder<DeadLetterGroup>();
        while (await reader.ReadAsync(cancellation))
        {
            groups.Add(new DeadLetterGroup(
                reader.GetString(0), reader.GetInt64(1), reader.GetFieldValue<DateTimeOffset>(2), reader.GetFieldValue<DateTimeOffset>(3),
                reader.GetString(4)));
        }
        return groups.ToImmutable();
    }

    public async Task<DeadLetterDetails?> FindAsync(Guid id, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"""
            select {Columns}, source, stream_namespace, stream_key, correlation_id, causation_id, data, history
            from event_delivery where id = $1 and dead_at is not null
            """);
        command.Parameters.Add(new() { Value = id });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            return null;
        var (text, isText) = ToText(reader.GetFieldValue<byte[]>(25));
        return new DeadLetterDetails(
            Read(reader), reader.GetString(20), $"{reader.GetString(21)}/{reader.GetString(22)}",
            reader.IsDBNull(23) ? null : reader.GetString(23), reader.IsDBNull(24) ? null : reader.GetString(24), text, isText,
            JsonSerializer.Deserialize<ImmutableArray<DeadLetterAttempt>>(reader.GetString(26), StateJson.Options));
    }

    public async Task<Result<DeadLetter>> ReplayAsync(Guid id, string actor, CancellationToken cancellation)
    {
        var letter = await ChangeAsync(id, "dead-letters.replay", actor, null, $"""
            update event_delivery set status = 'waiting', replay = true, replays = replays + 1, due_at = clock_timestamp()
            where id = $1 and status = 'dead'
            """, cancellation);
        signal.Set();
        return letter switch
        {
            null => Error.NotFound("not-found.dead-letter", $"The dead letter {id} was not found."),
            { Status: DeliveryStatus.Resolved or DeliveryStatus.Discarded } => Already(letter.Status),
            _ => letter,
        };
    }

    public async Task<ReplayResponse> ReplayAsync(EventErrorFilter filter, string actor, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand();
        var query = Matching(command, filter with { Resolved = null });
        var origin = Origin.Current;
        command.CommandText = $"""
            with chosen as (
              select id from event_delivery where {query.Where} order by dead_at, id limit {MaxReplay} for update skip locked),
            changed as (
              update event_delivery e set status = 'waiting', replay = true, replays = replays + 1, due_at = clock_timestamp()
              from chosen where e.id = chosen.id returning 1),
            counted as (select count(*)::integer as count from changed),
            noted as (
              insert into audit_log (actor, action, subject, count, address, user_agent, trace_id)
              select {query.Parameter(actor)}, 'dead-letters.replay', {query.Parameter(Describe(filter))}, count,
                     nullif({query.Parameter(origin.Address ?? "")}, ''), nullif({query.Parameter(origin.UserAgent ?? "")}, ''),
                     nullif({query.Parameter(origin.TraceId ?? "")}, '')
              from counted)
            select count, greatest(0, (select count(*) from event_delivery where {query.Where}) - count) from counted
            """;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        await reader.ReadAsync(cancellation);
        signal.Set();
        return new ReplayResponse(reader.GetInt32(0), reader.GetInt64(1));
    }

    public async Task<Result<DeadLetter>> DiscardAsync(Guid id, string reason, string actor, CancellationToken cancellation)
    {
        var letter = await ChangeAsync(id, "dead-letters.discard", actor, reason, """
            update event_delivery set status = 'discarded', ended_at = clock_timestamp(), ended_by = $2, end_reason = $3
            where id = $1 and status = 'dead'
            """, cancellation);
        return letter switch
        {
            null => Error.NotFound("not-found.dead-letter", $"The dead letter {id} was not found."),
            { Status: DeliveryStatus.Resolved } => Already(DeliveryStatus.Resolved),
            { Status: DeliveryStatus.Waiting } => Error.Of(
                ErrorCode.Conflict, "error.letter-replaying", "The dead letter is being replayed. Read it again in a moment."),
            _ => letter,
        };
    }

    /// <summary>
    /// Changes a dead letter and writes the audit entry, if there is anything to change. Returns the changed dead letter.
    /// </summary>
    private async Task<DeadLetter?> ChangeAsync(
        Guid id, string action, string actor, string? reason, string update, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"""
            with changed as ({update} returning *),
            noted as (
              insert into audit_log (actor, action, subject, count, details, before, after, address, user_agent, trace_id)
              select $2, $4, id::text, 1, jsonb_strip_nulls(jsonb_build_object('eventId', event_id, 'handler', handler,
                  'reason', $3::text)),
                     jsonb_build_object('status', 'dead'), jsonb_build_object('status', status), $5, $6, $7
              from changed)
            select {Columns} from changed
            union all
            select {Columns} from event_delivery where id = $1 and dead_at is not null and not exists (select from changed)
            """);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = actor });
        command.Parameters.Add(new() { Value = (object?)reason ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = action });
        var origin = Origin.Current;
        foreach (var text in (string?[])[origin.Address, origin.UserAgent, origin.TraceId])
            command.Parameters.Add(new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? Read(reader) : null;
    }

    /// <summary>Sets the command to read a page; false when the cursor does not belong to this list.</summary>
    internal static bool TryWriteList(NpgsqlCommand command, EventErrorFilter filter, PageRequest page)
    {
        var query = Matching(command, filter);
        if (!query.After(page.Cursor, ListOf(filter), "dead_at"))
            return false;
        command.CommandText =
            $"select {Columns} from event_delivery where {query.Where} order by dead_at desc, id desc limit {page.Limit + 1}";
        return true;
    }

    /// <summary>Sets the command to count groups.</summary>
    internal static void WriteGroups(NpgsqlCommand command, EventErrorFilter filter, DeadLetterGrouping by)
    {
        var column = by switch
        {
            DeadLetterGrouping.Handler => "handler",
            DeadLetterGrouping.EventType => "event_type",
            DeadLetterGrouping.Type => "error_class",
            _ => "fingerprint",
        };
        var query = Matching(command, filter with { Resolved = null });
        command.CommandText = $"""
            select g.value, g.count, g.oldest, g.newest, example.error_message
            from (select {column} as value, count(*) as count, min(dead_at) as oldest, max(dead_at) as newest
                  from event_delivery where {query.Where} group by {column} order by count(*) desc, {column} limit {MaxGroups}) g
            cross join lateral (
              select error_message from event_delivery where status = 'dead' and {column} = g.value
              order by dead_at desc, id desc limit 1) example
            order by g.count desc, g.value
            """;
    }

    private static string ListOf(EventErrorFilter filter) => $"dead-letters {filter}";

    private static PageQuery Matching(NpgsqlCommand command, EventErrorFilter filter)
    {
        var query = new PageQuery(command);
        query.And(filter.Resolved is true ? "status in ('resolved', 'discarded') and dead_at is not null" : "status = 'dead'");
        query.And("error_class = {0}", filter.Type is { } type ? RetryText.Of(type) : null);
        query.And("handler = {0}", filter.Handler);
        query.And("event_type = {0}", filter.EventType);
        query.And("fingerprint = {0}", filter.Fingerprint);
        query.And("dead_at >= {0}", filter.From?.ToUniversalTime());
        query.And("dead_at < {0}", filter.To?.ToUniversalTime());
        return query;
    }

    /// <summary>Formats a filter for the audit log.</summary>
    private static string Describe(EventErrorFilter f)
    {
        var words = new (string Name, object? Value)[]
        {
            ("type", f.Type), ("handler", f.Handler), ("eventType", f.EventType), ("fingerprint", f.Fingerprint),
            ("from", f.From?.ToString("O")), ("to", f.To?.ToString("O")),
        };
        var said = string.Join(' ', words.Where(w => w.Value is not null).Select(w => $"{w.Name}={w.Value}"));
        return said.Length == 0 ? "all" : said;
    }

    private static (string Text, bool IsText) ToText(byte[] data)
    {
        try
        {
            var text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(data);
            return Text.IsClean(text) ? (text, true) : (Convert.ToBase64String(data), false);
        }
        catch (DecoderFallbackException)
        {
            return (Convert.ToBase64String(data), false);
        }
    }

    private static Error Already(DeliveryStatus status) => Error.Of(
        ErrorCode.Conflict, "error.letter-already",
        $"The dead letter is already {(status == DeliveryStatus.Resolved ? ErrorText.Of(
            "letter-status.resolved", "resolved") : ErrorText.Of("letter-status.discarded", "discarded"))}.");

    private static DeadLetter Read(NpgsqlDataReader r)
    {
        DateTimeOffset? Time(int i) => r.IsDBNull(i) ? null : r.GetFieldValue<DateTimeOffset>(i);
        return new DeadLetter(
            r.GetGuid(0), RetryText.ToStatus(r.GetString(1)), r.GetString(2), r.GetString(3), r.GetFieldValue<DateTimeOffset>(4),
            r.GetString(5), r.GetString(6), RetryText.ToErrorClass(r.GetString(7)), r.GetString(8), r.GetString(9), r.GetString(10),
            r.GetInt32(11), r.GetInt32(12), r.GetFieldValue<DateTimeOffset>(13), r.GetFieldValue<DateTimeOffset>(14), Time(15), Time(16),
            Time(17), r.IsDBNull(18) ? null : r.GetString(18), r.IsDBNull(19) ? null : r.GetString(19));
    }
}
