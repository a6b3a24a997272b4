namespace SoonShop;

/// <summary>What any text that comes from outside must keep to.</summary>
public static class Text
{
    /// <summary>
    /// True for clean text on one line that reads as it is written: no line or paragraph separators, and none of the characters that turn the
    /// direction of what follows (Unicode Standard Annex #9) or hide in it.
    /// </summary>
    public static bool IsLine(string text) => IsClean(text) && !HasAny(text, c => char.IsControl(c) || IsDeceptive(c));

    /// <summary>
    /// The text without marks, embeddings, overrides and isolates of direction, zero-width spaces and byte order marks. People paste them
    /// along with addresses and phone numbers, and do not see them.
    /// </summary>
    public static string WithoutMarks(string text) => HasAny(text, IsMark) ? string.Concat(text.Where(c => !IsMark(c))) : text;

    /// <summary>As LINQ's <c>Any</c>, without an enumerator of each text.</summary>
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

    /// <summary>Separators of lines; marks, embeddings, overrides and isolates of direction; the byte order mark and other invisible ones.</summary>
    private static bool IsDeceptive(char c) => IsMark(c)
        || c is '\u2028' or '\u2029' or (>= '\u2060' and <= '\u206F') or (>= '\uFFF9' and <= '\uFFFB');

    /// <summary>
    /// True when <paramref name="text"/> holds no control characters (PostgreSQL cannot store U+0000, and the others
    /// have no business in names) other than line breaks and tabs, and no broken surrogate pairs.
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
