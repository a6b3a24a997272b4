using Orleans.Concurrency;
using SoonShop.Privacy;

namespace SoonShop.Users;

/// <summary>One account. Keyed by the user id.</summary>
[Alias("soonshop.user")]
public interface IUserGrain : IGrainWithGuidKey
{
    /// <summary>
    /// Creates the account and signs in. Refused: <c>email-taken</c>, <c>validation-failed</c>. Idempotent by user id:
    /// the same registration again signs in again.
    /// </summary>
    [Alias("register"), Repeatable]
    Task<Result<SignedIn>> RegisterAsync(RegisterUser command);

    /// <summary>
    /// Checks the password and opens a session. An unknown user is refused like a wrong password, after the same work.
    /// Called through <see cref="IEmailGrain.LoginAsync"/>, which counts failures.
    /// </summary>
    [Alias("login")]
    Task<Result<SignedIn>> LoginAsync(string password);

    /// <summary>Like <see cref="LoginAsync"/>, for a session that ends by itself after this time, 30 days at most.</summary>
    [Alias("login-briefly")]
    Task<Result<SignedIn>> LoginBrieflyAsync(string password, TimeSpan lifetime);

    /// <summary>
    /// Trades a refresh token for a new one. A token that was traded before ends its session: somebody else has it.
    /// Refused: <c>unauthenticated</c>.
    /// </summary>
    [Alias("refresh")]
    Task<Result<SignedIn>> RefreshAsync(RefreshToken token);

    /// <summary>Ends the session of a refresh token. Unknown or ended ones are fine.</summary>
    [Alias("logout"), Repeatable]
    Task LogoutAsync(RefreshToken token);

    /// <summary>Whether a session is open, and with which roles. Costs no write; the gateway asks every few seconds for each session that is in use.</summary>
    [Alias("standing"), AlwaysInterleave, Repeatable]
    Task<SessionStatus> GetSessionStatusAsync(Guid sessionId);

    /// <summary>The open sessions, the last used first.</summary>
    [Alias("sessions"), AlwaysInterleave]
    Task<ImmutableArray<UserSession>> GetSessionsAsync();

    /// <summary>Ends a session. Refused: <c>not-found</c>, also for one that has ended.</summary>
    [Alias("end-session")]
    Task<Result<Done>> EndSessionAsync(Guid sessionId);

    /// <summary>Ends all sessions but one, or all; answers which. Idempotent.</summary>
    [Alias("end-sessions")]
    Task<ImmutableArray<Guid>> EndSessionsAsync(Guid? keepSession);

    /// <summary>The profile. Refused: <c>not-found</c>.</summary>
    [Alias("get"), AlwaysInterleave]
    Task<Result<User>> GetAsync();

    /// <summary>Changes what is not null. Idempotent.</summary>
    [Alias("update-profile"), Repeatable]
    Task<Result<User>> UpdateProfileAsync(string? displayName, string? locale);

    /// <summary>Changes the password and ends every session but the given one. Refused: <c>validation-failed</c> when the current one is wrong, <c>rate-limited</c> when it was too often.</summary>
    [Alias("change-password")]
    Task<Result<Done>> ChangePasswordAsync(Guid? keepSession, string currentPassword, string newPassword);

    /// <summary>
    /// Replaces a password that is known to others, and ends every session. True when the account accepted one of <paramref name="known"/> and
    /// accepts <paramref name="newPassword"/> now; false when it accepts none of them. Idempotent: several silos may ask at once. Refused:
    /// <c>not-found</c>, <c>validation-failed</c>, <c>unavailable</c>. For the configuration, not for clients.
    /// </summary>
    [Alias("replace-password"), Repeatable]
    Task<Result<bool>> ReplacePasswordAsync(ImmutableArray<string> known, string newPassword);

    /// <summary>Sends out a token for a new password, if the account exists. Says nothing.</summary>
    [Alias("request-password-reset"), OneWay]
    Task RequestPasswordResetAsync();

    /// <summary>Sets a new password by a token and ends every session. Refused: <c>validation-failed</c> (bad, used or old token).</summary>
    [Alias("reset-password")]
    Task<Result<Done>> ResetPasswordAsync(string secret, string newPassword);

    /// <summary>Sends out a new token that proves the e-mail address; an earlier one is void. Refused: <c>not-found</c>, <c>conflict</c> when it is proven already.</summary>
    [Alias("request-verification")]
    Task<Result<Done>> RequestVerificationAsync();

    /// <summary>Confirms the e-mail address by a token. Idempotent. Refused: <c>validation-failed</c>.</summary>
    [Alias("verify-email"), Repeatable]
    Task<Result<Done>> VerifyEmailAsync(string secret);

    /// <summary>
    /// Asks for another e-mail address: both addresses get a mail with a token, the new one to confirm the change, the present one to stop
    /// it. An open request is replaced. Refused: <c>not-found</c>, <c>validation-failed</c> for an address that registration refuses, for
    /// the present one, and for a wrong password, <c>rate-limited</c> when that was too often, <c>conflict</c> while an earlier change can
    /// be undone, <c>email-taken</c>.
    /// </summary>
    /// <param name="session">The session that asks, which stays open when the change is confirmed.</param>
    /// <param name="newEmail">As the customer writes it.</param>
    /// <param name="currentPassword">The password.</param>
    [Alias("request-email-change")]
    Task<Result<Done>> RequestEmailChangeAsync(Guid? session, string newEmail, string currentPassword);

    /// <summary>
    /// Changes the e-mail address by the token that was mailed to the new one; ends every session but the one that asked. The former
    /// address stays claimed while it can undo the change. The same token again is answered the same. Refused: <c>validation-failed</c>,
    /// <c>email-taken</c>.
    /// </summary>
    [Alias("confirm-email-change"), Repeatable]
    Task<Result<Done>> ConfirmEmailChangeAsync(string secret);

    /// <summary>
    /// Stops a change that was asked for, or undoes one that was confirmed, by a token that was mailed to the address before. Ends every
    /// session, makes the password void, and mails a token for a new one. The same token again is answered the same. Refused:
    /// <c>validation-failed</c>.
    /// </summary>
    [Alias("undo-email-change"), Repeatable]
    Task<Result<Done>> UndoEmailChangeAsync(string secret);

    /// <summary>
    /// Confirms the claim of the present address and releases those of addresses that the account no longer holds. Idempotent. Throws
    /// <see cref="UnavailableException"/> when that cannot be done now.
    /// </summary>
    /// <param name="dueAt">The time up to which changes and undos have run out, by the clock of who made them; null for now.</param>
    [Alias("settle-email-claims"), Repeatable]
    Task SettleEmailClaimsAsync(DateTimeOffset? dueAt);

    /// <summary>The addresses, oldest first.</summary>
    [Alias("addresses"), AlwaysInterleave]
    Task<ImmutableArray<SavedAddress>> GetAddressesAsync();

    /// <summary>Adds an address, or replaces the one with this id; with <paramref name="mustExist"/> an unknown id is <c>not-found</c>. Idempotent by id. Refused: <c>validation-failed</c> for an address that breaks its country's rules, <c>conflict</c> at the limit.</summary>
    [Alias("put-address"), Repeatable]
    Task<Result<SavedAddress>> PutAddressAsync(Guid addressId, Address address, bool mustExist);

    /// <summary>Removes an address. Refused: <c>not-found</c>.</summary>
    [Alias("remove-address")]
    Task<Result<Done>> RemoveAddressAsync(Guid addressId);

    /// <summary>Replaces the roles. Refused: <c>not-found</c>, <c>validation-failed</c>, <c>precondition-failed</c>, <c>conflict</c> for an administrator's own role.</summary>
    [Alias("set-roles")]
    Task<Result<User>> SetRolesAsync(Caller caller, ImmutableArray<string> roles, int? expectedVersion);

    /// <summary>What the account holds, without secrets, for its owner to take away; noted in the audit log. Refused: <c>not-found</c>.</summary>
    [Alias("held"), AlwaysInterleave]
    Task<Result<AccountData>> GetAccountDataAsync();

    /// <summary>
    /// Begins to erase the account: from now on it is none, and everything that is kept of it goes. Idempotent. Refused: <c>not-found</c>,
    /// <c>validation-failed</c> when the password is wrong, <c>rate-limited</c> when it was too often, <c>conflict</c> for an administrator's
    /// account, and while orders are not at their end.
    /// </summary>
    [Alias("erase"), Repeatable]
    Task<Result<ErasureStatus>> EraseAsync(string currentPassword);

    /// <summary>Goes on with the erasure, if one has begun. Idempotent. Throws <see cref="UnavailableException"/> when it cannot be finished now.</summary>
    [Alias("resume-erasure"), Repeatable]
    Task ResumeErasureAsync();

    /// <summary>How far the erasure is; null for an account that is not being erased, and for none.</summary>
    [Alias("erasure"), AlwaysInterleave]
    Task<ErasureStatus?> GetErasureAsync();

    /// <summary>True when somebody signed in to this account with this device before: with its token, which was given to it then.</summary>
    [Alias("knows-device"), AlwaysInterleave]
    Task<bool> KnowsDeviceAsync(string token);

    /// <summary>
    /// True when this account exists and has the address now: how an <see cref="IEmailGrain"/> settles a reservation whose owner fell
    /// silent, and knows whether the address still signs in.
    /// </summary>
    [Alias("has-email"), AlwaysInterleave]
    Task<bool> HasEmailAsync(string email);
}

/// <summary>Says which user claims an e-mail address, and guards its login. Keyed <c>email/&lt;normalised&gt;</c>.</summary>
[Alias("soonshop.email")]
public interface IEmailGrain : IGrainWithStringKey
{
    /// <summary>
    /// Claims the address for a user for a minute. True when the address is this user's now. A claim that was not
    /// confirmed in time is settled by asking its user.
    /// </summary>
    [Alias("reserve")]
    Task<bool> ReserveAsync(Guid userId);

    /// <summary>True when a user could claim the address at this moment. Claims nothing.</summary>
    [Alias("is-free"), AlwaysInterleave]
    Task<bool> IsFreeAsync(Guid userId);

    /// <summary>Makes a claim final. Idempotent.</summary>
    [Alias("confirm")]
    Task ConfirmAsync(Guid userId);

    /// <summary>Gives up a user's claim: the address is anybody's again. Idempotent; another user's claim stays.</summary>
    [Alias("release"), Repeatable]
    Task ReleaseAsync(Guid userId);

    /// <summary>
    /// Signs in with the present address of an account. Refused: <c>unauthenticated</c> (unknown or former address and wrong password
    /// alike, after the same work), <c>rate-limited</c> after repeated failures from the same network (<see cref="RequestKeys.Address"/>),
    /// for unknown addresses too; a device that is known (<see cref="RequestKeys.Device"/>) is counted apart.
    /// </summary>
    [Alias("login"), AlwaysInterleave]
    Task<Result<SignedIn>> LoginAsync(string password);

    /// <summary>Like <see cref="LoginAsync"/>, for a session that ends by itself after this time, 30 days at most.</summary>
    [Alias("login-briefly"), AlwaysInterleave]
    Task<Result<SignedIn>> LoginBrieflyAsync(string password, TimeSpan lifetime);

    /// <summary>Who claims the address, also as a former one; null while nobody does, and while a claim is not confirmed.</summary>
    [Alias("owner"), AlwaysInterleave]
    Task<Guid?> GetOwnerAsync();

    /// <summary>Asks for a password reset; says nothing of whether the address is known.</summary>
    [Alias("forgot-password"), AlwaysInterleave]
    Task ForgotPasswordAsync();

    /// <summary>Ends a lock-out: the owner has proven the address by a reset token.</summary>
    [Alias("unlock"), AlwaysInterleave]
    Task UnlockAsync();
}

/// <summary>Keys of user grains.</summary>
public static class UserKeys
{
    /// <summary>The grain key of a normalised e-mail address.</summary>
    public static string Email(string normalized) => "email/" + normalized;

    /// <summary>The normalised address in a grain key made by <see cref="Email"/>.</summary>
    public static string OfEmailKey(string key) => key["email/".Length..];
}
