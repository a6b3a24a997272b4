namespace SoonShop.Imports;

/// <summary>
/// Imports of CSV files. Any key addresses it; different keys run in parallel. A file is sent in parts of
/// <see cref="MaxPartBytes"/>. Its dry run begins by itself once it is complete; a silo works on it in the background.
/// </summary>
[Alias("soonshop.import-jobs")]
public interface IImportJobsGrain : IGrainWithIntegerKey
{
    /// <summary>The size of every part of a file but the last, in bytes.</summary>
    const int MaxPartBytes = 1024 * 1024;

    /// <summary>
    /// Creates a job that waits for its file. Idempotent by id. Errors: <c>validation-failed</c> for an unknown kind; <c>conflict</c> when
    /// too many jobs are open.
    /// </summary>
    [Alias("create"), Repeatable]
    Task<Result<ImportJob>> CreateAsync(Guid id, string kind);

    /// <summary>
    /// Stores a part of the file, from 0. Idempotent. Errors: <c>not-found</c>, <c>conflict</c> once the file is complete.
    /// </summary>
    [Alias("append"), Repeatable]
    Task<Result<Done>> AppendAsync(Guid id, int part, byte[] content);

    /// <summary>
    /// Completes the file, and has it checked. Idempotent. Errors: <c>not-found</c>; <c>conflict</c> when a part is missing or the job is
    /// cancelled; <c>idempotency-key-reused</c> when the job has another file.
    /// </summary>
    /// <param name="id">The job.</param>
    /// <param name="parts">The number of parts.</param>
    /// <param name="bytes">The size of the file.</param>
    /// <param name="digest">The SHA-256 digest of the file, in hexadecimal digits.</param>
    [Alias("complete"), Repeatable]
    Task<Result<ImportJob>> CompleteAsync(Guid id, int parts, long bytes, string digest);

    /// <summary>
    /// Has a checked file applied, or one that failed while it was applied. Idempotent. Errors: <c>not-found</c>, <c>conflict</c>.
    /// </summary>
    [Alias("apply"), Repeatable]
    Task<Result<ImportJob>> ApplyAsync(Guid id);

    /// <summary>
    /// Ends a job. What is applied stays. Idempotent. Errors: <c>not-found</c>; <c>conflict</c> for a job that is done or has failed.
    /// </summary>
    [Alias("cancel"), Repeatable]
    Task<Result<ImportJob>> CancelAsync(Guid id);

    /// <summary>Returns a job. Error: <c>not-found</c>.</summary>
    [Alias("get")]
    Task<Result<ImportJob>> GetAsync(Guid id, CancellationToken cancellation = default);

    /// <summary>Lists the jobs, newest first, one page at a time. Error: <c>validation-failed</c> for an invalid cursor.</summary>
    [Alias("list")]
    Task<Result<Page<ImportJob>>> ListAsync(PageRequest page, CancellationToken cancellation = default);

    /// <summary>
    /// Returns a part of the results: of the dry run or, once it is applied, of that. Unchanged rows are not among them. Error:
    /// <c>not-found</c>.
    /// </summary>
    /// <param name="id">The job.</param>
    /// <param name="from">0, or <see cref="ImportLines.Next"/> of the part before.</param>
    /// <param name="cancellation">Ends the query.</param>
    [Alias("results")]
    Task<Result<ImportLines>> GetResultsAsync(Guid id, long from, CancellationToken cancellation = default);
}
