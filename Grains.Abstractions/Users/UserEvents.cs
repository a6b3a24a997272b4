using System.Text.Json.Serialization;
using SoonShop.Events;
using SoonShop.Privacy;

namespace SoonShop.Users;

/// <summary>An account was created.</summary>
public sealed record UserRegistered(Guid UserId, [property: Personal] string Email, [property: Personal] string DisplayName, string Locale)
    : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.registered";
}

/// <summary>The customer must verify the address with <paramref name="Token"/> before <paramref name="ExpiresAt"/>.</summary>
public sealed record EmailVerificationRequested(
    Guid UserId, [property: Personal] string Email, [property: Personal(IsSecret = true)] string Token, DateTimeOffset ExpiresAt)
    : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.email-verification-requested";
}

/// <summary>The address was verified.</summary>
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

/// <summary>The customer can set a new password with <paramref name="Token"/> before <paramref name="ExpiresAt"/>.</summary>
public sealed record PasswordResetRequested(
    Guid UserId, [property: Personal] string Email, [property: Personal(IsSecret = true)] string Token, DateTimeOffset ExpiresAt)
    : IShopEvent
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

/// <summary>
/// A change of the e-mail address was requested. The current address can stop it with <paramref name="Token"/> before
/// <paramref name="ExpiresAt"/>.
/// </summary>
public sealed record EmailChangeRequested(
    Guid UserId, [property: Personal] string Email, [property: Personal] string NewEmail,
    [property: Personal(IsSecret = true)] string Token, DateTimeOffset ExpiresAt) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.email-change-requested";
}

/// <summary>
/// The customer must confirm the new address <paramref name="Email"/> with <paramref name="Token"/> before <paramref name="ExpiresAt"/>.
/// </summary>
public sealed record EmailChangeConfirmationRequested(
    Guid UserId, [property: Personal] string Email,
    [property: Personal(IsSecret = true)] string Token, DateTimeOffset ExpiresAt) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.email-change-confirmation-requested";
}

/// <summary>The account has another e-mail address, which is verified.</summary>
public sealed record EmailChanged(Guid UserId, [property: Personal] string Email, [property: Personal] string FormerEmail) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.email-changed";
}

/// <summary>
/// The former address <paramref name="Email"/> can undo the change with <paramref name="Token"/> before <paramref name="ExpiresAt"/>.
/// </summary>
public sealed record EmailChangeUndoOffered(
    Guid UserId, [property: Personal] string Email, [property: Personal] string NewEmail,
    [property: Personal(IsSecret = true)] string Token, DateTimeOffset ExpiresAt) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.email-change-undo-offered";
}

/// <summary>
/// A change was stopped or undone: <paramref name="Email"/> is the account's address, <paramref name="RejectedEmail"/> is not. The password
/// no longer works.
/// </summary>
public sealed record EmailChangeUndone(
    Guid UserId, [property: Personal] string Email, [property: Personal] string RejectedEmail) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.email-change-undone";
}

/// <summary>
/// The account must confirm the claim of its address and release claims that ended. It may be delivered at any time and any number of
/// times.
/// </summary>
/// <param name="UserId">The account.</param>
/// <param name="DueAt">When a change or an undo period expires; null for at once.</param>
public sealed record EmailClaimsDue(Guid UserId, DateTimeOffset? DueAt) : IShopEvent
{
    /// <summary>The namespace of its streams; the key is the user's id.</summary>
    public const string StreamNamespace = "email-claims";

    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.email-claims-due";

    /// <inheritdoc/>
    [JsonIgnore] public DateTimeOffset? NotBefore => DueAt;

    /// <summary>Separate from the user's own stream, because no customer is notified of it.</summary>
    [JsonIgnore] public EventStream? Stream => new(StreamNamespace, UserId.ToString("N"));
}

/// <summary>A refresh token was used twice, so the session was ended.</summary>
public sealed record SessionReuseDetected(Guid UserId, Guid SessionId) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.session-reuse-detected";
}

/// <summary>The roles of an account were replaced.</summary>
public sealed record RolesChanged(Guid UserId, ImmutableArray<string> Roles, Guid? ChangedBy) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "user.roles-changed";
}
