namespace SoonShop.Users;

/// <summary>Configuration section <c>Accounts</c>.</summary>
public sealed class AccountsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Accounts";

    /// <summary>E-mail address of the administrator that every start makes sure of; null for none.</summary>
    public string? AdminEmail { get; set; }

    /// <summary>That administrator's first password; changing it later in the configuration changes nothing.</summary>
    public string? AdminPassword { get; set; }

    /// <summary>Development only: e-mail address of a customer that <c>Silo seed</c> makes; null for none.</summary>
    public string? DemoEmail { get; set; }

    /// <summary>That customer's password.</summary>
    public string? DemoPassword { get; set; }

    /// <summary>Failed logins in a row after which an address is locked.</summary>
    public int MaxFailedLogins { get; set; } = 5;

    /// <summary>Minutes for which it is locked.</summary>
    public int LockoutMinutes { get; set; } = 15;

    /// <summary>Rounds of PBKDF2; each doubling doubles the time of a login and of an attack.</summary>
    public int PasswordHashIterations { get; set; } = 100_000;

    /// <summary>Development only: writes the tokens that would be mailed to the log.</summary>
    public bool LogMailedTokens { get; set; }

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (AdminEmail is { Length: > 0 })
        {
            if (!EmailAddress.IsValid(AdminEmail))
                yield return $"Accounts:AdminEmail: '{AdminEmail}' is no e-mail address. Set Accounts__AdminEmail, or leave it out for no administrator.";
            if (PasswordPolicy.Problem(AdminPassword) is { } problem)
                yield return $"Accounts:AdminPassword {problem}. Set Accounts__AdminPassword.";
        }
        if (MaxFailedLogins is < 1 or > 1000)
            yield return $"Accounts:MaxFailedLogins is {MaxFailedLogins}; set Accounts__MaxFailedLogins to 1–1000.";
        if (LockoutMinutes is < 1 or > 1440)
            yield return $"Accounts:LockoutMinutes is {LockoutMinutes}; set Accounts__LockoutMinutes to 1–1440.";
        if (PasswordHashIterations is < 10_000 or > 10_000_000)
            yield return $"Accounts:PasswordHashIterations is {PasswordHashIterations}; set Accounts__PasswordHashIterations to 10000–10000000.";
    }
}
