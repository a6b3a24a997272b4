namespace SoonShop.Imports;

/// <summary>The first row of a file: the names of the columns.</summary>
public sealed class CsvHeader
{
    private readonly Dictionary<string, int> places = new(StringComparer.OrdinalIgnoreCase);

    /// <param name="columns">The names, in the order of the file; trimmed.</param>
    /// <param name="separator">The character between cells.</param>
    public CsvHeader(IReadOnlyList<string> columns, char separator)
    {
        Columns = columns;
        Separator = separator;
        for (var i = 0; i < columns.Count; i++)
            places.TryAdd(columns[i], i);
    }

    /// <summary>The names in the order of the file.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>The character between cells: comma, semicolon or tab.</summary>
    public char Separator { get; }

    /// <summary>True when the file has the column, in any case.</summary>
    public bool Has(string column) => places.ContainsKey(column);

    /// <summary>Returns the place of a column, from 0; -1 when there is none. Of equal names the first one counts.</summary>
    public int IndexOf(string column) => places.TryGetValue(column, out var place) ? place : -1;
}

/// <summary>A row of a file.</summary>
/// <param name="header">The columns.</param>
/// <param name="line">The line in the file on which the row begins, from 1; the header is on line 1.</param>
/// <param name="cells">The cells as they are in the file, without quotes; as many as there are columns.</param>
public sealed class CsvRow(CsvHeader header, int line, string[] cells)
{
    /// <summary>The columns.</summary>
    public CsvHeader Header => header;

    /// <summary>The line in the file on which the row begins, from 1.</summary>
    public int Line => line;

    /// <summary>The cells in the order of the file, without the guard against formulas.</summary>
    public IEnumerable<string> Cells => cells.Select(CsvGuard.Remove);

    /// <summary>
    /// Returns the text in a column, in any case, without the guard against formulas and without blanks around it; null when the file has
    /// no such column, and empty for an empty cell.
    /// </summary>
    public string? this[string column] => header.IndexOf(column) is >= 0 and var i ? CsvGuard.Remove(cells[i].Trim()) : null;

    /// <summary>Returns the text in a column; null when it is empty or when there is no such column.</summary>
    public string? Find(string column) => this[column] is { Length: > 0 } text ? text : null;
}
