using Orleans.Core.Internal;

namespace SoonShop.Imports;

/// <summary>Rows of a batch by stock keeping unit, for kinds whose rows each have a column <c>SKU</c>.</summary>
public static class SkuRows
{
    /// <summary>The column.</summary>
    public const string Column = "SKU";

    /// <summary>Returns the group of a row.</summary>
    public static string GroupOf(CsvRow row) => Sku.TryNormalize(row[Column], out var sku) ? sku : "";

    /// <summary>Returns the stock keeping units of rows.</summary>
    public static HashSet<string> SkusOf(IEnumerable<CsvRow> rows) => [.. rows.Select(GroupOf).Where(s => s.Length > 0)];

    /// <summary>Returns the error of rows whose product does not exist.</summary>
    public static IEnumerable<RowResult> NoProduct(IEnumerable<CsvRow> rows, string sku) =>
        All(rows, Column, ErrorText.Of("not-found.product", $"The product {sku} was not found."));

    /// <summary>
    /// Lets a grain go that an import has changed. Few of a million are called again soon, and all of them would fill the memory.
    /// </summary>
    public static async Task ReleaseAsync(IAddressable grain) => await grain.Cast<IGrainManagementExtension>().DeactivateOnIdle();

    /// <summary>
    /// Applies the rows of each stock keeping unit in their order, of several units in parallel. A row without one is wrong.
    /// </summary>
    public static async Task<IReadOnlyList<RowResult>> ApplyAsync(
        IReadOnlyList<CsvRow> rows, ImportContext context, Func<string, IReadOnlyList<CsvRow>, Task<IEnumerable<RowResult>>> apply,
        CancellationToken cancellation)
    {
        var results = new List<RowResult>(rows.Count);
        var bySku = new Dictionary<string, List<CsvRow>>();
        foreach (var row in rows)
        {
            if (GroupOf(row) is not { Length: > 0 } sku)
            {
                results.Add(RowResult.Wrong(row.Line, Column, ErrorText.Of(
                    "import.sku", $"must be 1–{Sku.MaxLength} letters, digits, points, hyphens and underscores")));
                continue;
            }
            if (!bySku.TryGetValue(sku, out var same))
                bySku[sku] = same = [];
            same.Add(row);
        }
        results.AddRange(await RowGroups.ApplyAsync(bySku, context, unit => apply(unit.Key, unit.Value), cancellation));
        return results;
    }

    /// <summary>Returns the same error for each row.</summary>
    public static IEnumerable<RowResult> All(IEnumerable<CsvRow> rows, string? column, ErrorText text) =>
        rows.Select(r => RowResult.Wrong(r.Line, column, text));

    /// <summary>Returns the first text of an error: of its fields, where it names some.</summary>
    public static ErrorText TextOf(Error error) =>
        !error.FieldErrors.IsDefaultOrEmpty && error.FieldErrors[0] is { Texts: [var first, ..] } field
            ? ErrorText.Of("import.field", $"Field {field.Field} {first}")
            : error.Text ?? ErrorText.Untranslated(error.Detail);
}
