namespace SoonShop;

/// <summary>What any text that comes from outside must keep to.</summary>
public static class Text
{
    /// <summary>True for clean text on one line.</summary>
    public static bool IsLine(string text) => IsClean(text) && !text.Any(char.IsControl);

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
