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

    /// <summary>Failed logins in a row, at one account and from one network or known device, after which that one waits.</summary>
    public int MaxFailedLogins { get; set; } = 5;

    /// <summary>
    /// Failed logins in a row at one account, from everywhere, after which only a known device or a new password opens it for a day. NIST SP 800-63B
    /// allows 100 at most.
    /// </summary>
    public int MaxFailedLoginsInAll { get; set; } = 100;

    /// <summary>Minutes for which a network or device waits.</summary>
    public int LockoutMinutes { get; set; } = 15;

    /// <summary>Rounds of PBKDF2; each doubling doubles the time of a login and of an attack.</summary>
    public int PasswordHashIterations { get; set; } = 100_000;

    /// <summary>Threads of each silo that hash passwords; 0 for half of its cores, and one at least.</summary>
    public int PasswordWorkers { get; set; }

    /// <summary>Passwords of each silo that wait to be hashed or checked; more are refused with 503.</summary>
    public int PasswordQueue { get; set; } = 100;

    /// <summary>Seconds that one may wait; then it is refused with 503. Shorter than what its callers wait for.</summary>
    public int PasswordWaitSeconds { get; set; } = 8;

    /// <summary>
    /// Days for which the former address can undo a change of e-mail address, stays claimed by the account, and keeps the address from
    /// being changed again. A week: so long may somebody be away whose password was stolen.
    /// </summary>
    public int EmailChangeUndoDays { get; set; } = 7;

    /// <summary>Development only: writes the tokens that would be mailed to the log.</summary>
    public bool LogMailedTokens { get; set; }

    /// <summary>What is wrong, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (AdminEmail is { Length: > 0 })
        {
            if (!EmailAddress.IsValid(AdminEmail))
                yield return $"Accounts:AdminEmail: '{AdminEmail}' is no e-mail address. Set Accounts__AdminEmail, or leave it out for no administrator.";
            if (NewPassword.Problem(AdminPassword, AdminEmail) is { } problem)
                yield return $"Accounts:AdminPassword {problem}. Set Accounts__AdminPassword.";
        }
        if (MaxFailedLogins is < 1 or > 1000)
            yield return $"Accounts:MaxFailedLogins is {MaxFailedLogins}; set Accounts__MaxFailedLogins to 1–1000.";
        if (MaxFailedLoginsInAll is < 1 or > 100)
            yield return $"Accounts:MaxFailedLoginsInAll is {MaxFailedLoginsInAll}; set Accounts__MaxFailedLoginsInAll to 1–100.";
        if (LockoutMinutes is < 1 or > 1440)
            yield return $"Accounts:LockoutMinutes is {LockoutMinutes}; set Accounts__LockoutMinutes to 1–1440.";
        if (PasswordHashIterations is < 10_000 or > 10_000_000)
            yield return $"Accounts:PasswordHashIterations is {PasswordHashIterations}; set Accounts__PasswordHashIterations to 10000–10000000.";
        if (PasswordWorkers is < 0 or > 256)
            yield return $"Accounts:PasswordWorkers is {PasswordWorkers}; set Accounts__PasswordWorkers to 1–256, or to 0 for half of the cores.";
        if (PasswordQueue is < 1 or > 10_000)
            yield return $"Accounts:PasswordQueue is {PasswordQueue}; set Accounts__PasswordQueue to 1–10000.";
        if (PasswordWaitSeconds is < 1 or > 9)
            yield return $"Accounts:PasswordWaitSeconds is {PasswordWaitSeconds}; set Accounts__PasswordWaitSeconds to 1–9.";
        if (EmailChangeUndoDays is < 1 or > 90)
            yield return $"Accounts:EmailChangeUndoDays is {EmailChangeUndoDays}; set Accounts__EmailChangeUndoDays to 1–90.";
    }
}
