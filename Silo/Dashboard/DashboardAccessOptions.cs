namespace SoonShop.Silo.Dashboard;

/// <summary>Configuration section <c>Dashboard</c>: Orleans' dashboard on the silo's HTTP port, for administrators.</summary>
public sealed class DashboardAccessOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Dashboard";

    /// <summary>Serves the dashboard. With <c>false</c>, its statistics are not collected either.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Minutes after which an administrator has to sign in again.</summary>
    public int SessionMinutes { get; set; } = 30;

    /// <summary>The maximum number of attempts to sign in from one address at one silo within a minute.</summary>
    public int SignInsPerMinute { get; set; } = 20;

    /// <summary>Set to <c>true</c> where a proxy in front terminates TLS: browsers then send the session cookie over HTTPS only.</summary>
    public bool SecureCookie { get; set; }

    /// <summary>How long a sign-in lasts.</summary>
    internal TimeSpan SessionLifetime => TimeSpan.FromMinutes(SessionMinutes);

    /// <summary>Returns what is wrong, each with the value to set.</summary>
    public IEnumerable<string> Problems()
    {
        if (SessionMinutes is < 1 or > 480)
            yield return $"Dashboard:SessionMinutes is {SessionMinutes}; set Dashboard__SessionMinutes to 1–480.";
        if (SignInsPerMinute is < 1 or > 1000)
            yield return $"Dashboard:SignInsPerMinute is {SignInsPerMinute}; set Dashboard__SignInsPerMinute to 1–1000.";
    }
}
