using System.Net;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Configuration;
using Npgsql;
using SoonShop.Silo.Payments;

namespace SoonShop.Silo;

/// <summary>
/// What only Development may run with: secrets that this project's documents and files publish, and money that nobody moves without anybody
/// having said so.
/// </summary>
internal static class PublishedSecrets
{
    /// <summary>Of the demo accounts in <c>appsettings.Development.json</c>.</summary>
    public static readonly ImmutableArray<string> Passwords = ["Admin-Pa55word", "Buyer-Pa55word"];

    /// <summary>The administrator's e-mail address in <c>appsettings.Development.json</c>.</summary>
    public const string AdminEmail = "admin@soonshop.dev";

    /// <summary>Of the Stripe test server.</summary>
    private const string StripeKey = "sk_test_SoonShopStripeTestServer";

    /// <summary>Of the development PostgreSQL (<c>deploy/postgres.sh</c>), which listens on this machine alone.</summary>
    private const string DatabasePassword = "soonshop";

    /// <summary>What must be set otherwise before this starts outside Development, each with what to set.</summary>
    /// <param name="settings">As they were given.</param>
    /// <param name="configuration">What was read of them.</param>
    /// <param name="takesMoney">True where this process takes payments.</param>
    public static IEnumerable<string> Problems(IConfiguration settings, SiloConfiguration configuration, bool takesMoney)
    {
        if (IsPublished(configuration.Accounts.AdminPassword))
            yield return "Accounts:AdminPassword is the one that the documents publish; set Accounts__AdminPassword to one of your own, "
                + "such as `openssl rand -base64 24` makes. An account that was made with this one gets the new one.";
        if (IsPublished(configuration.Accounts.DemoPassword))
            yield return "Accounts:DemoPassword is the one that the documents publish; set Accounts__DemoPassword to one of your own, or leave Accounts__DemoEmail out for no demo customer.";
        if (takesMoney && string.IsNullOrWhiteSpace(settings[$"{PaymentsOptions.Section}:{nameof(PaymentsOptions.Provider)}"]))
            yield return "Payments:Provider is not set; set Payments__Provider to Stripe, or to Simulated for a shop that takes no money.";
        if (configuration.Payments.Stripe.ApiKey == StripeKey)
            yield return "Payments:Stripe:ApiKey is that of the test server, which the documents publish; set Payments__Stripe__ApiKey to your own.";
        if (configuration.Database.Password == DatabasePassword && !IsLocal(configuration.Database))
            yield return "ConnectionStrings:soonshop has the password of the development database, which the documents publish; set another, and ConnectionStrings__soonshop to it.";
    }

    /// <summary>True when an account with this hash accepts a published password. Takes as long as a login for each of them.</summary>
    public static bool IsPublishedHash(string passwordHash)
    {
        var hasher = new PasswordHasher<object>();
        return Passwords.Any(p => hasher.VerifyHashedPassword(new object(), passwordHash, p) != PasswordVerificationResult.Failed);
    }

    private static bool IsPublished(string? password) =>
        password is not null && Passwords.Contains(password.Trim(), StringComparer.OrdinalIgnoreCase);

    private static bool IsLocal(NpgsqlConnectionStringBuilder database) => (database.Host ?? "").Split(',').All(host =>
        host.StartsWith('/') || host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Split(':')[0], out var address) && IPAddress.IsLoopback(address)));
}
