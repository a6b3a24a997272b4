using Orleans.Concurrency;
using SoonShop.Pricing;
using SoonShop.Privacy;

namespace SoonShop.Users;

/// <summary>An account. Keyed by the user id.</summary>
[Alias("soonshop.user")]
public interface IUserGrain : IGrainWithGuidKey
{
    /// <summary>
    /// Creates the account and signs in. Idempotent by user id: a repeated registration signs in again. Errors: <c>email-taken</c>,
    /// <c>validation-failed</c>.
    /// </summary>
    [Alias("register"), Repeatable]
    Task<Result<SignedIn>> RegisterAsync(RegisterUser command);

    /// <summary>
    /// Creates the account of a customer of another shop, without a password and without a mail. Idempotent by user id. Errors:
    /// <c>email-taken</c>, <c>validation-failed</c>, <c>conflict</c> for an account that was erased. For imports.
    /// </summary>
    [Alias("import"), Repeatable]
    Task<Result<User>> ImportAsync(ImportUser command);

    /// <summary>
    /// Verifies the password and opens a session. An unknown user gets the same error as a wrong password, after the same work. Called
    /// through <see cref="IEmailGrain.LoginAsync"/>, which counts failures.
    /// </summary>
    [Alias("login")]
    Task<Result<SignedIn>> LoginAsync(string password);

    /// <summary>Works like <see cref="LoginAsync"/>, for a session that ends after this time, at most 30 days.</summary>
    [Alias("login-briefly")]
    Task<Result<SignedIn>> LoginBrieflyAsync(string password, TimeSpan lifetime);

    /// <summary>
    /// Exchanges a refresh token for a new one. A token that was used before ends its session, because somebody else has it. Error:
    /// <c>unauthenticated</c>.
    /// </summary>
    [Alias("refresh")]
    Task<Result<SignedIn>> RefreshAsync(RefreshToken token);

    /// <summary>Ends the session of a refresh token. Does nothing for unknown and ended sessions.</summary>
    [Alias("logout"), Repeatable]
    Task LogoutAsync(RefreshToken token);

    /// <summary>
    /// Tells whether a session is open, and the account's roles. Writes nothing; the gateway calls it every few seconds for each session in
    /// use.
    /// </summary>
    [Alias("standing"), AlwaysInterleave, Repeatable]
    Task<SessionStatus> GetSessionStatusAsync(Guid sessionId);

    /// <summary>Lists the open sessions, most recently used first.</summary>
    [Alias("sessions"), AlwaysInterleave]
    Task<ImmutableArray<UserSession>> GetSessionsAsync();

    /// <summary>Ends a session. Error: <c>not-found</c>, also for an ended one.</summary>
    [Alias("end-session")]
    Task<Result<Done>> EndSessionAsync(Guid sessionId);

    /// <summary>Ends all sessions, or all but one. Returns the ended sessions. Idempotent.</summary>
    [Alias("end-sessions")]
    Task<ImmutableArray<Guid>> EndSessionsAsync(Guid? keepSession);

    /// <summary>Returns the profile. Error: <c>not-found</c>.</summary>
    [Alias("get"), AlwaysInterleave]
    Task<Result<User>> GetAsync();

    /// <summary>Changes the fields that are not null. Idempotent.</summary>
    [Alias("update-profile"), Repeatable]
    Task<Result<User>> UpdateProfileAsync(string? displayName, string? locale);

    /// <summary>
    /// Changes the password and ends every session except the given one. Errors: <c>validation-failed</c> when the current password is
    /// wrong, <c>rate-limited</c> after too many wrong ones.
    /// </summary>
    [Alias("change-password")]
    Task<Result<Done>> ChangePasswordAsync(Guid? keepSession, string currentPassword, string newPassword);

    /// <summary>
    /// Replaces a compromised password and ends every session. True when the account accepted one of <paramref name="known"/> and now
    /// accepts <paramref name="newPassword"/>; false when it accepts none of them. Idempotent: several silos may call it at once. Errors:
    /// <c>not-found</c>, <c>validation-failed</c>, <c>unavailable</c>. For the configuration, not for clients.
    /// </summary>
    [Alias("replace-password"), Repeatable]
    Task<Result<bool>> ReplacePasswordAsync(ImmutableArray<string> known, string newPassword);

    /// <summary>Issues a token for a new password, if the account exists. Does not tell whether it does.</summary>
    [Alias("request-password-reset"), OneWay]
    Task RequestPasswordResetAsync();

    /// <summary>
    /// Sets a new password with a token and ends every session. Error: <c>validation-failed</c> (invalid, used or expired token).
    /// </summary>
    [Alias("reset-password")]
    Task<Result<Done>> ResetPasswordAsync(string secret, string newPassword);

    /// <summary>
    /// Issues a new token that verifies the e-mail address; an earlier one becomes void. Errors: <c>not-found</c>, <c>conflict</c> when the
    /// address is already verified.
    /// </summary>
    [Alias("request-verification")]
    Task<Result<Done>> RequestVerificationAsync();

    /// <summary>Verifies the e-mail address with a token. Idempotent. Error: <c>validation-failed</c>.</summary>
    [Alias("verify-email"), Repeatable]
    Task<Result<Done>> VerifyEmailAsync(string secret);

    /// <summary>
    /// Requests another e-mail address. Both addresses get a mail with a token: the new one to confirm the change, the current one to stop
    /// it. Replaces an open request. Errors: <c>not-found</c>; <c>validation-failed</c> for an address that registration would refuse, for
    /// the current one, and for a wrong password; <c>rate-limited</c> after too many wrong passwords; <c>conflict</c> while an earlier
    /// change can be undone; <c>email-taken</c>.
    /// </summary>
    /// <param name="session">The requesting session, which stays open when the change is confirmed.</param>
    /// <param name="newEmail">The address as the customer writes it.</param>
    /// <param name="currentPassword">The current password.</param>
    [Alias("request-email-change")]
    Task<Result<Done>> RequestEmailChangeAsync(Guid? session, string newEmail, string currentPassword);

    /// <summary>
    /// Changes the e-mail address with the token that was mailed to the new one. Ends every session except the requesting one. The former
    /// address stays claimed while it can undo the change. A repeated call with the token returns the same result. Errors:
    /// <c>validation-failed</c>, <c>email-taken</c>.
    /// </summary>
    [Alias("confirm-email-change"), Repeatable]
    Task<Result<Done>> ConfirmEmailChangeAsync(string secret);

    /// <summary>
    /// Stops a requested change, or undoes a confirmed one, with a token that was mailed to the earlier address. Ends every session,
    /// invalidates the password, and mails a token for a new one. A repeated call with the token returns the same result. Error:
    /// <c>validation-failed</c>.
    /// </summary>
    [Alias("undo-email-change"), Repeatable]
    Task<Result<Done>> UndoEmailChangeAsync(string secret);

    /// <summary>
    /// Confirms the claim of the current address and releases the claims of addresses that the account has given up. Idempotent. Throws
    /// <see cref="UnavailableException"/> when that is not possible now.
    /// </summary>
    /// <param name="dueAt">The time up to which changes and undo periods have expired, by the clock that set them; null for now.</param>
    [Alias("settle-email-claims"), Repeatable]
    Task SettleEmailClaimsAsync(DateTimeOffset? dueAt);

    /// <summary>Lists the saved addresses, oldest first.</summary>
    [Alias("addresses"), AlwaysInterleave]
    Task<ImmutableArray<SavedAddress>> GetAddressesAsync();

    /// <summary>
    /// Adds an address, or replaces the one with this id. With <paramref name="mustExist"/>, an unknown id is <c>not-found</c>. Idempotent
    /// by id. Errors: <c>validation-failed</c> for an address that breaks its country's rules, <c>conflict</c> at the limit.
    /// </summary>
    [Alias("put-address"), Repeatable]
    Task<Result<SavedAddress>> PutAddressAsync(Guid addressId, Address address, bool mustExist);

    /// <summary>Removes an address. Error: <c>not-found</c>.</summary>
    [Alias("remove-address")]
    Task<Result<Done>> RemoveAddressAsync(Guid addressId);

    /// <summary>
    /// Replaces the roles. Errors: <c>not-found</c>, <c>validation-failed</c>, <c>precondition-failed</c>, <c>conflict</c> for an
    /// administrator's own role.
    /// </summary>
    [Alias("set-roles")]
    Task<Result<User>> SetRolesAsync(Caller caller, ImmutableArray<string> roles, int? expectedVersion);

    /// <summary>Returns what prices depend on of the customer. Error: <c>not-found</c>.</summary>
    [Alias("pricing-profile"), AlwaysInterleave, Repeatable]
    Task<Result<PricingProfile>> GetPricingProfileAsync();

    /// <summary>
    /// Replaces what prices depend on of the customer. The same profile again changes nothing. Errors: <c>not-found</c>,
    /// <c>validation-failed</c>, <c>precondition-failed</c>. The gateway admits only administrators.
    /// </summary>
    [Alias("set-pricing-profile")]
    Task<Result<PricingProfile>> SetPricingProfileAsync(PricingProfile profile, int? expectedVersion);

    /// <summary>Returns the account's data without secrets, for its owner. Recorded in the audit log. Error: <c>not-found</c>.</summary>
    [Alias("held"), AlwaysInterleave]
    Task<Result<AccountData>> GetAccountDataAsync();

    /// <summary>
    /// Begins to erase the account. From then on the account does not exist, and all its data is removed. Idempotent. Errors:
    /// <c>not-found</c>; <c>validation-failed</c> when the password is wrong; <c>rate-limited</c> after too many wrong ones;
    /// <c>conflict</c> for an administrator's account, and while orders are open.
    /// </summary>
    [Alias("erase"), Repeatable]
    Task<Result<ErasureStatus>> EraseAsync(string currentPassword);

    /// <summary>
    /// Continues an erasure that has begun. Idempotent. Throws <see cref="UnavailableException"/> when it cannot be completed now.
    /// </summary>
    [Alias("resume-erasure"), Repeatable]
    Task ResumeErasureAsync();

    /// <summary>Returns the progress of the erasure; null when the account is not being erased or does not exist.</summary>
    [Alias("erasure"), AlwaysInterleave]
    Task<ErasureStatus?> GetErasureAsync();

    /// <summary>
    /// True when somebody has signed in to this account with this device before. The device proves it with the token from that login.
    /// </summary>
    [Alias("knows-device"), AlwaysInterleave]
    Task<bool> KnowsDeviceAsync(string token);

    /// <summary>
    /// True when this account exists and has the address now. An <see cref="IEmailGrain"/> uses it to resolve an unconfirmed reservation,
    /// and to learn whether the address can sign in.
    /// </summary>
    [Alias("has-email"), AlwaysInterleave]
    Task<bool> HasEmailAsync(string email);
}

/// <summary>Tells which user claims an e-mail address, and protects its login. Keyed <c>email/&lt;normalised&gt;</c>.</summary>
[Alias("soonshop.email")]
public interface IEmailGrain : IGrainWithStringKey
{
    /// <summary>
    /// Claims the address for a user for a minute. True when the claim is now this user's. An unconfirmed earlier claim is resolved by
    /// asking its user.
    /// </summary>
    [Alias("reserve")]
    Task<bool> ReserveAsync(Guid userId);

    /// <summary>True when a user could claim the address now. Claims nothing.</summary>
    [Alias("is-free"), AlwaysInterleave]
    Task<bool> IsFreeAsync(Guid userId);

    /// <summary>Confirms a claim. Idempotent.</summary>
    [Alias("confirm")]
    Task ConfirmAsync(Guid userId);

    /// <summary>Releases a user's claim, so that anybody can claim the address. Idempotent; another user's claim stays.</summary>
    [Alias("release"), Repeatable]
    Task ReleaseAsync(Guid userId);

    /// <summary>
    /// Signs in with the current address of an account. Errors: <c>unauthenticated</c> (equal for an unknown or former address and a wrong
    /// password, after the same work); <c>rate-limited</c> after repeated failures from the same network
    /// (<see cref="RequestKeys.Address"/>), also for unknown addresses. Failures of a known device (<see cref="RequestKeys.Device"/>) are
    /// counted separately.
    /// </summary>
    [Alias("login"), AlwaysInterleave]
    Task<Result<SignedIn>> LoginAsync(string password);

    /// <summary>Works like <see cref="LoginAsync"/>, for a session that ends after this time, at most 30 days.</summary>
    [Alias("login-briefly"), AlwaysInterleave]
    Task<Result<SignedIn>> LoginBrieflyAsync(string password, TimeSpan lifetime);

    /// <summary>Returns who claims the address, also as a former one; null when there is no confirmed claim.</summary>
    [Alias("owner"), AlwaysInterleave]
    Task<Guid?> GetOwnerAsync();

    /// <summary>Requests a password reset. Does not tell whether the address is known.</summary>
    [Alias("forgot-password"), AlwaysInterleave]
    Task ForgotPasswordAsync();

    /// <summary>Ends a lockout, because the owner has proven the address with a reset token.</summary>
    [Alias("unlock"), AlwaysInterleave]
    Task UnlockAsync();
}

/// <summary>Keys of user grains.</summary>
public static class UserKeys
{
    /// <summary>Returns the grain key of a normalized e-mail address.</summary>
    public static string Email(string normalized) => "email/" + normalized;

    /// <summary>Returns the normalized address in a grain key made by <see cref="Email"/>.</summary>
    public static string OfEmailKey(string key) => key["email/".Length..];
}
