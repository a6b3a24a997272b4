using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;

namespace SoonShop.Users;

/// <summary>An account, as its owner and administrators see it.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.user-view")]
public sealed record User(
    Guid Id, string Email, bool EmailVerified, string DisplayName, string Locale, ImmutableArray<string> Roles, DateTimeOffset CreatedAt)
{
    /// <summary>The number of changes; used as the ETag.</summary>
    [Id(0), JsonIgnore] public int Version { get; init; }
}

/// <summary>A new account.</summary>
/// <param name="Email">The address as the customer wrote it.</param>
/// <param name="Password">The password, 8–128 characters.</param>
/// <param name="DisplayName">The customer's name; null for the part before the @.</param>
/// <param name="Admin">True only for the administrator from the configuration.</param>
[GenerateSerializer, Immutable, Alias("soonshop.register-user")]
public sealed record RegisterUser(string Email, string Password, string? DisplayName, bool Admin = false)
{
    /// <summary>Prints neither the password nor personal data, because printed records end up in logs.</summary>
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append(CultureInfo.InvariantCulture, $"Admin = {Admin}");
        return true;
    }
}

/// <summary>A session that was just opened or renewed.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.signed-in")]
public sealed record SignedIn(User User, Guid SessionId, RefreshToken RefreshToken)
{
    /// <summary>
    /// A token that the device sends at its next login, so that failures elsewhere do not block it; null when the session was only renewed.
    /// </summary>
    [Id(0)] public string? DeviceToken { get; init; }
}

/// <summary>The token with which a customer renews a session. The server stores only a digest of the secret.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.refresh-token")]
public sealed record RefreshToken(Guid UserId, Guid SessionId, string Secret)
{
    /// <summary>Returns the token as the customer gets it.</summary>
    public override string ToString() => $"{UserId:N}.{SessionId:N}.{Secret}";

    /// <summary>Parses a token; null when it is not valid.</summary>
    public static RefreshToken? Parse(string? text)
    {
        var parts = text is { Length: <= 256 } ? text.Split('.') : [];
        return parts.Length == 3
            && Guid.TryParseExact(parts[0], "N", out var user)
            && Guid.TryParseExact(parts[1], "N", out var session)
            && parts[2].Length > 0
            ? new RefreshToken(user, session, parts[2])
            : null;
    }
}

/// <summary>A secret sent by e-mail, with the id of its user.</summary>
[GenerateSerializer, Immutable, Alias("soonshop.mailed-token")]
public sealed record MailedToken(Guid UserId, string Secret)
{
    /// <summary>Returns the token as it is sent.</summary>
    public override string ToString() => $"{UserId:N}.{Secret}";

    /// <summary>Parses a token; null when it is not valid.</summary>
    public static MailedToken? Parse(string? text)
    {
        var parts = text is { Length: <= 256 } ? text.Split('.') : [];
        return parts.Length == 2 && Guid.TryParseExact(parts[0], "N", out var user) && parts[1].Length > 0
            ? new MailedToken(user, parts[1])
            : null;
    }
}

/// <summary>The roles of the shop.</summary>
public static class Role
{
    /// <summary>The role of every account.</summary>
    public const string Customer = "customer";

    /// <summary>May change the catalogue, stock, orders and roles.</summary>
    public const string Admin = "admin";

    /// <summary>All roles.</summary>
    public static readonly ImmutableArray<string> All = [Customer, Admin];
}
