using Npgsql;
using NpgsqlTypes;
using SoonShop.Events;

namespace SoonShop.Silo.Events;

/// <summary>Stores failed attempts in the table <c>event_failure</c>.</summary>
internal sealed class PostgresErrorStore(NpgsqlDataSource database) : IErrorStore
{
    /// <summary>The number of rows that one statement removes.</summary>
    private const int TrimBatch = 5000;

    private const string Columns =
        "id, at, event_id, event_type, handler, handler_key, attempt, error_class, error_type, error_message, stack, silo, trace_id, "
            + "took_ms, resolved_at, resolved_by";

    public async Task AddAsync(IReadOnlyList<EventError> failures, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        foreach (var f in failures)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"""
                insert into event_failure ({Columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
                on conflict do nothing
                """)
            {
                Parameters =
                {
                    new() { Value = f.Id }, new() { Value = f.At.ToUniversalTime() }, new() { Value = f.EventId },
                    new() { Value = f.EventType }, new() { Value = f.Handler }, new() { Value = f.HandlerKey }, new() { Value = f.Attempt },
                    new() { Value = RetryText.Of(f.Type) }, new() { Value = f.Exception }, new() { Value = f.Message },
                    new() { Value = f.Stack }, new() { Value = f.Silo },
                    new() { Value = (object?)f.TraceId ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text }, new() { Value = f.TookMs },
                    new() { Value = (object?)f.ResolvedAt?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                    new() { Value = (object?)f.ResolvedBy ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
                },
            });
        }
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    public async Task ResolveAsync(string eventId, string handler, string handlerKey, string by, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            update event_failure set resolved_at = clock_timestamp(), resolved_by = $4
            where event_id = $1 and handler = $2 and handler_key = $3 and resolved_at is null
            """);
        command.Parameters.Add(new() { Value = eventId });
        command.Parameters.Add(new() { Value = handler });
        command.Parameters.Add(new() { Value = handlerKey });
        command.Parameters.Add(new() { Value = by });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    public async Task<EventError?> ResolveAsync(Guid id, string by, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand($"""
            update event_failure set resolved_at = coalesce(resolved_at, clock_timestamp()), resolved_by = coalesce(resolved_by, $2)
            where id = $1 returning {Columns}
            """);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = by });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? Read(reader) : null;
    }

    public async Task<Result<Page<EventError>>> ListAsync(EventErrorFilter filter, PageRequest page, CancellationToken cancellation)
    {
        var list = $"event-errors {filter}";
        await using var command = database.CreateCommand();
        var query = new PageQuery(command);
        query.And("error_class = {0}", filter.Type is { } type ? RetryText.Of(type) : null);
        query.And("handler = {0}", filter.Handler);
        query.And("event_type = {0}", filter.EventType);
        query.And("at >= {0}", filter.From?.ToUniversalTime());
        query.And("at < {0}", filter.To?.ToUniversalTime());
        if (filter.Resolved is { } resolved)
            query.And(resolved ? "resolved_at is not null" : "resolved_at is null");
        if (!query.After(page.Cursor, list, "at"))
            return Cursor.Bad;
        command.CommandText = $"select {Columns} from event_failure where {query.Where} order by at desc, id desc limit {page.Limit + 1}";
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = ImmutableArray.CreateBuilder<EventError>();
        while (await reader.ReadAsync(cancellation))
        {
            if (items.Count == page.Limit)
                return new Page<EventError>(items.ToImmutable(), PageQuery.CursorOf(list, items[^1].At, items[^1].Id));
            items.Add(Read(reader));
        }
        return new Page<EventError>(items.ToImmutable(), null);
    }

    public async Task<long> TrimAsync(TimeSpan keepFor, long keepAtMost, CancellationToken cancellation)
    {
        // The time of the oldest row that may stay, by age and by count.
        await using var limit = database.CreateCommand("""
            select greatest(now() - $1, (select at from event_failure order by at desc, id desc offset $2 limit 1))
            """);
        limit.Parameters.Add(new() { Value = keepFor });
        limit.Parameters.Add(new() { Value = keepAtMost - 1 });
        if (await limit.ExecuteScalarAsync(cancellation) is not DateTime oldest)
            return 0;
        await using var delete = database.CreateCommand(
            $"delete from event_failure where id in (select id from event_failure where at < $1 order by at limit {TrimBatch})");
        delete.Parameters.Add(new() { Value = oldest });
        var (gone, all) = (0, 0L);
        do
        {
            gone = await delete.ExecuteNonQueryAsync(cancellation);
            all += gone;
        }
        while (gone == TrimBatch);
        return all;
    }

    private static EventError Read(NpgsqlDataReader r) => new(
        r.GetGuid(0), r.GetFieldValue<DateTimeOffset>(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetInt32(6),
        RetryText.ToErrorClass(r.GetString(7)), r.GetString(8), r.GetString(9), r.GetString(10), r.GetString(11),
        r.IsDBNull(12) ? null : r.GetString(12), r.GetDouble(13), r.IsDBNull(14) ? null : r.GetFieldValue<DateTimeOffset>(14),
        r.IsDBNull(15) ? null : r.GetString(15));
}
