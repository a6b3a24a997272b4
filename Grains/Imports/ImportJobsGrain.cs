using Orleans.Concurrency;

namespace SoonShop.Imports;

// One activation per silo, so that a cancellation finds its call. Callers distribute their calls over several keys.
[StatelessWorker(1), Reentrant]
internal sealed class ImportJobsGrain(IImportStore store, IEnumerable<ICsvImport> kinds) : Grain, IImportJobsGrain
{
    private readonly ImmutableArray<string> kinds = [.. kinds.Select(k => k.Kind).Order(StringComparer.Ordinal)];

    async Task<Result<ImportJob>> IImportJobsGrain.CreateAsync(Guid id, string kind) => kinds.Contains(kind)
        ? await store.CreateAsync(id, kind)
        : Error.Invalid("kind", "import.kind", $"must be one of {string.Join(", ", kinds)}");

    Task<Result<Done>> IImportJobsGrain.AppendAsync(Guid id, int part, byte[] content)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(part);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(content.Length, IImportJobsGrain.MaxPartBytes);
        return store.AppendAsync(id, part, content);
    }

    Task<Result<ImportJob>> IImportJobsGrain.CompleteAsync(Guid id, int parts, long bytes, string digest) =>
        store.CompleteAsync(id, parts, bytes, digest);

    Task<Result<ImportJob>> IImportJobsGrain.ApplyAsync(Guid id) => store.ApplyAsync(id);

    Task<Result<ImportJob>> IImportJobsGrain.CancelAsync(Guid id) => store.CancelAsync(id);

    Task<Result<ImportJob>> IImportJobsGrain.GetAsync(Guid id, CancellationToken cancellation) => store.GetAsync(id, cancellation);

    Task<Result<Page<ImportJob>>> IImportJobsGrain.ListAsync(PageRequest page, CancellationToken cancellation) =>
        store.ListAsync(page, cancellation);

    Task<Result<ImportLines>> IImportJobsGrain.GetResultsAsync(Guid id, long from, CancellationToken cancellation) =>
        store.GetResultsAsync(id, from, cancellation);
}
