namespace SoonShop;

/// <summary>Rules for all text from outside.</summary>
public static class Text
{
    /// <summary>
    /// True for clean text on one line that reads as it is written. It must have no line or paragraph separators, and no characters that
    /// change the direction of the following text (Unicode Standard Annex #9) or are invisible in it.
    /// </summary>
    public static bool IsLine(string text) => IsClean(text) && !HasAny(text, c => char.IsControl(c) || IsDeceptive(c));

    /// <summary>
    /// Removes directional marks, embeddings, overrides and isolates, zero-width spaces and byte order marks. People paste these invisible
    /// characters with addresses and phone numbers.
    /// </summary>
    public static string WithoutMarks(string text) => HasAny(text, IsMark) ? string.Concat(text.Where(c => !IsMark(c))) : text;

    /// <summary>Works like LINQ's <c>Any</c>, without an enumerator per text.</summary>
    private static bool HasAny(string text, Func<char, bool> isOne)
    {
        foreach (var c in text)
        {
            if (isOne(c))
                return true;
        }
        return false;
    }

    private static bool IsMark(char c) => c is '\u061C' or '\u200B' or '\u200E' or '\u200F' or '\uFEFF'
        or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    /// <summary>
    /// True for line separators, directional marks, embeddings, overrides and isolates, the byte order mark and other invisible characters.
    /// </summary>
    private static bool IsDeceptive(char c) => IsMark(c)
        || c is '\u2028' or '\u2029' or (>= '\u2060' and <= '\u206F') or (>= '\uFFF9' and <= '\uFFFB');

    /// <summary>
    /// True when <paramref name="text"/> has no control characters other than line breaks and tabs, and no broken surrogate pairs.
    /// PostgreSQL cannot store U+0000, and names do not need the others.
    /// </summary>
    public static bool IsClean(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsControl(c) && c is not ('\n' or '\r' or '\t'))
                return false;
            if (char.IsHighSurrogate(c))
            {
                if (i + 1 == text.Length || !char.IsLowSurrogate(text[++i]))
                    return false;
            }
            else if (char.IsLowSurrogate(c))
                return false;
        }
        return true;
    }
}
