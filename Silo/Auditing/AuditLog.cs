using System.Globalization;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SoonShop.Auditing;

namespace SoonShop.Silo.Auditing;

internal sealed class AuditLog(NpgsqlDataSource database) : IAuditLog
{
    public Task AddAsync(AuditEvent auditEvent, CancellationToken cancellation) => AddAsync(auditEvent, Origin.Current, cancellation);

    /// <summary>Adds an entry with an explicit origin instead of the call's.</summary>
    internal async Task AddAsync(AuditEvent auditEvent, Origin origin, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand();
        WriteTo(command, auditEvent, origin);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Sets a command to add an entry, such as one in the transaction of the change that it is about.</summary>
    internal static void WriteTo(NpgsqlCommand command, AuditEvent auditEvent, Origin origin)
    {
        command.CommandText = """
            insert into audit_log (actor, action, subject, outcome, count, address, user_agent, trace_id, before, after, details)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """;
        foreach (var text in (string?[])[auditEvent.Actor ?? origin.Actor, auditEvent.Action, auditEvent.Subject,
            NameOf(auditEvent.Outcome)])
            command.Parameters.Add(new() { Value = text });
        command.Parameters.Add(new() { Value = auditEvent.Count });
        foreach (var text in (string?[])[origin.Address, origin.UserAgent, origin.TraceId])
            command.Parameters.Add(new() { Value = (object?)text ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        foreach (var part in (object?[])[auditEvent.Before, auditEvent.After, auditEvent.Details])
            command.Parameters.Add(new()
            {
                Value = AuditEvent.ToJsonElement(part) is { } json ? json.GetRawText() : DBNull.Value,
                NpgsqlDbType = NpgsqlDbType.Jsonb,
            });
    }

    public async Task<Result<Page<AuditEntry>>> ListAsync(AuditFilter filter, PageRequest page, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand();
        if (!TryWriteList(command, filter, page))
            return Cursor.Bad;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var items = ImmutableArray.CreateBuilder<AuditEntry>();
        while (await reader.ReadAsync(cancellation))
        {
            if (items.Count == page.Limit)
            {
                var last = items[^1];
                return new Page<AuditEntry>(items.ToImmutable(), Cursor.Write(ListOf(filter), $"{last.At.UtcTicks}", $"{last.Id}"));
            }
            items.Add(Read(reader));
        }
        return new Page<AuditEntry>(items.ToImmutable(), null);
    }

    /// <summary>Sets the command to read a page; false when the cursor does not belong to this list.</summary>
    internal static bool TryWriteList(NpgsqlCommand command, AuditFilter filter, PageRequest page)
    {
        var query = new PageQuery(command);
        if (page.Cursor is { } cursor)
        {
            if (!Cursor.TryRead(cursor, ListOf(filter), 2, out var after)
                || !long.TryParse(after[0], CultureInfo.InvariantCulture, out var ticks) || ticks < 0 || ticks > DateTime.MaxValue.Ticks
                || !long.TryParse(after[1], CultureInfo.InvariantCulture, out var id))
                return false;
            query.And($"(at, id) < ({query.Parameter(new DateTimeOffset(ticks, TimeSpan.Zero))}, {query.Parameter(id)})");
        }
        query.And("actor = {0}", filter.Actor);
        if (filter.Action is { } action && action.EndsWith('*'))
            query.And("action like {0}", $"{Escape(action[..^1])}%");
        else
            query.And("action = {0}", filter.Action);
        query.And("subject = {0}", filter.Subject);
        // This matches the condition of the partial index.
        query.And(filter.Outcome is null or AuditOutcome.Success ? "true" : "outcome <> 'success'");
        query.And("outcome = {0}", filter.Outcome is { } outcome ? NameOf(outcome) : null);
        query.And("at >= {0}", filter.From?.ToUniversalTime());
        query.And("at < {0}", filter.To?.ToUniversalTime());
        command.CommandText = $"""
            select id, at, actor, action, subject, outcome, count, address, user_agent, trace_id, before, after, details
            from audit_log where {query.Where} order by at desc, id desc limit {page.Limit + 1}
            """;
        return true;
    }

    private static string ListOf(AuditFilter filter) => $"audit-log {filter}";

    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);

    private static string NameOf(AuditOutcome outcome) => JsonNamingPolicy.CamelCase.ConvertName(outcome.ToString());

    private static AuditEntry Read(NpgsqlDataReader r)
    {
        string? Text(int i) => r.IsDBNull(i) ? null : r.GetString(i);
        return new AuditEntry(
            r.GetInt64(0), r.GetFieldValue<DateTimeOffset>(1), r.GetString(2), r.GetString(3), r.GetString(4),
            Enum.Parse<AuditOutcome>(r.GetString(5), ignoreCase: true), r.GetInt32(6))
        {
            Address = Text(7),
            UserAgent = Text(8),
            TraceId = Text(9),
            Before = Text(10),
            After = Text(11),
            Details = Text(12),
        };
    }
}
