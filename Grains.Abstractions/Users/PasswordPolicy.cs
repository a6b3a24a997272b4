namespace SoonShop.Users;

/// <summary>
/// What passwords must be. Length only, as NIST SP 800-63B section 3.1.1.2 advises: rules of composition make worse
/// passwords; the upper limit bounds the hasher's work.
/// </summary>
public static class PasswordPolicy
{
    /// <summary>Characters at least.</summary>
    public const int MinLength = 8;

    /// <summary>Characters at most.</summary>
    public const int MaxLength = 128;

    /// <summary>What is wrong with a password; null when nothing is.</summary>
    public static string? Problem(string? password) => password switch
    {
        null or { Length: < MinLength } => $"must be at least {MinLength} characters",
        { Length: > MaxLength } => $"must be at most {MaxLength} characters",
        _ => null,
    };
}
