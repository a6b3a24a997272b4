using System.Globalization;

namespace SoonShop.Users;

/// <summary>
/// The rules for passwords, and the form in which they are hashed. Only the length matters, as NIST SP 800-63B section 3.1.1.2 advises:
/// composition rules lead to worse passwords. The upper limit bounds the hasher's work. Lengths count code points of the hashed form.
/// </summary>
public static class PasswordPolicy
{
    /// <summary>The shortest password, in characters.</summary>
    public const int MinLength = 8;

    /// <summary>The longest password, in characters.</summary>
    public const int MaxLength = 128;

    /// <summary>The longest input that is verified, in UTF-16 units: enough for every spelling of the longest password.</summary>
    public const int MaxWritten = 1024;

    /// <summary>
    /// Returns the form in which a password is hashed (RFC 8265 section 4.2, OpaqueString): every space becomes the ASCII space, and the
    /// text is composed (NFC), so that a password is the same on every keyboard.
    /// </summary>
    public static string Prepare(string password) => UnicodeNormalization.Compose(
        password.Any(IsOtherSpace) ? string.Concat(password.Select(c => IsOtherSpace(c) ? ' ' : c)) : password);

    /// <summary>Returns what is wrong with a password; null when it is acceptable.</summary>
    public static ErrorText? Problem(string? password)
    {
        if (password is null)
            return ErrorText.Of("field.at-least", $"must be at least {MinLength} characters");
        if (password.Length > MaxWritten)
            return ErrorText.Of("field.at-most", $"must be at most {MaxLength} characters");
        if (!Text.IsClean(password) || password.Any(char.IsControl))
            return ErrorText.Of("field.control-characters", "must not contain control characters");
        return Prepare(password).EnumerateRunes().Count() switch
        {
            < MinLength => ErrorText.Of("field.at-least", $"must be at least {MinLength} characters"),
            > MaxLength => ErrorText.Of("field.at-most", $"must be at most {MaxLength} characters"),
            _ => null,
        };
    }

    private static bool IsOtherSpace(char c) => c != ' ' && char.GetUnicodeCategory(c) == UnicodeCategory.SpaceSeparator;
}
