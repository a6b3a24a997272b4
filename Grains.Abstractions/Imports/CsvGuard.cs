namespace SoonShop.Imports;

/// <summary>
/// Guards cells that a spreadsheet would run as a formula (OWASP, CSV injection): a quote in front makes a text of them.
/// </summary>
public static class CsvGuard
{
    private const char Guard = '\'';

    /// <summary>
    /// Returns the text for a cell of an export, with a guard where it needs one. Not for numbers, which may begin with a minus.
    /// </summary>
    public static string Add(string text) => IsDangerous(text) ? Guard + text : text;

    /// <summary>Returns the text without the guard. A quote before anything but a formula stays.</summary>
    public static string Remove(string cell) => cell.Length > 0 && cell[0] == Guard && IsDangerous(cell) ? cell[1..] : cell;

    /// <summary>True for a formula, and for one with guards before it: they get one more, so that each text comes back as it was.</summary>
    private static bool IsDangerous(ReadOnlySpan<char> text) => text.TrimStart(Guard) is ['=' or '+' or '-' or '@' or '\t' or '\r', ..];
}
