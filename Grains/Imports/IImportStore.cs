namespace SoonShop.Imports;

/// <summary>The port to the jobs, files and results of imports.</summary>
public interface IImportStore
{
    /// <summary>See <see cref="IImportJobsGrain.CreateAsync"/>.</summary>
    Task<Result<ImportJob>> CreateAsync(Guid id, string kind);

    /// <summary>See <see cref="IImportJobsGrain.AppendAsync"/>.</summary>
    Task<Result<Done>> AppendAsync(Guid id, int part, byte[] content);

    /// <summary>See <see cref="IImportJobsGrain.CompleteAsync"/>.</summary>
    Task<Result<ImportJob>> CompleteAsync(Guid id, int parts, long bytes, string digest);

    /// <summary>See <see cref="IImportJobsGrain.ApplyAsync"/>.</summary>
    Task<Result<ImportJob>> ApplyAsync(Guid id);

    /// <summary>See <see cref="IImportJobsGrain.CancelAsync"/>.</summary>
    Task<Result<ImportJob>> CancelAsync(Guid id);

    /// <summary>See <see cref="IImportJobsGrain.GetAsync"/>.</summary>
    Task<Result<ImportJob>> GetAsync(Guid id, CancellationToken cancellation);

    /// <summary>See <see cref="IImportJobsGrain.ListAsync"/>.</summary>
    Task<Result<Page<ImportJob>>> ListAsync(PageRequest page, CancellationToken cancellation);

    /// <summary>See <see cref="IImportJobsGrain.GetResultsAsync"/>.</summary>
    Task<Result<ImportLines>> GetResultsAsync(Guid id, long from, CancellationToken cancellation);

    /// <summary>Returns a part of a file; null after the last one.</summary>
    Task<byte[]?> ReadPartAsync(Guid id, int part, CancellationToken cancellation);
}

/// <summary>
/// The port to the job that a silo works on. Each write has the lease's fence: it throws when the job is not the silo's any more.
/// </summary>
public interface IImportProgress
{
    /// <summary>Stores what a batch would change, before it changes anything.</summary>
    /// <exception cref="ImportLostException">Another silo has the job, or it was cancelled.</exception>
    Task PlanAsync(long firstRow, IReadOnlyList<RowResult> plan, CancellationToken cancellation);

    /// <summary>Returns the plan of a batch that was begun; null when it was not.</summary>
    Task<IReadOnlyList<RowResult>?> FindPlanAsync(long firstRow, CancellationToken cancellation);

    /// <summary>Stores the results of a batch and the position after it.</summary>
    /// <exception cref="ImportLostException">Another silo has the job, or it was cancelled.</exception>
    Task CommitAsync(long firstRow, long rows, IReadOnlyList<RowResult> results, CancellationToken cancellation);

    /// <summary>Stores the columns that have no meaning.</summary>
    /// <exception cref="ImportLostException">Another silo has the job, or it was cancelled.</exception>
    Task IgnoreColumnsAsync(IReadOnlyList<string> columns, CancellationToken cancellation);
}

/// <summary>Another silo has the job, or it was cancelled.</summary>
public sealed class ImportLostException() : Exception("The job belongs to another silo or was cancelled.");

/// <summary>A file that cannot be read.</summary>
/// <param name="problems">What is wrong.</param>
public sealed class CsvFormatException(params ImmutableArray<ErrorText> problems) : Exception(string.Join(' ', problems))
{
    /// <summary>What is wrong.</summary>
    public ImmutableArray<ErrorText> Problems => problems;
}
