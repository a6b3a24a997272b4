using System.Globalization;

namespace SoonShop.Users;

/// <summary>
/// What passwords must be, and the form in which they are hashed. Length only, as NIST SP 800-63B section 3.1.1.2 advises: rules of composition make
/// worse passwords; the upper limit bounds the hasher's work. Lengths count code points, of the form that is hashed.
/// </summary>
public static class PasswordPolicy
{
    /// <summary>Characters at least.</summary>
    public const int MinLength = 8;

    /// <summary>Characters at most.</summary>
    public const int MaxLength = 128;

    /// <summary>What is looked at of a password that is to be checked, in UTF-16 units: the longest of all ways to write one.</summary>
    public const int MaxWritten = 1024;

    /// <summary>
    /// The form in which a password is hashed (RFC 8265 section 4.2, OpaqueString): every space is the ASCII one, and what can be written in several
    /// ways is composed (NFC), so that a password is the same on every keyboard.
    /// </summary>
    public static string Prepare(string password) => UnicodeNormalization.Compose(
        password.Any(IsOtherSpace) ? string.Concat(password.Select(c => IsOtherSpace(c) ? ' ' : c)) : password);

    /// <summary>What is wrong with a password; null when nothing is.</summary>
    public static string? Problem(string? password)
    {
        if (password is null)
            return $"must be at least {MinLength} characters";
        if (password.Length > MaxWritten)
            return $"must be at most {MaxLength} characters";
        if (!Text.IsClean(password) || password.Any(char.IsControl))
            return "must not contain control characters";
        return Prepare(password).EnumerateRunes().Count() switch
        {
            < MinLength => $"must be at least {MinLength} characters",
            > MaxLength => $"must be at most {MaxLength} characters",
            _ => null,
        };
    }

    private static bool IsOtherSpace(char c) => c != ' ' && char.GetUnicodeCategory(c) == UnicodeCategory.SpaceSeparator;
}
