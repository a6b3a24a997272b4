using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SoonShop.Aggregates;

namespace SoonShop.Silo.Integrity;

/// <summary>The lease of the silo that runs the integrity check, and the result of the last one. Times are the database's.</summary>
internal sealed class IntegrityLease(NpgsqlDataSource database)
{
    /// <summary>Stores the settings of the silos, for a check that is run by hand.</summary>
    public async Task DescribeAsync(string provider, int retentionDays, CancellationToken cancellation)
    {
        await using var command = Command(
            "update integrity_audit set provider = $1, retention_days = $2 where (provider, retention_days) is distinct from ($1, $2)",
            provider, retentionDays);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Takes the lease if a check is due and no silo runs one.</summary>
    public async Task<bool> TryAcquireAsync(string owner, TimeSpan lease, CancellationToken cancellation)
    {
        await using var command = Command("""
            update integrity_audit set owner = $1, leased_until = clock_timestamp() + $2, started_at = clock_timestamp()
            where due_at <= clock_timestamp() and leased_until <= clock_timestamp()
            """, owner, lease);
        return await command.ExecuteNonQueryAsync(cancellation) > 0;
    }

    /// <summary>Stores the result and releases the lease; false when another silo holds it by now.</summary>
    public async Task<bool> EndAsync(string owner, IntegrityReport report, TimeSpan interval, CancellationToken cancellation)
    {
        await using var command = Command("""
            update integrity_audit
            set owner = null, leased_until = '-infinity', ended_at = clock_timestamp(), due_at = clock_timestamp() + $2,
                report = $3, error = $4
            where owner = $1
            """, owner, interval);
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(report, StateJson.Options), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new() { Value = report.Failures as object ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        return await command.ExecuteNonQueryAsync(cancellation) > 0;
    }

    /// <summary>Releases the lease of a check that did not finish; the last result stays.</summary>
    public async Task AbandonAsync(string owner, string error, TimeSpan interval, CancellationToken cancellation)
    {
        await using var command = Command(
            "update integrity_audit set owner = null, leased_until = '-infinity', due_at = clock_timestamp() + $2, error = $3 where owner "
                + "= $1", owner, interval, error);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>
    /// What the last integrity check found, by check, and which checks failed; how old that is, or how long none has come to its end; and
    /// whether the last try failed, all of it or in part.
    /// </summary>
    public async Task<LastIntegrityCheck?> LastAsync(CancellationToken cancellation)
    {
        await using var command = Command("""
            select clock_timestamp() - coalesce(ended_at, installed_at), error is not null,
                   array(select c ->> 'check' from jsonb_array_elements(report -> 'checks') c),
                   array(select (c ->> 'breaches')::bigint from jsonb_array_elements(report -> 'checks') c),
                   array(select c ->> 'check' from jsonb_array_elements(report -> 'checks') c where c ->> 'error' is not null)
            from integrity_audit
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        if (!await reader.ReadAsync(cancellation))
            return null;
        var (names, counts) = (reader.GetFieldValue<string[]>(2), reader.GetFieldValue<long[]>(3));
        return new LastIntegrityCheck(
            reader.GetFieldValue<TimeSpan>(0), reader.GetBoolean(1), names.Zip(counts).ToDictionary(c => c.First, c => c.Second),
            reader.GetFieldValue<string[]>(4).ToHashSet());
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return command;
    }
}

/// <summary>What is known of the last integrity check.</summary>
/// <param name="Age">Since it came to its end, or since there could have been one.</param>
/// <param name="Failed">True when the last check failed or left out a check.</param>
/// <param name="Breaches">Rows that break a promise, by check.</param>
/// <param name="FailedChecks">The checks that could not be made.</param>
internal sealed record LastIntegrityCheck(TimeSpan Age, bool Failed, IReadOnlyDictionary<string, long> Breaches,
    IReadOnlySet<string> FailedChecks);
