using Microsoft.Extensions.Options;
using Npgsql;
using SoonShop.Auditing;
using SoonShop.Imports;
using SoonShop.Silo.Auditing;

namespace SoonShop.Silo.Imports;

/// <summary>
/// Jobs, files and results of imports in PostgreSQL. What changes a job is recorded in the audit log in the same transaction.
/// </summary>
internal sealed class ImportStore(NpgsqlDataSource database, IOptions<ImportsOptions> options) : IImportStore
{
    private const string Open = "('uploading', 'uploaded', 'checking', 'checked', 'applying')";
    private const string List = "import-jobs";

    public async Task<Result<ImportJob>> CreateAsync(Guid id, string kind)
    {
        await using (var command = Command($"""
            insert into import_job (id, kind, status, created_by)
            select $1, $2, 'uploading', $3
            where (select count(*) from import_job where status in {Open} and id <> $1) < $4
            on conflict (id) do nothing
            """, id, kind, Origin.Current.Actor, options.Value.MaxOpenJobs))
            await command.ExecuteNonQueryAsync();
        var job = await GetAsync(id, CancellationToken.None);
        return !job.IsError && job.Value.Kind == kind ? job
            : Error.Of(
                ErrorCode.Conflict, "error.import-jobs",
                $"{options.Value.MaxOpenJobs} imports are open. Apply or cancel some of them first.");
    }

    public async Task<Result<Done>> AppendAsync(Guid id, int part, byte[] content)
    {
        // The lock keeps the file from being completed meanwhile.
        await using var command = Command("""
            with job as (select id from import_job where id = $1 and status = 'uploading' for share)
            insert into import_file (job_id, part, bytes, content) select id, $2, $3, $4 from job
            on conflict (job_id, part) do update set bytes = excluded.bytes, content = excluded.content
            """, id, part, content.Length, ImportRows.Compress(content));
        if (await command.ExecuteNonQueryAsync() > 0)
            return default(Done);
        var job = await GetAsync(id, CancellationToken.None);
        return job.IsError ? job.Error : WrongStatus(job.Value);
    }

    public async Task<Result<ImportJob>> CompleteAsync(Guid id, int parts, long bytes, string digest)
    {
        var completed = await ChangeAsync(id, "imports.create", $"""
            with surplus as (delete from import_file where job_id = $1 and part >= $2)
            update import_job set status = 'uploaded', file_bytes = $3, digest = $4, due_at = clock_timestamp()
            where id = $1 and status = 'uploading'
              and (select count(*) = $2 and coalesce(sum(bytes), 0) = $3 from import_file where job_id = $1 and part < $2)
            returning {ImportRows.Columns}
            """, job => new { job.Kind, job.FileBytes, digest }, parts, bytes, digest);
        if (completed.IsError || completed.Value.Status == ImportStatus.Uploading)
            return completed.IsError ? completed : WrongStatus(completed.Value);
        await using var command = Command("select digest = $2 from import_job where id = $1", id, digest);
        return completed.Value.Status == ImportStatus.Cancelled ? WrongStatus(completed.Value)
            : await command.ExecuteScalarAsync() is true ? completed
            : Error.Of(
                ErrorCode.IdempotencyKeyReused, "error.key-reused", "The Idempotency-Key was used for a different request. Use a new key.");
    }

    public async Task<Result<ImportJob>> ApplyAsync(Guid id)
    {
        // A job that failed while it was applied goes on where it was.
        var applied = await ChangeAsync(id, "imports.apply", $"""
            update import_job set
              status = 'applying', applied_at = clock_timestamp(), applied_by = $2, ended_at = null, problems = null, attempts = 0,
              due_at = clock_timestamp(),
              rows = case when applied_at is null then 0 else rows end, created = case when applied_at is null then 0 else created end,
              changed = case when applied_at is null then 0 else changed end,
              unchanged = case when applied_at is null then 0 else unchanged end, wrong = case when applied_at is null then 0 else wrong end
            where id = $1 and (status = 'checked' or (status = 'failed' and applied_at is not null))
            returning {ImportRows.Columns}
            """, job => new { job.Kind, job.TotalRows }, Origin.Current.Actor);
        return applied.IsError || applied.Value.Status is ImportStatus.Applying or ImportStatus.Done ? applied : WrongStatus(applied.Value);
    }

    public async Task<Result<ImportJob>> CancelAsync(Guid id)
    {
        var cancelled = await ChangeAsync(id, "imports.cancel", $"""
            update import_job set status = 'cancelled', ended_at = clock_timestamp(), owner = null,
                leased_until = '-infinity', fence = fence + 1
            where id = $1 and status in {Open} returning {ImportRows.Columns}
            """, job => new { job.Kind, job.Rows });
        return cancelled.IsError || cancelled.Value.Status == ImportStatus.Cancelled ? cancelled : WrongStatus(cancelled.Value);
    }

    public async Task<Result<ImportJob>> GetAsync(Guid id, CancellationToken cancellation)
    {
        await using var command = Command($"select {ImportRows.Columns} from import_job where id = $1", id);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? ImportRows.ReadJob(reader, options.Value) : Unknown(id);
    }

    public async Task<Result<Page<ImportJob>>> ListAsync(PageRequest page, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand();
        var query = new PageQuery(command);
        if (!query.After(page.Cursor, List, "created_at"))
            return Cursor.Bad;
        command.CommandText = $"""
            select {ImportRows.Columns} from import_job where {query.Where} order by created_at desc, id desc limit {page.Limit + 1}
            """;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var jobs = ImmutableArray.CreateBuilder<ImportJob>();
        while (await reader.ReadAsync(cancellation))
        {
            if (jobs.Count == page.Limit)
                return new Page<ImportJob>(jobs.ToImmutable(), PageQuery.CursorOf(List, jobs[^1].CreatedAt, jobs[^1].Id));
            jobs.Add(ImportRows.ReadJob(reader, options.Value));
        }
        return new Page<ImportJob>(jobs.ToImmutable(), null);
    }

    public async Task<Result<ImportLines>> GetResultsAsync(Guid id, long from, CancellationToken cancellation)
    {
        await using var command = Command("""
            select r.first_row, r.content
            from import_job j left join lateral (
              select first_row, content from import_result
              where job_id = j.id and phase = case when j.applied_at is null then 'check' else 'apply' end
                and first_row >= $2 and not is_plan
              order by first_row limit 1) r on true
            where j.id = $1
            """, id, from);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return !await reader.ReadAsync(cancellation) ? Unknown(id)
            : reader.IsDBNull(0) ? new ImportLines([], null)
            : new ImportLines(ImportRows.Unpack(reader.GetFieldValue<byte[]>(1)), reader.GetInt64(0) + 1);
    }

    public async Task<byte[]?> ReadPartAsync(Guid id, int part, CancellationToken cancellation)
    {
        await using var command = Command("select content from import_file where job_id = $1 and part = $2", id, part);
        return await command.ExecuteScalarAsync(cancellation) is byte[] content ? ImportRows.Decompress(content) : null;
    }

    /// <summary>
    /// Deletes jobs with their files and results after their time, also those that nobody applied, and incomplete uploads. A job that runs
    /// stays.
    /// </summary>
    /// <returns>The number of deleted jobs.</returns>
    public async Task<int> SweepAsync(CancellationToken cancellation)
    {
        await using var command = Command("""
            delete from import_job where leased_until < clock_timestamp() and (
              created_at < clock_timestamp() - $1 and status not in ('applying', 'checking')
              or created_at < clock_timestamp() - $2 and status = 'uploading')
            """, TimeSpan.FromDays(options.Value.RetentionDays), TimeSpan.FromHours(options.Value.UploadHours));
        return await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Runs an update and records it; returns the job as it then is, also when nothing was updated.</summary>
    private async Task<Result<ImportJob>> ChangeAsync(
        Guid id, string action, string sql, Func<ImportJob, object> details, params object[] values)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        ImportJob? job = null;
        await using (var command = new NpgsqlCommand(sql, connection, transaction))
        {
            command.Parameters.Add(new() { Value = id });
            foreach (var value in values)
                command.Parameters.Add(new() { Value = value });
            await using var reader = await command.ExecuteReaderAsync();
            if (await reader.ReadAsync())
                job = ImportRows.ReadJob(reader, options.Value);
        }
        if (job is null)
        {
            await transaction.RollbackAsync();
            return await GetAsync(id, CancellationToken.None);
        }
        await using (var audit = new NpgsqlCommand("", connection, transaction))
        {
            AuditLog.WriteTo(audit, new AuditEvent(action, $"import/{id}") { Details = details(job) }, Origin.Current);
            await audit.ExecuteNonQueryAsync();
        }
        await transaction.CommitAsync();
        return job;
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values)
    {
        var command = database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return command;
    }

    private static Error Unknown(Guid id) => Error.NotFound("not-found.import", $"The import {id} was not found.");

    private static Error WrongStatus(ImportJob job) => Error.Of(
        ErrorCode.Conflict, "error.import-status", $"The import is {ImportRows.NameOf(job.Status)}; its status does not allow this.");
}
