using System.Net;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Configuration;
using Npgsql;
using SoonShop.Silo.Payments;

namespace SoonShop.Silo;

/// <summary>
/// Detects settings that only Development may use: secrets that this project's documents and files publish, and what the payment providers
/// refuse, such as simulated payments that nobody chose explicitly.
/// </summary>
internal static class PublishedSecrets
{
    /// <summary>The passwords of the demo accounts in <c>appsettings.Development.json</c>.</summary>
    public static readonly ImmutableArray<string> Passwords = ["Admin-Pa55word", "Buyer-Pa55word"];

    /// <summary>The administrator's e-mail address in <c>appsettings.Development.json</c>.</summary>
    public const string AdminEmail = "admin@soonshop.dev";

    /// <summary>The password of the development PostgreSQL (<c>deploy/postgres.sh</c>), which listens only on this machine.</summary>
    private const string DatabasePassword = "soonshop";

    /// <summary>Returns the settings that must change outside Development, each with the value to set.</summary>
    /// <param name="settings">The original settings.</param>
    /// <param name="configuration">The configuration read from them.</param>
    /// <param name="takesMoney">True where this process takes payments.</param>
    public static IEnumerable<string> Problems(IConfiguration settings, SiloConfiguration configuration, bool takesMoney)
    {
        if (IsPublished(configuration.Accounts.AdminPassword))
            yield return "Accounts:AdminPassword is the one that the documents publish; set Accounts__AdminPassword to one of your own, "
                + "such as `openssl rand -base64 24` makes. An account that was made with this one gets the new one.";
        if (IsPublished(configuration.Accounts.DemoPassword))
            yield return "Accounts:DemoPassword is the one that the documents publish; set Accounts__DemoPassword to one of your own, "
                + "or leave Accounts__DemoEmail out for no demo customer.";
        var payments = configuration.Payments;
        var isUnnamed = takesMoney && string.IsNullOrWhiteSpace(settings[$"{PaymentsOptions.Section}:{nameof(PaymentsOptions.Provider)}"]);
        foreach (var problem in payments.Providers.Modules.SelectMany(m => m.ProblemsOutsideDevelopment(payments, isUnnamed)))
            yield return problem;
        if (configuration.Database.Password == DatabasePassword && !IsLocal(configuration.Database))
            yield return "ConnectionStrings:soonshop has the password of the development database, which the documents publish; "
                + "set another password in the database and in ConnectionStrings__soonshop.";
    }

    /// <summary>
    /// True when an account with this hash accepts a published password. Takes as long as one login per published password.
    /// </summary>
    public static bool IsPublishedHash(string passwordHash)
    {
        var hasher = new PasswordHasher<object>();
        return Passwords.Any(p => hasher.VerifyHashedPassword(new object(), passwordHash, p) != PasswordVerificationResult.Failed);
    }

    private static bool IsPublished(string? password) =>
        password is not null && Passwords.Contains(password.Trim(), StringComparer.OrdinalIgnoreCase);

    private static bool IsLocal(NpgsqlConnectionStringBuilder database) => (database.Host ?? "").Split(',').All(host =>
        host.StartsWith('/')
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Split(':')[0], out var address) && IPAddress.IsLoopback(address)));
}
