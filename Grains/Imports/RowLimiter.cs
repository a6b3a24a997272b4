namespace SoonShop.Imports;

/// <summary>
/// Passes the text of a CSV file on, and cuts rows that are longer than <see cref="CsvLimits.MaxRowLength"/>: the parser buffers a whole
/// row, and a row without a closing quote has no end. A quote opens or closes a quoted part wherever it stands, as it does for the parser.
/// </summary>
internal sealed class RowLimiter(TextReader source) : TextReader
{
    private readonly Queue<CutRow> cut = new();
    private readonly char[] chunk = new char[32 * 1024];
    private int position, filled;
    private bool isQuoted, afterReturn, isCutting;
    private long row, droppedLines;
    private int length;

    /// <summary>A row that was cut.</summary>
    /// <param name="Row">Its place among all rows, from 0.</param>
    /// <param name="DroppedLines">The line ends that were dropped with its text.</param>
    public readonly record struct CutRow(long Row, long DroppedLines);

    /// <summary>Returns whether a row was cut, once, and how many of its line ends are missing.</summary>
    public bool TryTakeCut(long number, out long lines)
    {
        lines = 0;
        if (!cut.TryPeek(out var first) || first.Row != number)
            return false;
        lines = cut.Dequeue().DroppedLines;
        return true;
    }

    /// <summary>
    /// Returns the separator of the header: of comma, semicolon and tab the most frequent one outside quotes. Call it before reading.
    /// </summary>
    public async Task<char> DetectSeparatorAsync(CancellationToken cancellation)
    {
        filled = await source.ReadBlockAsync(chunk, cancellation);
        var (commas, semicolons, tabs, quoted) = (0, 0, 0, false);
        foreach (var c in chunk.AsSpan(0, filled))
        {
            if (c == '"')
                quoted = !quoted;
            if (quoted)
                continue;
            if (c is '\n' or '\r' && commas + semicolons + tabs > 0)
                break;
            commas += c == ',' ? 1 : 0;
            semicolons += c == ';' ? 1 : 0;
            tabs += c == '\t' ? 1 : 0;
        }
        return tabs > commas && tabs > semicolons ? '\t' : semicolons > commas ? ';' : ',';
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            if (position == filled)
            {
                (position, filled) = (0, await source.ReadAsync(chunk, cancellationToken));
                if (filled == 0)
                {
                    if (isCutting)
                        EndCut();
                    return 0;
                }
            }
            var taken = Math.Min(filled - position, buffer.Length);
            var written = Pass(chunk.AsSpan(position, taken), buffer.Span);
            position += taken;
            if (written > 0)
                return written;
        }
        return 0;
    }

    /// <inheritdoc/>
    public override int Read(char[] buffer, int index, int count) =>
        throw new NotSupportedException("The parser reads asynchronously.");

    /// <summary>Never writes more than it reads.</summary>
    private int Pass(ReadOnlySpan<char> text, Span<char> into)
    {
        var written = 0;
        foreach (var c in text)
        {
            if (c == '\0')
                throw new CsvFormatException(ErrorText.Of("import.binary", "The file is not text. Send CSV in UTF-8."));
            var (isLineEnd, isSecondHalf) = (c is '\n' or '\r', c == '\n' && afterReturn);
            afterReturn = c == '\r';
            if (c == '"')
                isQuoted = !isQuoted;
            if (isLineEnd && !isQuoted)
            {
                if (!isSecondHalf)
                {
                    if (isCutting)
                        EndCut();
                    row++;
                    length = 0;
                }
                into[written++] = c;
                continue;
            }
            if (isCutting)
            {
                if (isLineEnd && !isSecondHalf)
                    droppedLines++;
                continue;
            }
            if (++length <= CsvLimits.MaxRowLength)
            {
                into[written++] = c;
                continue;
            }
            isCutting = true;
            droppedLines = isLineEnd ? 1 : 0;
            // Closes what was quoted before this character. The parser would else read on to the next quote.
            if (isQuoted != (c == '"'))
                into[written++] = '"';
        }
        return written;
    }

    private void EndCut()
    {
        cut.Enqueue(new CutRow(row, droppedLines));
        isCutting = false;
    }
}
