namespace SoonShop.Imports;

/// <summary>What became of a row, or would become of it.</summary>
/// <param name="Line">The line of the row: <see cref="CsvRow.Line"/>.</param>
/// <param name="Outcome">The outcome.</param>
/// <param name="Column">The column that is wrong; null when it is the row as a whole.</param>
/// <param name="Text">
/// What is wrong; of a changed row a short difference, such as <c>price 19.99 -> 17.99</c>, as an untranslated text.
/// </param>
public sealed record RowResult(int Line, RowOutcome Outcome, string? Column = null, ErrorText? Text = null)
{
    /// <summary>A row that makes something new.</summary>
    public static RowResult Created(int line, string? difference = null) => new(line, RowOutcome.Created, null, Words(difference));

    /// <summary>A row that changes something.</summary>
    /// <param name="line">The line.</param>
    /// <param name="difference">What differs, such as <c>on hand 5 -> 8</c>.</param>
    public static RowResult Changed(int line, string? difference = null) => new(line, RowOutcome.Changed, null, Words(difference));

    /// <summary>A row that the shop has already.</summary>
    public static RowResult Unchanged(int line) => new(line, RowOutcome.Unchanged);

    /// <summary>A row that cannot be applied.</summary>
    public static RowResult Wrong(int line, string? column, ErrorText text) => new(line, RowOutcome.Wrong, column, text);

    private static ErrorText? Words(string? difference) => difference is null ? null : ErrorText.Untranslated(difference);
}
