namespace SoonShop.Imports;

/// <summary>Rows that belong together, such as those of one stock keeping unit or of one product.</summary>
internal static class RowGroups
{
    /// <summary>Applies groups of rows, several of them in parallel. Returns their results in any order.</summary>
    public static async Task<List<RowResult>> ApplyAsync<TGroup>(
        IEnumerable<TGroup> groups, ImportContext context, Func<TGroup, Task<IEnumerable<RowResult>>> apply, CancellationToken cancellation)
    {
        var results = new List<RowResult>();
        await Parallel.ForEachAsync(
            groups,
            new ParallelOptions { MaxDegreeOfParallelism = context.Parallelism, CancellationToken = cancellation },
            async (group, _) =>
            {
                var some = await apply(group);
                lock (results)
                    results.AddRange(some);
            });
        return results;
    }

    /// <summary>Returns the results of a group with wrong rows: nothing of it is applied, so all its other rows are wrong, too.</summary>
    public static IEnumerable<RowResult> Refuse(IEnumerable<CsvRow> rows, IReadOnlyList<RowResult> wrong) =>
    [
        .. wrong,
        .. rows.ExceptBy(wrong.Select(w => w.Line), r => r.Line).Select(r => RowResult.Wrong(
            r.Line, null, ErrorText.Of("import.group-wrong", $"Line {wrong[0].Line} belongs to it and is wrong."))),
    ];
}
