using System.Text;
using nietras.SeparatedValues;

namespace SoonShop.Imports;

/// <summary>
/// Reads a CSV file row by row, in constant memory: UTF-8 with or without a byte order mark, or UTF-16 with one; separated by comma,
/// semicolon or tab; quoted as RFC 4180 says; with any line ends. Empty rows are skipped.
/// </summary>
internal sealed class CsvFile : IDisposable
{
    /// <summary>The parser's first buffer, in characters.</summary>
    private const int BufferLength = 64 * 1024;

    private readonly RowLimiter text;
    private readonly SepReader reader;
    private long rows;
    private long droppedLines;

    private CsvFile(RowLimiter text, SepReader reader, CsvHeader header) => (this.text, this.reader, Header) = (text, reader, header);

    /// <summary>The columns.</summary>
    public CsvHeader Header { get; }

    /// <summary>Opens a file and reads its header.</summary>
    /// <exception cref="CsvFormatException">It has no header, or is no text.</exception>
    public static async Task<CsvFile> OpenAsync(Stream content, CancellationToken cancellation)
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        var text = new RowLimiter(new StreamReader(content, utf8, detectEncodingFromByteOrderMarks: true));
        try
        {
            var separator = await text.DetectSeparatorAsync(cancellation);
            var reader = await new Sep(separator).Reader(o => o with
            {
                HasHeader = false,
                Unescape = true,
                DisableColCountCheck = true,
                InitialBufferLength = BufferLength,
            }).FromAsync(text, cancellation);
            for (var row = 0L; await reader.MoveNextAsync(cancellation); row++)
            {
                var cells = Cells(reader);
                if (text.TryTakeCut(row, out _) || cells.Length > CsvLimits.MaxColumns)
                {
                    throw new CsvFormatException(ErrorText.Of(
                        "import.header-long", $"The header is too long: at most {CsvLimits.MaxColumns} columns."));
                }
                if (IsEmpty(cells))
                    continue;
                var last = Array.FindLastIndex(cells, c => c.Trim().Length > 0);
                string[] columns = [.. cells.Take(last + 1).Select(c => CsvGuard.Remove(c.Trim()))];
                return new CsvFile(text, reader, new CsvHeader(columns, separator)) { rows = row + 1 };
            }
        }
        catch (DecoderFallbackException)
        {
            throw NotUtf8;
        }
        throw new CsvFormatException(ErrorText.Of("import.empty", "The file is empty. Its first line must be the header."));
    }

    /// <summary>Reads the next row; null at the end.</summary>
    /// <exception cref="CsvFormatException">The rest is no text.</exception>
    public async ValueTask<ReadRow?> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            while (await reader.MoveNextAsync(cancellation))
            {
                var line = checked((int)(Line(reader) + droppedLines));
                var cells = Cells(reader);
                var isCut = text.TryTakeCut(rows++, out var dropped);
                droppedLines += dropped;
                if (IsEmpty(cells))
                    continue;
                var columns = Header.Columns.Count;
                var problem = isCut
                    ? ErrorText.Of("import.row-long", $"The row is longer than {CsvLimits.MaxRowLength} characters. Is a quote not closed?")
                    : cells.Length < columns || !IsEmpty(cells.AsSpan(columns))
                        ? ErrorText.Of("import.row-cells", $"The row has {cells.Length} cells; the header has {columns}.")
                    : null;
                if (cells.Length != columns)
                    cells = [.. cells.Take(columns), .. Enumerable.Repeat("", Math.Max(0, columns - cells.Length))];
                return new ReadRow(new CsvRow(Header, line, cells), problem);
            }
            return null;
        }
        catch (DecoderFallbackException)
        {
            throw NotUtf8;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        reader.Dispose();
        text.Dispose();
    }

    private static long Line(SepReader reader) => reader.Current.LineNumberFrom;

    private static string[] Cells(SepReader reader)
    {
        var row = reader.Current;
        var cells = new string[Math.Min(row.ColCount, CsvLimits.MaxColumns + 1)];
        for (var i = 0; i < cells.Length; i++)
            cells[i] = row[i].ToString();
        return cells;
    }

    private static bool IsEmpty(ReadOnlySpan<string> cells)
    {
        foreach (var cell in cells)
        {
            if (!string.IsNullOrWhiteSpace(cell))
                return false;
        }
        return true;
    }

    private static CsvFormatException NotUtf8 => new(
        ErrorText.Of("import.not-utf8", "The file is not UTF-8. Save it as CSV in UTF-8, or as Unicode text."));
}

/// <summary>A row as it was read.</summary>
/// <param name="Row">The row; with a problem, its cells are not complete.</param>
/// <param name="Problem">Why it cannot be read; null for a good row.</param>
internal readonly record struct ReadRow(CsvRow Row, ErrorText? Problem);
