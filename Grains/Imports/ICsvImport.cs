namespace SoonShop.Imports;

/// <summary>
/// What one kind of CSV file means. Register it as a singleton <c>ICsvImport</c>; the import jobs find it by its <see cref="Kind"/>. They
/// read the file, keep the position and the results, and go on after a crash.
/// </summary>
public interface ICsvImport
{
    /// <summary>The kind in the API, a slug such as <c>stock</c>.</summary>
    string Kind { get; }

    /// <summary>
    /// Checks the columns. Called once for each run, before any row. A file whose header has a problem fails with it; no row is read.
    /// </summary>
    CsvHeaderCheck CheckHeader(CsvHeader header);

    /// <summary>
    /// Returns the group of a row, such as its SKU; empty for a row of its own. Consecutive rows of one group come in one batch, compared
    /// by their exact text. Must not throw, also for a row that is wrong.
    /// </summary>
    string GroupOf(CsvRow row);

    /// <summary>
    /// Compares the rows with the shop, and changes it unless <see cref="ImportContext.DryRun"/>. Returns one result for each row, in any
    /// order. A row that the shop refuses is <see cref="RowOutcome.Wrong"/>; it does not end the job.
    /// <para>
    /// Idempotent: after a crash the same rows come again, and the second time must change nothing. A result of a change that the first
    /// time made may then be <see cref="RowOutcome.Unchanged"/>; the job tells what it knows of the first time.
    /// </para>
    /// </summary>
    /// <param name="header">The columns.</param>
    /// <param name="rows">
    /// Rows of complete groups in the order of the file: up to <see cref="CsvLimits.BatchRows"/>, and what is left of the last group. A row
    /// that cannot be read is not among them.
    /// </param>
    /// <param name="context">The job.</param>
    /// <param name="cancellation">Ends the work of a silo that stops, or that lost the job.</param>
    /// <exception cref="UnavailableException">The job tries the same rows again later.</exception>
    Task<IReadOnlyList<RowResult>> ApplyAsync(
        CsvHeader header, IReadOnlyList<CsvRow> rows, ImportContext context, CancellationToken cancellation);
}

/// <summary>The result of the check of a header.</summary>
/// <param name="Problems">What is wrong, each with the column; empty for a good header.</param>
/// <param name="Ignored">The columns that have no meaning, for the dry run to list.</param>
public sealed record CsvHeaderCheck(IReadOnlyList<CsvHeaderProblem> Problems, IReadOnlyList<string> Ignored)
{
    /// <summary>Checks that columns are there once each, and lists those that are not known.</summary>
    /// <param name="header">The columns of the file.</param>
    /// <param name="required">The columns that must be there.</param>
    /// <param name="optional">The other columns that have a meaning.</param>
    public static CsvHeaderCheck Of(CsvHeader header, IReadOnlyCollection<string> required, IReadOnlyCollection<string> optional)
    {
        var known = required.Concat(optional).ToHashSet(StringComparer.OrdinalIgnoreCase);
        List<CsvHeaderProblem> problems =
        [
            .. required.Where(c => !header.Has(c)).Select(
                c => new CsvHeaderProblem(c, ErrorText.Of("import.column-missing", $"The column {c} is missing."))),
            .. header.Columns.GroupBy(c => c, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1 && known.Contains(g.Key)).Select(
                g => new CsvHeaderProblem(g.Key, ErrorText.Of("import.column-twice", $"The column {g.Key} is there more than once."))),
        ];
        return new CsvHeaderCheck(problems, [.. header.Columns.Where(c => c.Length > 0 && !known.Contains(c)).Distinct()]);
    }
}

/// <summary>A problem of a header.</summary>
/// <param name="Column">The column; null for the header as a whole.</param>
/// <param name="Text">What is wrong.</param>
public sealed record CsvHeaderProblem(string? Column, ErrorText Text);

/// <summary>What an import knows of its job.</summary>
/// <param name="JobId">The job. With the line it makes operation ids by which a change happens once.</param>
/// <param name="DryRun">True when nothing may change.</param>
/// <param name="Actor">Who applies the file, as in the audit log. Calls carry it already.</param>
/// <param name="Currency">The shop's currency.</param>
public sealed record ImportContext(Guid JobId, bool DryRun, string Actor, string Currency)
{
    /// <summary>The most calls to grains at the same time, so that checkouts are not slowed down.</summary>
    public int Parallelism { get; init; } = 8;
}

/// <summary>The limits of CSV files.</summary>
public static class CsvLimits
{
    /// <summary>The rows of a batch, apart from what is left of its last group.</summary>
    public const int BatchRows = 500;

    /// <summary>The most rows of a group; all rows of a larger group are wrong.</summary>
    public const int MaxGroupRows = 2_100;

    /// <summary>The most characters of a row; a longer row is wrong.</summary>
    public const int MaxRowLength = 256 * 1024;

    /// <summary>The most columns of a file.</summary>
    public const int MaxColumns = 500;
}
