namespace SoonShop.Users;

/// <summary>Configuration section <c>Accounts</c>: the administrator's account, passwords, and protection against guessing.</summary>
public sealed class AccountsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Accounts";

    /// <summary>
    /// The e-mail address of the administrator. Each start creates the account if it is missing. An existing customer account is never
    /// promoted.
    /// </summary>
    public string? AdminEmail { get; set; }

    /// <summary>
    /// The administrator's first password. It changes an existing account only outside Development, if the account still has a password
    /// published in this documentation.
    /// </summary>
    public string? AdminPassword { get; set; }

    /// <summary>Development only. The e-mail address of the customer that <c>Silo seed</c> creates.</summary>
    public string? DemoEmail { get; set; }

    /// <summary>Development only. That customer's password.</summary>
    public string? DemoPassword { get; set; }

    /// <summary>
    /// Wrong passwords at one account from one network (IPv6: /64) or device, after which it has to wait. Counted for unknown addresses,
    /// too.
    /// </summary>
    public int MaxFailedLogins { get; set; } = 5;

    /// <summary>
    /// Wrong passwords in a row at one account from everywhere. After that, for a day, only a known device can sign in, or a new password
    /// can be set by mail.
    /// </summary>
    public int MaxFailedLoginsInAll { get; set; } = 100;

    /// <summary>How long the network or device waits, in minutes.</summary>
    public int LockoutMinutes { get; set; } = 15;

    /// <summary>Iterations of PBKDF2-HMAC-SHA512. Twice as many double the time of a login, and of an attack.</summary>
    public int PasswordHashIterations { get; set; } = 100_000;

    /// <summary>Threads of each silo that hash passwords; 0 for half of the cores, at least one.</summary>
    public int PasswordWorkers { get; set; }

    /// <summary>The maximum number of passwords of each silo that wait to be hashed. Further requests get 503.</summary>
    public int PasswordQueue { get; set; } = 100;

    /// <summary>How long a password waits to be hashed, in seconds. Then the request gets 503.</summary>
    public int PasswordWaitSeconds { get; set; } = 8;

    /// <summary>
    /// Days for which the former e-mail address can undo a change of address. During that time, nobody else can register it and there is no
    /// other change.
    /// </summary>
    public int EmailChangeUndoDays { get; set; } = 7;

    /// <summary>Development only. Writes the tokens in mail to the log, too.</summary>
    public bool LogMailedTokens { get; set; }

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (AdminEmail is { Length: > 0 })
        {
            if (!EmailAddress.IsValid(AdminEmail))
                yield return $"Accounts:AdminEmail: '{AdminEmail}' is not an e-mail address. Set Accounts__AdminEmail, or leave it out for "
                    + "no administrator.";
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
            yield return $"Accounts:PasswordHashIterations is {PasswordHashIterations}; set Accounts__PasswordHashIterations to "
                + "10000–10000000.";
        if (PasswordWorkers is < 0 or > 256)
            yield return $"Accounts:PasswordWorkers is {PasswordWorkers}; set Accounts__PasswordWorkers to 1–256, or to 0 for half of the "
                + "cores.";
        if (PasswordQueue is < 1 or > 10_000)
            yield return $"Accounts:PasswordQueue is {PasswordQueue}; set Accounts__PasswordQueue to 1–10000.";
        if (PasswordWaitSeconds is < 1 or > 9)
            yield return $"Accounts:PasswordWaitSeconds is {PasswordWaitSeconds}; set Accounts__PasswordWaitSeconds to 1–9.";
        if (EmailChangeUndoDays is < 1 or > 90)
            yield return $"Accounts:EmailChangeUndoDays is {EmailChangeUndoDays}; set Accounts__EmailChangeUndoDays to 1–90.";
    }
}
