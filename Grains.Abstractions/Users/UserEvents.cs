using System.Text.Json.Serialization;
using SoonShop.Events;
using SoonShop.Privacy;

namespace SoonShop.Users;

/// <summary>An account was created.</summary>
public sealed record UserRegistered(Guid UserId, [property: Personal] string Email, [property: Personal] string DisplayName, string Locale) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.registered";
}

/// <summary>The customer is to prove the address with <paramref name="Token"/> before <paramref name="ExpiresAt"/>.</summary>
public sealed record EmailVerificationRequested(Guid UserId, [property: Personal] string Email, [property: Personal(IsSecret = true)] string Token, DateTimeOffset ExpiresAt) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.email-verification-requested";
}

/// <summary>The address was proven.</summary>
public sealed record EmailVerified(Guid UserId, [property: Personal] string Email) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.email-verified";
}

/// <summary>Display name or locale changed.</summary>
public sealed record ProfileUpdated(Guid UserId, [property: Personal] string DisplayName, string Locale) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.profile-updated";
}

/// <summary>The customer asked for a new password and can set it with <paramref name="Token"/> before <paramref name="ExpiresAt"/>.</summary>
public sealed record PasswordResetRequested(Guid UserId, [property: Personal] string Email, [property: Personal(IsSecret = true)] string Token, DateTimeOffset ExpiresAt) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.password-reset-requested";
}

/// <summary>The password was changed or reset.</summary>
public sealed record PasswordChanged(Guid UserId, [property: Personal] string Email) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.password-changed";
}

/// <summary>A refresh token was used twice: the session was ended.</summary>
public sealed record SessionReuseDetected(Guid UserId, Guid SessionId) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.session-reuse-detected";
}

/// <summary>The roles were replaced.</summary>
public sealed record RolesChanged(Guid UserId, ImmutableArray<string> Roles, Guid? ChangedBy) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.roles-changed";
}
