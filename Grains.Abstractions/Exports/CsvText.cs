using nietras.SeparatedValues;

namespace SoonShop.Exports;

/// <summary>Writes CSV as RFC 4180 says: comma-separated, with quotes where a cell needs them.</summary>
public static class CsvText
{
    /// <summary>Returns rows as text. Each ends with a line end.</summary>
    public static string Write(IEnumerable<IReadOnlyList<string>> rows)
    {
        using var writer = new Sep(',').Writer(o => o with { Escape = true, WriteHeader = false, DisableColCountCheck = true }).ToText();
        foreach (var cells in rows)
        {
            using var row = writer.NewRow();
            for (var i = 0; i < cells.Count; i++)
                row[i].Set(cells[i]);
        }
        return writer.ToString();
    }
}
