using System.Text;
using SoonShop.Imports;

namespace SoonShop.Tests.Imports;

/// <summary>Reads CSV files as imports do.</summary>
internal static class Csv
{
    public static async Task<CsvHeader> HeaderAsync(string text)
    {
        using var file = await CsvFile.OpenAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), TestContext.Current.CancellationToken);
        return file.Header;
    }

    public static async Task<List<CsvRow>> RowsAsync(string text)
    {
        using var file = await CsvFile.OpenAsync(new MemoryStream(Encoding.UTF8.GetBytes(text)), TestContext.Current.CancellationToken);
        var rows = new List<CsvRow>();
        while (await file.ReadAsync(TestContext.Current.CancellationToken) is { } read)
            rows.Add(read.Row);
        return rows;
    }
}
