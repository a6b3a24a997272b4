using SoonShop.ApiFrontend.Localization;
using SoonShop.Imports;

namespace SoonShop.ApiFrontend.Imports;

/// <summary>The import of one file.</summary>
/// <param name="Id">The id of the job.</param>
/// <param name="Kind">What the file has.</param>
/// <param name="Status">The status.</param>
/// <param name="CreatedAt">When the upload began.</param>
/// <param name="CreatedBy">Who uploaded it, as in the audit log.</param>
/// <param name="FileBytes">The size of the file in bytes, uncompressed.</param>
/// <param name="TotalRows">The rows of the file, without the header; null until the dry run is complete.</param>
/// <param name="Rows">The rows that the dry run has checked, or that have been applied since.</param>
/// <param name="Counts">The rows by outcome: of the dry run or, once the file is applied, of that.</param>
/// <param name="IgnoredColumns">Columns of the file that have no meaning.</param>
/// <param name="Problems">Why it failed.</param>
/// <param name="AppliedBy">Who applied it; null while nobody has.</param>
/// <param name="AppliedAt">When it was to be applied.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="DeleteAt">When the file and its results are deleted.</param>
internal sealed record ImportJobResponse(
    Guid Id, string Kind, ImportStatus Status, DateTimeOffset CreatedAt, string CreatedBy, long FileBytes, long? TotalRows, long Rows,
    ImportCounts Counts, ImmutableArray<string> IgnoredColumns, ImmutableArray<string> Problems, string? AppliedBy,
    DateTimeOffset? AppliedAt, DateTimeOffset? EndedAt, DateTimeOffset DeleteAt)
{
    public static ImportJobResponse Of(ImportJob job, Messages language) => new(
        job.Id, job.Kind, job.Status, job.CreatedAt, job.CreatedBy, job.FileBytes, job.TotalRows, job.Rows, job.Counts, job.IgnoredColumns,
        [.. job.Problems.Select(p => language.Text(p))], job.AppliedBy, job.AppliedAt, job.EndedAt, job.DeleteAt);
}
