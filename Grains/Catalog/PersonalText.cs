namespace SoonShop.Catalog;

/// <summary>Recognises texts that may name a person, so that they are not recorded. It errs on the side of leaving a text out.</summary>
public static class PersonalText
{
    /// <summary>The fewest digits of a phone number.</summary>
    private const int MinDigits = 7;

    /// <summary>True for a text with what looks like an e-mail address, a phone number, or the number of a card or an account.</summary>
    public static bool IsLikely(string text)
    {
        var normal = UnicodeNormalization.ComposeCompatible(text);
        return HasAddress(normal) || HasNumber(normal);
    }

    /// <summary>An at sign with something on both sides, also with spaces around it or written out.</summary>
    private static bool HasAddress(string text)
    {
        if (text.Contains("(at)", StringComparison.OrdinalIgnoreCase) || text.Contains("[at]", StringComparison.OrdinalIgnoreCase))
            return true;
        return text.Split('@').Count(part => part.Any(char.IsLetterOrDigit)) > 1;
    }

    /// <summary>Digits without a letter between them.</summary>
    private static bool HasNumber(string text)
    {
        var digits = 0;
        foreach (var c in text)
        {
            if (char.IsDigit(c))
            {
                if (++digits >= MinDigits)
                    return true;
            }
            else if (char.IsLetter(c))
                digits = 0;
        }
        return false;
    }
}
