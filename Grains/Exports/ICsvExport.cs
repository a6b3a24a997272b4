namespace SoonShop.Exports;

/// <summary>What one kind of export has. Register it as a singleton <c>ICsvExport</c>; exports find it by its <see cref="Kind"/>.</summary>
public interface ICsvExport
{
    /// <summary>The kind in the API, a slug such as <c>stock</c>.</summary>
    string Kind { get; }

    /// <summary>The header. What can be imported has the columns of the import.</summary>
    IReadOnlyList<string> Columns { get; }

    /// <summary>True for personal data: each export is recorded in the audit log.</summary>
    bool IsPersonal { get; }

    /// <summary>Reads some rows in a stable order.</summary>
    /// <param name="query">What to export.</param>
    /// <param name="after">Null, or <see cref="ExportRows.Next"/> of the rows before.</param>
    /// <param name="cancellation">Ends the query.</param>
    Task<Result<ExportRows>> ReadAsync(ExportQuery query, string? after, CancellationToken cancellation);
}

/// <summary>Some rows of an export.</summary>
/// <param name="Rows">
/// A cell for each column. Texts have a guard against formulas: <see cref="Imports.CsvGuard.Add"/>. Numbers have none.
/// </param>
/// <param name="Next">Where the next rows begin; null at the end.</param>
public sealed record ExportRows(IReadOnlyList<string[]> Rows, string? Next)
{
    /// <summary>
    /// The header of an export whose columns depend on the data, with the first rows. Null for <see cref="ICsvExport.Columns"/>.
    /// </summary>
    public IReadOnlyList<string>? Header { get; init; }
}
