using SoonShop.Catalog;
using SoonShop.Inventory;

namespace SoonShop.Imports;

/// <summary>
/// Stock: <c>SKU</c>, and <c>On hand</c> (the units counted) or <c>Delta</c> (units more or fewer), with <c>Location</c>, <c>Reason</c>,
/// <c>Reference</c> and <c>Low stock threshold</c>. Each row is a movement with an operation id of job and line, so that it happens once.
/// </summary>
public sealed class StockImport(IGrainFactory grains, IImportStates states, StockLocations locations) : ICsvImport
{
    public const string AtLocation = "Location";
    public const string OnHand = "On hand";
    public const string Delta = "Delta";
    public const string Reason = "Reason";
    public const string Reference = "Reference";
    public const string Threshold = "Low stock threshold";

    private const int MaxTextLength = 100;
    private const string DefaultReason = "import";

    /// <summary>How often a count is compared with the stock anew because the stock moved meanwhile.</summary>
    private const int MaxComparisons = 20;

    public string Kind => "stock";

    public CsvHeaderCheck CheckHeader(CsvHeader header)
    {
        var check = CsvHeaderCheck.Of(header, [SkuRows.Column], [AtLocation, OnHand, Delta, Reason, Reference, Threshold]);
        return header.Has(OnHand) || header.Has(Delta) || header.Has(Threshold) ? check
            : check with
            {
                Problems = [.. check.Problems, new CsvHeaderProblem(null, ErrorText.Of(
                    "import.stock-columns", "One of the columns On hand, Delta and Low stock threshold must be there."))],
            };
    }

    public string GroupOf(CsvRow row) => SkuRows.GroupOf(row);

    public async Task<IReadOnlyList<RowResult>> ApplyAsync(
        CsvHeader header, IReadOnlyList<CsvRow> rows, ImportContext context, CancellationToken cancellation)
    {
        var levels = await states.FindStockAsync(SkuRows.SkusOf(rows), cancellation);
        string[] keys =
            [.. rows.Where(r => SkuRows.GroupOf(r).Length > 0).Select(KeyOf).Where(k => !k.IsDefault).Select(k => k.ToString())];
        var elsewhere = keys.Length == 0
            ? ImmutableDictionary<string, StockLevel>.Empty
            : await states.FindStockElsewhereAsync(keys, cancellation);
        return await SkuRows.ApplyAsync(
            rows, context,
            async (sku, some) => levels.TryGetValue(sku, out var level)
                ? await ApplyEachAsync(level, elsewhere, some, context)
                : SkuRows.NoProduct(some, sku),
            cancellation);
    }

    private static StockKey KeyOf(CsvRow row) =>
        new(SkuRows.GroupOf(row), row.Find(AtLocation)?.Trim() is { Length: > 0 } location ? location : Location.DefaultId);

    private async Task<IEnumerable<RowResult>> ApplyEachAsync(
        StockLevel main, IReadOnlyDictionary<string, StockLevel> elsewhere, IReadOnlyList<CsvRow> rows, ImportContext context)
    {
        var results = new List<RowResult>(rows.Count);
        foreach (var some in rows.GroupBy(KeyOf))
        {
            if (some.Key.IsDefault)
                results.AddRange(await ApplyAsync(main, [.. some], context));
            else if (!elsewhere.ContainsKey(some.Key.ToString()) && !await locations.ExistsAsync(some.Key.Location))
                results.AddRange(SkuRows.All(some, AtLocation, StockLines.Unknown));
            else
                results.AddRange(await ApplyAsync(
                    elsewhere.GetValueOrDefault(some.Key.ToString()) ?? StockState.Empty.ToView(some.Key, 0), [.. some], context));
        }
        return results;
    }

    private async Task<IEnumerable<RowResult>> ApplyAsync(StockLevel level, IReadOnlyList<CsvRow> rows, ImportContext context)
    {
        var (first, item) = (level, grains.GetGrain<IInventoryItemGrain>(
            new StockKey(level.Sku, level.Location ?? Location.DefaultId).GrainKey));
        var results = new List<RowResult>(rows.Count);
        foreach (var row in rows)
        {
            if (StockRow.Read(row, out var wrong) is not { } wanted)
            {
                results.Add(wrong!);
                continue;
            }
            var before = level;
            (level, var error) = context.DryRun
                ? Check(level, wanted)
                : await ApplyAsync(item, level, wanted, $"import/{context.JobId:N}/{row.Line}", context);
            results.Add(error is not null
                ? RowResult.Wrong(row.Line, wanted.OnHand is null ? Delta : OnHand, SkuRows.TextOf(error))
                : Compare(row.Line, before, level));
        }
        if (level.Version != first.Version)
        {
            await SkuRows.ReleaseAsync(item);
            // The first movement of an item asks its product whether it exists.
            if (first.Version == 0)
                await SkuRows.ReleaseAsync(grains.GetGrain<IProductGrain>(Sku.GrainKey(level.Sku)));
        }
        return results;
    }

    private static (StockLevel Level, Error? Error) Check(StockLevel level, StockRow row)
    {
        if (row.DeltaTo(level) is var delta and not 0)
        {
            var decision = new StockState(level.OnHand, level.Reserved, level.LowStockThreshold, 0).Adjust(delta, DefaultReason, null);
            if (decision.Error is { } error)
                return (level, error);
            level = level with { OnHand = level.OnHand + delta, Available = level.Available + delta };
        }
        return (level with { LowStockThreshold = row.Threshold ?? level.LowStockThreshold }, null);
    }

    private static async Task<(StockLevel Level, Error? Error)> ApplyAsync(
        IInventoryItemGrain item, StockLevel level, StockRow row, string operationId, ImportContext context)
    {
        for (var comparison = 1; row.DeltaTo(level) is var delta and not 0; comparison++)
        {
            var adjusted = await item.AdjustAsync(new AdjustStock(
                operationId, delta, row.Reason ?? DefaultReason, row.Reference ?? $"import {context.JobId}",
                // What was counted is compared with the stock as it is at that moment.
                row.OnHand is null ? null : level.Version));
            if (!adjusted.IsError)
            {
                level = adjusted.Value;
                break;
            }
            if (adjusted.Error.Code != ErrorCode.PreconditionFailed)
                return (level, adjusted.Error);
            if (comparison == MaxComparisons)
                throw new UnavailableException(ErrorText.Of("import.stock-moves", $"The stock of {level.Sku} moves too fast to be set."));
            var read = await item.GetAsync();
            if (read.IsError)
                return (level, read.Error);
            level = read.Value;
        }
        if (row.Threshold is { } threshold && threshold != level.LowStockThreshold)
        {
            var set = await item.SetLowStockThresholdAsync(threshold, null);
            if (set.IsError)
                return (level, set.Error);
            level = set.Value;
        }
        return (level, null);
    }

    private static RowResult Compare(int line, StockLevel before, StockLevel after)
    {
        var onHand = before.OnHand == after.OnHand ? null : $"on hand {before.OnHand} -> {after.OnHand}";
        var threshold = before.LowStockThreshold == after.LowStockThreshold ? null
            : $"low stock threshold {before.LowStockThreshold} -> {after.LowStockThreshold}";
        return onHand is null && threshold is null ? RowResult.Unchanged(line)
            : RowResult.Changed(line, string.Join(", ", new[] { onHand, threshold }.OfType<string>()));
    }

    /// <summary>What a row says.</summary>
    private sealed record StockRow(int? OnHand, int? Delta, string? Reason, string? Reference, int? Threshold)
    {
        public int DeltaTo(StockLevel level) => OnHand is { } counted ? counted - level.OnHand : Delta ?? 0;

        public static StockRow? Read(CsvRow row, out RowResult? wrong)
        {
            RowResult? problem = null;
            int? Whole(string column, int min)
            {
                if (row.Find(column) is not { } text)
                    return null;
                if (CsvNumber.ReadWhole(text, min, AdjustStock.MaxUnits, out var number) is { } error)
                    problem ??= RowResult.Wrong(row.Line, column, error);
                return number;
            }
            string? Line(string column)
            {
                var text = row.Find(column);
                if (text is not null && (text.Length > MaxTextLength || !Text.IsLine(text)))
                {
                    problem ??= RowResult.Wrong(
                        row.Line, column, ErrorText.Of("field.line-length", $"must be 1–{MaxTextLength} characters on one line"));
                }
                return text;
            }
            var read = new StockRow(
                Whole(StockImport.OnHand, 0), Whole(StockImport.Delta, -AdjustStock.MaxUnits), Line(StockImport.Reason),
                Line(StockImport.Reference), Whole(StockImport.Threshold, 0));
            if (read is { OnHand: not null, Delta: not null })
                problem ??= RowResult.Wrong(row.Line, StockImport.Delta, ErrorText.Of("import.stock-both", "must be empty beside On hand"));
            wrong = problem;
            return problem is null ? read : null;
        }
    }
}
