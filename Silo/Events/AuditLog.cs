using System.Globalization;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Silo.Search;

namespace SoonShop.Silo.Events;

internal sealed class AuditLog(NpgsqlDataSource database) : IAuditLog
{
    public async Task AddAsync(string actor, string action, string subject, int count, object? details, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("insert into audit_log (actor, action, subject, count, details) values ($1, $2, $3, $4, $5)");
        command.Parameters.Add(new() { Value = actor });
        command.Parameters.Add(new() { Value = action });
        command.Parameters.Add(new() { Value = subject });
        command.Parameters.Add(new() { Value = count });
        command.Parameters.Add(new() { Value = details is null ? DBNull.Value : JsonSerializer.Serialize(details, details.GetType(), AuditJson), NpgsqlDbType = NpgsqlDbType.Jsonb });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    public async Task<Outcome<Page<AuditEntry>>> ListAsync(string? action, PageRequest page, CancellationToken cancellation)
    {
        var list = $"audit-log {action}";
        var before = long.MaxValue;
        if (page.Cursor is { } cursor && (!Cursor.TryRead(cursor, list, 1, out var after) || !long.TryParse(after[0], CultureInfo.InvariantCulture, out before)))
            return Cursor.Bad;
        await using var command = database.CreateCommand();
        var query = new PageQuery(command);
        query.And("id < {0}", before);
        query.And("action = {0}", action);
        command.CommandText = $"select id, at, actor, action, subject, count, details from audit_log where {query.Where} order by id desc limit {page.Limit + 1}";
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = ImmutableArray.CreateBuilder<AuditEntry>();
        while (await reader.ReadAsync(cancellation))
        {
            if (items.Count == page.Limit)
                return new Page<AuditEntry>(items.ToImmutable(), Cursor.Write(list, items[^1].Id.ToString(CultureInfo.InvariantCulture)));
            items.Add(new AuditEntry(
                reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetInt32(5),
                reader.IsDBNull(6) ? null : reader.GetString(6)));
        }
        return new Page<AuditEntry>(items.ToImmutable(), null);
    }

    /// <summary>Unlike states, details are made for this and have properties that are only read.</summary>
    private static readonly JsonSerializerOptions AuditJson = new(StateJson.Options) { IgnoreReadOnlyProperties = false };
}
