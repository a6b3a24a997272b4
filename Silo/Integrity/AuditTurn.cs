using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SoonShop.Aggregates;

namespace SoonShop.Silo.Integrity;

/// <summary>Whose turn it is to audit, and what the last audit has found. Times are the database's.</summary>
internal sealed class AuditTurn(NpgsqlDataSource database)
{
    /// <summary>Takes the turn if an audit is due and nobody is at one.</summary>
    public async Task<bool> TryTakeAsync(string owner, TimeSpan lease, CancellationToken cancellation)
    {
        await using var command = Command("""
            update integrity_audit set owner = $1, leased_until = clock_timestamp() + $2, started_at = clock_timestamp()
            where due_at <= clock_timestamp() and leased_until <= clock_timestamp()
            """, owner, lease);
        return await command.ExecuteNonQueryAsync(cancellation) > 0;
    }

    /// <summary>Ends the turn with what was found.</summary>
    public async Task EndAsync(string owner, IntegrityReport report, TimeSpan interval, CancellationToken cancellation)
    {
        await using var command = Command("""
            update integrity_audit
            set owner = null, leased_until = '-infinity', ended_at = clock_timestamp(), due_at = clock_timestamp() + $2, error = null, report = $3
            where owner = $1
            """, owner, interval);
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(report, StateJson.Options), NpgsqlDbType = NpgsqlDbType.Jsonb });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Ends the turn without an end; what the last audit found stays.</summary>
    public async Task GiveUpAsync(string owner, string error, TimeSpan interval, CancellationToken cancellation)
    {
        await using var command = Command(
            "update integrity_audit set owner = null, leased_until = '-infinity', due_at = clock_timestamp() + $2, error = $3 where owner = $1", owner, interval, error);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>What the last audit has found, by check, and how old that is; null before the first.</summary>
    public async Task<(TimeSpan Age, IReadOnlyDictionary<string, long> Breaches)?> LastAsync(CancellationToken cancellation)
    {
        await using var command = Command("""
            select clock_timestamp() - ended_at, array(select c ->> 'check' from jsonb_array_elements(report -> 'checks') c),
                   array(select (c ->> 'breaches')::bigint from jsonb_array_elements(report -> 'checks') c)
            from integrity_audit where report is not null
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            return null;
        var (names, counts) = (reader.GetFieldValue<string[]>(1), reader.GetFieldValue<long[]>(2));
        return (reader.GetFieldValue<TimeSpan>(0), names.Zip(counts).ToDictionary(c => c.First, c => c.Second));
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return command;
    }
}
