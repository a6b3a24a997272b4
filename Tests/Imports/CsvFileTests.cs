using System.Text;
using SoonShop.Exports;
using SoonShop.Imports;

namespace SoonShop.Tests.Imports;

/// <summary>Files as spreadsheets and shops write them, and files that are none.</summary>
public sealed class CsvFileTests
{
    [Theory]
    [InlineData("SKU,On hand\nA,1\n", ',')]
    [InlineData("SKU;On hand\nA;1\n", ';')]
    [InlineData("SKU\tOn hand\nA\t1\n", '\t')]
    [InlineData("\"SKU, or number\";On hand\nA;1", ';')]
    [InlineData("SKU\nA", ',')]
    public async Task the_header_tells_the_separator(string text, char separator)
    {
        var (header, rows) = await ReadAsync(text);
        Assert.Equal(separator, header.Separator);
        Assert.Equal("A", Assert.Single(rows).Row.Cells.First());
    }

    [Fact]
    public async Task quotes_line_ends_and_line_numbers_are_read_as_they_are_written()
    {
        var (_, rows) = await ReadAsync("Sku,Text\r\nA,\"one\r\ntwo \"\"three\"\", four\"\r\n\r\nB,5\" tall\" \n ,\nC,last");
        Assert.Equal(
            [(2, "A", "one\r\ntwo \"three\", four"), (5, "B", "5\" tall\""), (7, "C", "last")],
            rows.Select(r => (r.Row.Line, r.Row["SKU"]!, r.Row["text"]!)));
        Assert.All(rows, r => Assert.Null(r.Problem));
    }

    [Fact]
    public async Task old_line_ends_count_as_lines()
    {
        var (_, rows) = await ReadAsync("a,b\r1,2\r\r3,4");
        Assert.Equal([2, 4], rows.Select(r => r.Row.Line));
    }

    public static TheoryData<string> Encodings => ["utf-8", "utf-8-bom", "utf-16", "utf-16BE"];

    [Theory, MemberData(nameof(Encodings))]
    public async Task encodings_are_recognized(string name)
    {
        Encoding encoding = name switch
        {
            "utf-8" => new UTF8Encoding(false),
            "utf-8-bom" => new UTF8Encoding(true),
            "utf-16" => Encoding.Unicode,
            _ => Encoding.BigEndianUnicode,
        };
        var (header, rows) = await ReadAsync([.. encoding.GetPreamble(), .. encoding.GetBytes("Größe,名\nä,茶\n")]);
        Assert.Equal(["Größe", "名"], header.Columns);
        Assert.Equal(["ä", "茶"], Assert.Single(rows).Row.Cells);
    }

    [Fact]
    public async Task what_is_no_text_is_refused_with_the_reason()
    {
        Assert.Equal("import.not-utf8", await KeyAsync([.. Encoding.Latin1.GetBytes("Größe\nä\n")]));
        Assert.Equal("import.not-utf8", await KeyAsync([.. "Size\n"u8, .. Encoding.Latin1.GetBytes("ä\n")]));
        Assert.Equal("import.binary", await KeyAsync([0x50, 0x4B, 3, 4, 0, 0, 8, 0]));
        Assert.Equal("import.empty", await KeyAsync([]));
        Assert.Equal("import.empty", await KeyAsync([.. "\r\n ,, \n"u8]));
        Assert.Equal("import.header-long", await KeyAsync([.. Enumerable.Repeat((byte)'x', CsvLimits.MaxRowLength + 1), (byte)'\n']));
    }

    [Fact]
    public async Task a_row_with_other_cells_than_the_header_is_wrong()
    {
        var (_, rows) = await ReadAsync("a,b\n1\n1,2,3\n1,2,,\n1,2\n");
        Assert.Equal(["import.row-cells", "import.row-cells", null, null], rows.Select(r => r.Problem?.Key));
        Assert.All(rows, r => Assert.Equal("1", r.Row["a"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"")]
    [InlineData("\"\n\r\n")]
    public async Task a_row_of_ten_megabytes_is_wrong_and_the_rest_is_read(string quoted)
    {
        var huge = quoted.Length > 0 ? $"\"{quoted[1..]}{new string('x', 10_000_000)}\"" : new string('x', 10_000_000);
        var (_, rows) = await ReadAsync($"a,b\n1,{huge}\n2,y\n3,\"z\"\n");
        Assert.Equal(["import.row-long", null, null], rows.Select(r => r.Problem?.Key));
        var lines = quoted.Count(c => c == '\n');
        Assert.Equal([2, 3 + lines, 4 + lines], rows.Select(r => r.Row.Line));
        Assert.Equal(["1", "2", "3"], rows.Select(r => r.Row["a"]!));
    }

    [Fact]
    public async Task a_quote_that_is_not_closed_makes_the_rest_wrong_and_not_large()
    {
        var (_, rows) = await ReadAsync($"a,b\n1,\"open\n{string.Concat(Enumerable.Repeat("2,x\n", 500_000))}");
        Assert.Equal((2, "import.row-long"), (Assert.Single(rows).Row.Line, rows[0].Problem?.Key));
    }

    [Theory]
    [InlineData("=1+1")]
    [InlineData("+1")]
    [InlineData("-x")]
    [InlineData("@x")]
    [InlineData("\tx")]
    [InlineData("\rx")]
    [InlineData("'=1")]
    [InlineData("''=1")]
    public void formulas_are_guarded_and_come_back(string text)
    {
        Assert.Equal("'" + text, CsvGuard.Add(text));
        Assert.Equal(text, CsvGuard.Remove(CsvGuard.Add(text)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("'")]
    [InlineData("'x")]
    [InlineData("x=1")]
    [InlineData("'tis")]
    public void other_texts_stay(string text)
    {
        Assert.Equal(text, CsvGuard.Add(text));
        Assert.Equal(text, CsvGuard.Remove(text));
    }

    [Fact]
    public async Task what_is_written_is_read_the_same()
    {
        string[][] rows = [["a", "b"], ["x,y", "say \"hi\""], ["line\nbreak", "; and\ttab"]];
        var (header, read) = await ReadAsync(CsvText.Write(rows));
        Assert.Equal(rows[0], header.Columns);
        Assert.Equal(rows[1..], read.Select(r => r.Row.Cells.ToArray()));
    }

    private static Task<(CsvHeader Header, List<ReadRow> Rows)> ReadAsync(string text) => ReadAsync(Encoding.UTF8.GetBytes(text));

    private static async Task<(CsvHeader Header, List<ReadRow> Rows)> ReadAsync(byte[] content)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var file = await CsvFile.OpenAsync(new MemoryStream(content), cancellation);
        var rows = new List<ReadRow>();
        while (await file.ReadAsync(cancellation) is { } row)
            rows.Add(row);
        return (file.Header, rows);
    }

    private static async Task<string?> KeyAsync(byte[] content) =>
        Assert.Single((await Assert.ThrowsAsync<CsvFormatException>(() => ReadAsync(content))).Problems).Key;
}
