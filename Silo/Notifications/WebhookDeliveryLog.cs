using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using SoonShop.Events;
using SoonShop.Notifications;

namespace SoonShop.Silo.Notifications;

/// <summary>The log of attempts in the table <c>webhook_delivery</c>.</summary>
internal sealed class WebhookDeliveryLog(NpgsqlDataSource database) : IWebhookDeliveryLog
{
    /// <summary>Writes attempts.</summary>
    public async Task AddAsync(IReadOnlyList<WebhookAttempt> attempts, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            insert into webhook_delivery (endpoint, event_id, event_type, at, attempt, duration_ms, status, error, response)
            select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """);
        Add(NpgsqlDbType.Uuid, a => a.EndpointId);
        Add(NpgsqlDbType.Text, a => a.EventId);
        Add(NpgsqlDbType.Text, a => a.EventType);
        Add(NpgsqlDbType.TimestampTz, a => a.At.UtcDateTime);
        Add(NpgsqlDbType.Integer, a => a.Attempt);
        Add(NpgsqlDbType.Integer, a => a.DurationMs);
        Add(NpgsqlDbType.Integer, a => a.Status);
        Add(NpgsqlDbType.Text, a => a.Error);
        Add(NpgsqlDbType.Text, a => a.Response);
        await command.ExecuteNonQueryAsync(cancellation);

        void Add<T>(NpgsqlDbType type, Func<WebhookAttempt, T> column) =>
            command.Parameters.Add(new() { Value = attempts.Select(column).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type });
    }

    public async Task<Result<Page<WebhookDelivery>>> ListAsync(WebhookDeliveryQuery query, PageRequest page, CancellationToken cancellation)
    {
        var list = $"webhook-deliveries/{query.EndpointId:N}/{query.EventId}/{query.Succeeded}";
        var before = long.MaxValue;
        if (page.Cursor is { } cursor
            && !(Cursor.TryRead(cursor, list, 1, out var after)
                && long.TryParse(after[0], NumberStyles.None, CultureInfo.InvariantCulture, out before)))
            return Cursor.Bad;
        await using var command = database.CreateCommand($"""
            select id, event_id, event_type, at, attempt, status, duration_ms, error, response from webhook_delivery
            where endpoint = $1 and id < $2
              {(query.EventId is null ? "" : "and event_id = $4")}
              {query.Succeeded switch { true => "and error is null", false => "and error is not null", null => "" }}
            order by id desc limit $3
            """);
        command.Parameters.Add(new() { Value = query.EndpointId });
        command.Parameters.Add(new() { Value = before });
        command.Parameters.Add(new() { Value = page.Limit + 1 });
        if (query.EventId is { } eventId)
            command.Parameters.Add(new() { Value = eventId });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = ImmutableArray.CreateBuilder<WebhookDelivery>();
        var hasMore = false;
        while (await reader.ReadAsync(cancellation))
        {
            hasMore = items.Count == page.Limit;
            if (!hasMore)
                items.Add(Read(reader));
        }
        return new Page<WebhookDelivery>(
            items.ToImmutable(), hasMore ? Cursor.Write(list, items[^1].Id.ToString(CultureInfo.InvariantCulture)) : null);
    }

    public async Task<CloudEvent?> FindEventAsync(string eventId, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select id, source, sequence, type, subject, stream_namespace, stream_key, time, not_before, correlation_id,
                   causation_id, traceparent, convert_to(data::text, 'UTF8')
            from event where id = $1 and data is not null
            """);
        command.Parameters.Add(new() { Value = eventId });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return !await reader.ReadAsync(cancellation) ? null : new CloudEvent(
            reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetString(3), reader.GetString(4), reader.GetString(5),
            reader.GetString(6), reader.GetFieldValue<DateTimeOffset>(7),
            reader.IsDBNull(8) ? null : reader.GetFieldValue<DateTimeOffset>(8), Text(reader, 9), Text(reader, 10), Text(reader, 11),
            reader.GetFieldValue<byte[]>(12));
    }

    private static WebhookDelivery Read(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetFieldValue<DateTimeOffset>(3), reader.GetInt32(4),
        reader.IsDBNull(7), reader.IsDBNull(5) ? null : reader.GetInt32(5), reader.GetInt32(6), Text(reader, 7), Text(reader, 8));

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
