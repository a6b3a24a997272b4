using System.Data.Common;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using SoonShop.Aggregates;

namespace SoonShop.Imports;

/// <summary>
/// One run through a file: its dry run, or its application. It forms batches of whole groups, has them applied, and commits the results of
/// each batch with the position after it. A run that follows a crash skips the committed rows, and begins the batch again that was not.
/// </summary>
public sealed partial class ImportRun(
    ICsvImport kind, IImportProgress progress, ImportContext context, int maxAttempts, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(15);

    private readonly List<ReadRow> batch = [];
    private CsvHeader header = null!;
    private long firstRow;

    /// <summary>Runs through a file.</summary>
    /// <param name="content">The file.</param>
    /// <param name="committed">The rows that an earlier run has committed.</param>
    /// <param name="cancellation">Ends the run; the next one goes on.</param>
    /// <returns>The number of rows.</returns>
    /// <exception cref="CsvFormatException">The file cannot be read. Its rows before that place may be committed.</exception>
    /// <exception cref="ImportLostException">The job is another silo's, or cancelled.</exception>
    public async Task<long> RunAsync(Stream content, long committed, CancellationToken cancellation)
    {
        using var file = await CsvFile.OpenAsync(content, cancellation);
        header = file.Header;
        var check = kind.CheckHeader(header);
        if (check.Problems.Count > 0)
            throw new CsvFormatException([.. check.Problems.Select(p => p.Text)]);
        if (context.DryRun && committed == 0)
            await progress.IgnoreColumnsAsync(check.Ignored, cancellation);
        var (rows, group, groupRows) = (0L, "", 0);
        firstRow = committed;
        while (await file.ReadAsync(cancellation) is { } read)
        {
            var next = kind.GroupOf(read.Row);
            groupRows = next.Length > 0 && next == group ? groupRows + 1 : 1;
            group = next;
            // A group that is too large is wrong as a whole. Its rows need not come in one batch, which must not grow without limit.
            if (groupRows == CsvLimits.MaxGroupRows + 1)
                MarkGroup(groupRows - 1);
            if (++rows <= committed)
                continue;
            if (batch.Count >= CsvLimits.BatchRows && (groupRows == 1 || groupRows > CsvLimits.MaxGroupRows))
                await FlushAsync(cancellation);
            batch.Add(groupRows > CsvLimits.MaxGroupRows ? read with { Problem = TooLarge } : read);
        }
        if (batch.Count > 0)
            await FlushAsync(cancellation);
        return rows;
    }

    private void MarkGroup(int count)
    {
        foreach (ref var row in CollectionsMarshal.AsSpan(batch)[Math.Max(0, batch.Count - count)..])
            row = row with { Problem = TooLarge };
    }

    private async Task FlushAsync(CancellationToken cancellation)
    {
        var good = GoodRows(out var results);
        if (good.Count > 0)
            results.AddRange(context.DryRun ? await ApplyAsync(good, context, cancellation) : await ApplyPlannedAsync(good, cancellation));
        results.Sort((a, b) => a.Line.CompareTo(b.Line));
        CrashPoint.Pass("import.before-commit");
        await progress.CommitAsync(firstRow, firstRow + batch.Count, results, cancellation);
        CrashPoint.Pass("import.committed");
        firstRow += batch.Count;
        batch.Clear();
    }

    /// <summary>
    /// Returns the rows for the kind. A group with a row that cannot be read would be applied in part, so it is not applied.
    /// </summary>
    private List<CsvRow> GoodRows(out List<RowResult> wrong)
    {
        wrong = [];
        var broken = new Dictionary<string, int>();
        foreach (var (row, problem) in batch)
        {
            if (problem is null)
                continue;
            wrong.Add(RowResult.Wrong(row.Line, null, problem));
            if (kind.GroupOf(row) is { Length: > 0 } group)
                broken.TryAdd(group, row.Line);
        }
        var good = new List<CsvRow>(batch.Count);
        foreach (var (row, problem) in batch)
        {
            if (problem is not null)
                continue;
            if (broken.Count > 0 && broken.TryGetValue(kind.GroupOf(row), out var line))
                wrong.Add(RowResult.Wrong(row.Line, null, ErrorText.Of("import.group-wrong", $"Line {line} belongs to it and is wrong.")));
            else
                good.Add(row);
        }
        return good;
    }

    /// <summary>Applies a batch whose changes are written down first, so that what is changed twice is counted as changed.</summary>
    private async Task<IReadOnlyList<RowResult>> ApplyPlannedAsync(List<CsvRow> rows, CancellationToken cancellation)
    {
        var plan = await progress.FindPlanAsync(firstRow, cancellation);
        var isRepeated = plan is not null;
        if (plan is null)
        {
            plan = await ApplyAsync(rows, context with { DryRun = true }, cancellation);
            if (!plan.Any(IsChange))
                return plan;
            await progress.PlanAsync(firstRow, [.. plan.Where(IsChange)], cancellation);
            CrashPoint.Pass("import.planned");
        }
        var (results, attempts) = await TryAsync(rows, context, cancellation);
        if (!isRepeated && attempts == 1)
            return results;
        var planned = plan.Where(IsChange).ToDictionary(r => r.Line);
        return [.. results.Select(r => r.Outcome == RowOutcome.Unchanged && planned.TryGetValue(r.Line, out var known) ? known : r)];
    }

    private static bool IsChange(RowResult result) => result.Outcome is RowOutcome.Created or RowOutcome.Changed;

    private async Task<IReadOnlyList<RowResult>> ApplyAsync(List<CsvRow> rows, ImportContext how, CancellationToken cancellation) =>
        (await TryAsync(rows, how, cancellation)).Results;

    private async Task<(IReadOnlyList<RowResult> Results, int Attempts)> TryAsync(
        List<CsvRow> rows, ImportContext how, CancellationToken cancellation)
    {
        for (var (attempt, pause) = (1, FirstPause); ; attempt++, pause = pause * 2 < MaxPause ? pause * 2 : MaxPause)
        {
            try
            {
                var results = await kind.ApplyAsync(header, rows, how, cancellation);
                return results.Count == rows.Count ? (results, attempt)
                    : throw new InvalidOperationException(
                        $"The import '{kind.Kind}' returned {results.Count} results for {rows.Count} rows.");
            }
            catch (Exception e) when (attempt < maxAttempts && !cancellation.IsCancellationRequested && IsTransient(e))
            {
                LogBusy(log, context.JobId, attempt, e.Message);
                await Task.Delay(pause, time, cancellation);
            }
        }
    }

    private static bool IsTransient(Exception e) =>
        e is UnavailableException or TimeoutException or OrleansException or OperationCanceledException or DbException;

    private static ErrorText TooLarge => ErrorText.Of(
        "import.group-large", $"More than {CsvLimits.MaxGroupRows} rows in a row belong together.");

    [LoggerMessage(Level = LogLevel.Information, Message = "Import {Job} waits for the shop, attempt {Attempt}: {Reason}")]
    private static partial void LogBusy(ILogger log, Guid job, int attempt, string reason);
}
