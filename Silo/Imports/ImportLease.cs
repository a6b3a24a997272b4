using Npgsql;
using NpgsqlTypes;
using SoonShop.Imports;

namespace SoonShop.Silo.Imports;

/// <summary>The jobs that wait for a silo. Times are the database's.</summary>
internal sealed class ImportQueue(NpgsqlDataSource database)
{
    /// <summary>Serializes the taking of jobs, so that two silos do not both see that none runs.</summary>
    private const long TakingLock = 0x536F6F6E496D70;

    /// <summary>Takes the job that has waited longest, unless enough jobs run; null when there is none.</summary>
    public async Task<ImportLease?> TakeAsync(string owner, TimeSpan duration, int maxRunning, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var gate = new NpgsqlCommand("select pg_advisory_xact_lock($1)", connection, transaction))
        {
            gate.Parameters.Add(new() { Value = TakingLock });
            await gate.ExecuteNonQueryAsync(cancellation);
        }
        await using var command = new NpgsqlCommand("""
            update import_job set
              owner = $1, leased_until = clock_timestamp() + $2, fence = fence + 1,
              status = case status when 'uploaded' then 'checking' else status end
            where id = (
                select id from import_job
                where status in ('uploaded', 'checking', 'applying') and due_at <= clock_timestamp() and leased_until <= clock_timestamp()
                order by due_at limit 1 for update)
              and (select count(*) from import_job where status in ('checking', 'applying') and leased_until > clock_timestamp()) < $3
            returning id, kind, status = 'applying', fence, rows, attempts, coalesce(applied_by, created_by)
            """, connection, transaction);
        command.Parameters.Add(new() { Value = owner });
        command.Parameters.Add(new() { Value = duration });
        command.Parameters.Add(new() { Value = maxRunning });
        ImportLease? lease = null;
        await using (var reader = await command.ExecuteReaderAsync(cancellation))
        {
            if (await reader.ReadAsync(cancellation))
            {
                lease = new ImportLease(database, reader.GetInt64(3), duration)
                {
                    JobId = reader.GetGuid(0),
                    Kind = reader.GetString(1),
                    IsApplying = reader.GetBoolean(2),
                    Rows = reader.GetInt64(4),
                    Waits = reader.GetInt32(5),
                    Actor = reader.GetString(6),
                };
            }
        }
        await transaction.CommitAsync(cancellation);
        return lease;
    }
}

/// <summary>The lease of a job. Each write verifies that it is still this silo's.</summary>
internal sealed class ImportLease(NpgsqlDataSource database, long fence, TimeSpan duration) : IImportProgress
{
    private const string Mine = "id = $1 and fence = $2 and status in ('checking', 'applying')";

    /// <summary>The job.</summary>
    public required Guid JobId { get; init; }

    /// <summary>Its kind.</summary>
    public required string Kind { get; init; }

    /// <summary>False for the dry run.</summary>
    public required bool IsApplying { get; init; }

    /// <summary>The rows that are committed.</summary>
    public required long Rows { get; init; }

    /// <summary>How often the job was given back since its last row.</summary>
    public required int Waits { get; init; }

    /// <summary>Who applies it.</summary>
    public required string Actor { get; init; }

    private string Phase => IsApplying ? "apply" : "check";

    public async Task PlanAsync(long firstRow, IReadOnlyList<RowResult> plan, CancellationToken cancellation)
    {
        await using var command = Command($"""
            with job as (select id from import_job where {Mine} for update)
            insert into import_result (job_id, phase, first_row, is_plan, content) select id, $3, $4, true, $5 from job
            on conflict (job_id, phase, first_row) do update set content = excluded.content where import_result.is_plan
            """, Phase, firstRow, ImportRows.Pack(plan.Select(ToLine)));
        await ExecuteAsync(command, cancellation);
    }

    public async Task<IReadOnlyList<RowResult>?> FindPlanAsync(long firstRow, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select content from import_result where job_id = $1 and phase = $2 and first_row = $3 and is_plan");
        foreach (var value in (object[])[JobId, Phase, firstRow])
            command.Parameters.Add(new() { Value = value });
        return await command.ExecuteScalarAsync(cancellation) is byte[] content
            ? [.. ImportRows.Unpack(content).Select(l => new RowResult(l.Line, l.Outcome, l.Column, l.Text))]
            : null;
    }

    public async Task CommitAsync(long firstRow, long rows, IReadOnlyList<RowResult> results, CancellationToken cancellation)
    {
        long Count(RowOutcome outcome) => results.Count(r => r.Outcome == outcome);
        var lines = results.Where(r => r.Outcome != RowOutcome.Unchanged).Select(ToLine).ToArray();
        // A batch without lines replaces its plan, too.
        await using var command = Command($"""
            with job as (
              update import_job set rows = $5, created = created + $7, changed = changed + $8, unchanged = unchanged + $9,
                  wrong = wrong + $10,
                attempts = 0, leased_until = clock_timestamp() + $11
              where {Mine} and rows = $4 returning id),
            bare as (delete from import_result using job where job_id = id and phase = $3 and first_row = $4 and $6::bytea is null),
            stored as (
              insert into import_result (job_id, phase, first_row, is_plan, content)
              select id, $3, $4, false, $6 from job where $6::bytea is not null
              on conflict (job_id, phase, first_row) do update set is_plan = false, content = excluded.content)
            select count(*) from job
            """, Phase, firstRow, rows, lines.Length == 0 ? DBNull.Value : (object)ImportRows.Pack(lines),
            Count(RowOutcome.Created), Count(RowOutcome.Changed), Count(RowOutcome.Unchanged), Count(RowOutcome.Wrong), duration);
        command.Parameters[5].NpgsqlDbType = NpgsqlDbType.Bytea;
        if (await command.ExecuteScalarAsync(cancellation) is not 1L)
            throw new ImportLostException();
    }

    public async Task IgnoreColumnsAsync(IReadOnlyList<string> columns, CancellationToken cancellation)
    {
        await using var command = Command($"update import_job set ignored_columns = $3 where {Mine}", (object)columns.ToArray());
        await ExecuteAsync(command, cancellation);
    }

    /// <summary>Extends the lease.</summary>
    /// <exception cref="ImportLostException">The job is another silo's, or cancelled.</exception>
    public async Task RenewAsync(CancellationToken cancellation)
    {
        await using var command = Command($"update import_job set leased_until = clock_timestamp() + $3 where {Mine}", duration);
        await ExecuteAsync(command, cancellation);
    }

    /// <summary>Ends the run: the dry run is complete, or all rows are applied.</summary>
    public async Task CompleteAsync(long rows, CancellationToken cancellation)
    {
        await using var command = Command($"""
            update import_job set
              status = $3, total_rows = $4, ended_at = case when $3 = 'done' then clock_timestamp() end, owner = null,
              leased_until = '-infinity'
            where {Mine}
            """, IsApplying ? "done" : "checked", rows);
        await ExecuteAsync(command, cancellation);
    }

    /// <summary>Ends the job: it cannot go on.</summary>
    public async Task FailAsync(IEnumerable<ErrorText> problems, CancellationToken cancellation)
    {
        await using var command = Command($"""
            update import_job set
              status = 'failed', problems = $3::jsonb, ended_at = clock_timestamp(), owner = null, leased_until = '-infinity'
            where {Mine}
            """, ImportRows.ToJson(problems));
        await ExecuteAsync(command, cancellation);
    }

    /// <summary>Gives the job back, so that a silo goes on with it: at once, or after a pause that counts as a wait.</summary>
    public async Task ReleaseAsync(TimeSpan pause, CancellationToken cancellation)
    {
        await using var command = Command($"""
            update import_job set
              owner = null, leased_until = '-infinity',
              due_at = case when $3 > interval '0' then clock_timestamp() + $3 else due_at end,
              attempts = attempts + case when $3 > interval '0' then 1 else 0 end
            where {Mine}
            """, pause);
        await ExecuteAsync(command, cancellation);
    }

    private static ImportLine ToLine(RowResult result) => new(result.Line, result.Outcome, result.Column, result.Text);

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in (ReadOnlySpan<object>)[JobId, fence, .. values])
            command.Parameters.Add(new() { Value = value });
        return command;
    }

    private static async Task ExecuteAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        if (await command.ExecuteNonQueryAsync(cancellation) == 0)
            throw new ImportLostException();
    }
}
