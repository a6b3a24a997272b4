using System.Security.Cryptography;
using System.Text;
using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Privacy;

namespace SoonShop.Users;

/// <summary>The rules of an account. They receive passwords as hashes and tokens as digests.</summary>
public sealed partial record UserState
{
    /// <summary>The most addresses of one account.</summary>
    public const int MaxAddresses = 50;

    /// <summary>The most open sessions. Beyond that, the least recently used session ends.</summary>
    public const int MaxSessions = 20;

    /// <summary>How many used refresh tokens of a session are remembered.</summary>
    public const int MaxSpentTokens = 10;

    /// <summary>The most known devices. Beyond that, the least recently used device is forgotten.</summary>
    public const int MaxDevices = 20;

    /// <summary>How long a session lives without a renewal.</summary>
    public static readonly TimeSpan SessionLifetime = TimeSpan.FromDays(30);

    /// <summary>How long a token for a new password is valid.</summary>
    public static readonly TimeSpan ResetLifetime = TimeSpan.FromHours(1);

    /// <summary>How long a token that verifies an e-mail address is valid.</summary>
    public static readonly TimeSpan VerificationLifetime = TimeSpan.FromDays(3);

    /// <summary>The account's id.</summary>
    public required Guid Id { get; init; }
    /// <summary>The e-mail address as the customer wrote it.</summary>
    public required string Email { get; init; }
    /// <summary>The normalized e-mail address, for comparisons.</summary>
    public required string NormalizedEmail { get; init; }
    /// <summary>True when the customer has verified it.</summary>
    public bool EmailVerified { get; init; }
    /// <summary>The customer's name.</summary>
    public required string DisplayName { get; init; }
    /// <summary>The language tag (BCP 47).</summary>
    public required string Locale { get; init; }
    /// <summary>The hash by ASP.NET Core Identity's hasher; empty while no password opens the account.</summary>
    public required string PasswordHash { get; init; }
    /// <summary>The roles. See <see cref="Role"/>.</summary>
    public required ImmutableArray<string> Roles { get; init; }
    /// <summary>When the account was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>The saved addresses, oldest first.</summary>
    public ImmutableArray<SavedAddress> Addresses { get; init; } = [];
    /// <summary>The open sessions.</summary>
    public ImmutableArray<Session> Sessions { get; init; } = [];
    /// <summary>The valid token that verifies the e-mail address; null for none.</summary>
    public MailedDigest? Verification { get; init; }
    /// <summary>The valid token for a new password; null for none.</summary>
    public MailedDigest? Reset { get; init; }

    /// <summary>Devices that have signed in, most recently used first.</summary>
    public ImmutableArray<Device> Devices { get; init; } = [];

    /// <summary>Set once the erasure has begun. The account then no longer exists, and the other fields have no meaning.</summary>
    public Erasure? Erasure { get; init; }

    /// <summary>Creates an account with a token to verify its address.</summary>
    public static Decision<UserState> Register(
        Guid id, RegisterUser command, string passwordHash, string verificationSecret, DateTimeOffset now)
    {
        var email = command.Email.Trim();
        var displayName = string.IsNullOrWhiteSpace(command.DisplayName)
            ? DisplayNames.OfAddress(email)
            : DisplayNames.Clean(command.DisplayName);
        var expires = now + VerificationLifetime;
        var user = new UserState
        {
            Id = id,
            Email = email,
            NormalizedEmail = EmailAddress.Normalize(email),
            DisplayName = displayName,
            Locale = "en",
            PasswordHash = passwordHash,
            Roles = command.Admin ? [Role.Customer, Role.Admin] : [Role.Customer],
            CreatedAt = now,
            Verification = new MailedDigest(Digest(verificationSecret), expires),
        };
        return Decision<UserState>.To(user,
            new UserRegistered(id, email, displayName, user.Locale),
            new EmailVerificationRequested(id, email, new MailedToken(id, verificationSecret).ToString(), expires));
    }

    /// <summary>
    /// Opens a session with the given lifetime or <see cref="SessionLifetime"/>. If there are too many, the least recently used one ends.
    /// </summary>
    public UserState OpenSession(Guid sessionId, string secret, DateTimeOffset now, Origin? origin = null, TimeSpan? lifetime = null) =>
        this with
        {
            Sessions =
            [
                .. Sessions.Where(s => s.ExpiresAt > now && s.Id != sessionId).OrderByDescending(s => s.RenewedAt).Take(MaxSessions - 1),
                new Session(sessionId, Digest(secret), [], now, now, now + (lifetime ?? SessionLifetime))
                {
                    UserAgent = origin?.UserAgent,
                    Address = origin?.Address,
                },
            ],
        };

    /// <summary>True when this device has signed in before.</summary>
    public bool KnowsDevice(string token) => Devices.Any(d => SameDigest(d.TokenDigest, Device.Digest(token)));

    /// <summary>Records that a device has signed in.</summary>
    public UserState UseDevice(string token, DateTimeOffset now)
    {
        var digest = Device.Digest(token);
        return this with { Devices = [new Device(digest, now), .. Devices.Where(d => d.TokenDigest != digest).Take(MaxDevices - 1)] };
    }

    /// <summary>
    /// Exchanges a refresh token. A token that was used before ends the session, as RFC 9700 section 4.14.2 requires: either the owner or a
    /// thief has the newer token, and nobody can tell which.
    /// </summary>
    public Decision<UserState> Refresh(RefreshToken token, string newSecret, DateTimeOffset now, Origin? origin = null)
    {
        var session = Sessions.FirstOrDefault(s => s.Id == token.SessionId);
        if (session is null || session.ExpiresAt <= now)
            return Unauthenticated;
        var digest = Digest(token.Secret);
        if (SameDigest(session.TokenDigest, digest))
        {
            var renewed = session with
            {
                TokenDigest = Digest(newSecret),
                SpentDigests = [session.TokenDigest, .. session.SpentDigests.Take(MaxSpentTokens - 1)],
                RenewedAt = now,
                ExpiresAt = now + SessionLifetime,
                UserAgent = origin?.UserAgent ?? session.UserAgent,
                Address = origin?.Address ?? session.Address,
            };
            return Decision<UserState>.To(this with { Sessions = [.. Sessions.Select(s => s.Id == session.Id ? renewed : s)] });
        }
        return session.SpentDigests.Any(spent => SameDigest(spent, digest))
            ? Decision<UserState>.To(EndSession(session.Id), new SessionReuseDetected(Id, session.Id))
            : Unauthenticated;
    }

    /// <summary>Ends the session that this refresh token belongs to, also if the token was used before.</summary>
    public Decision<UserState> Logout(RefreshToken token)
    {
        var digest = Digest(token.Secret);
        var session = Sessions.FirstOrDefault(s => s.Id == token.SessionId
            && (SameDigest(s.TokenDigest, digest) || s.SpentDigests.Any(spent => SameDigest(spent, digest))));
        return session is null ? Decision<UserState>.NoChange(this) : Decision<UserState>.To(EndSession(session.Id));
    }

    /// <summary>True when the session is open.</summary>
    public bool HasSession(Guid sessionId) => Sessions.Any(s => s.Id == sessionId);

    /// <summary>True when access tokens of this session are valid at this time.</summary>
    public bool IsOpen(Guid sessionId, DateTimeOffset now) => Sessions.Any(s => s.Id == sessionId && s.ExpiresAt > now);

    /// <summary>Ends one session.</summary>
    public Decision<UserState> End(Guid sessionId) => HasSession(sessionId)
        ? Decision<UserState>.To(EndSession(sessionId))
        : Error.NotFound("not-found.session", "The session was not found.");

    /// <summary>Ends all sessions but one.</summary>
    public Decision<UserState> EndAllBut(Guid? keepSession) => Sessions.All(s => s.Id == keepSession)
        ? Decision<UserState>.NoChange(this)
        : Decision<UserState>.To(this with { Sessions = [.. Sessions.Where(s => s.Id == keepSession)] });

    private UserState EndSession(Guid sessionId) => this with { Sessions = [.. Sessions.Where(s => s.Id != sessionId)] };

    /// <summary>Changes the fields that are not null.</summary>
    public Decision<UserState> UpdateProfile(string? displayName, string? locale)
    {
        if (displayName is not null && string.IsNullOrWhiteSpace(displayName))
            return Error.Invalid("displayName", "field.blank", "must not be blank");
        if (displayName is not null && DisplayNames.Problem(displayName) is { } problem)
            return Error.Invalid("displayName", problem);
        var next = this with
        { DisplayName = displayName is null ? DisplayName : DisplayNames.Clean(displayName), Locale = locale ?? Locale };
        return next == this
            ? Decision<UserState>.NoChange(this)
            : Decision<UserState>.To(next, new ProfileUpdated(Id, next.DisplayName, next.Locale));
    }

    /// <summary>
    /// Sets a new password. Ends every session except one, forgets all devices, and drops a change of address that was requested with the
    /// old password.
    /// </summary>
    public Decision<UserState> ChangePassword(string newHash, Guid? keepSession) => Decision<UserState>.To(
        WithoutEmailChange() with
        { PasswordHash = newHash, Reset = null, Sessions = [.. Sessions.Where(s => s.Id == keepSession)], Devices = [] },
        [new PasswordChanged(Id, Email), .. DueWithoutEmailChange]);

    /// <summary>Issues a token for a new password. An earlier token becomes void.</summary>
    public Decision<UserState> RequestReset(string secret, DateTimeOffset now)
    {
        var expires = now + ResetLifetime;
        return Decision<UserState>.To(
            this with { Reset = new MailedDigest(Digest(secret), expires) },
            new PasswordResetRequested(Id, Email, new MailedToken(Id, secret).ToString(), expires));
    }

    /// <summary>True when this token can set a new password now.</summary>
    public bool IsResetSecret(string secret, DateTimeOffset now) => Reset is { } reset && reset.Matches(secret, now);

    /// <summary>
    /// Sets a new password by a token, once. The token was mailed, so it also verifies the address. A pending change of address is dropped.
    /// </summary>
    public Decision<UserState> ResetPassword(string newHash) => Decision<UserState>.To(
        WithoutEmailChange() with
        { PasswordHash = newHash, Reset = null, Verification = null, EmailVerified = true, Sessions = [], Devices = [] },
        [new PasswordChanged(Id, Email), .. Verified, .. DueWithoutEmailChange]);

    /// <summary>The event to publish when a mailed token for something else verifies the address.</summary>
    private IEnumerable<EmailVerified> Verified => EmailVerified ? [] : [new EmailVerified(Id, Email)];

    /// <summary>Issues a token that verifies the address. An earlier token becomes void.</summary>
    public Decision<UserState> RequestVerification(string secret, DateTimeOffset now)
    {
        if (EmailVerified)
            return Error.Of(ErrorCode.Conflict, "error.email-proven", "Your e-mail address is already verified.");
        var expires = now + VerificationLifetime;
        return Decision<UserState>.To(
            this with { Verification = new MailedDigest(Digest(secret), expires) },
            new EmailVerificationRequested(Id, Email, new MailedToken(Id, secret).ToString(), expires));
    }

    /// <summary>Verifies the address.</summary>
    public Decision<UserState> VerifyEmail(string secret, DateTimeOffset now)
    {
        if (EmailVerified && Verification?.Matches(secret, now) == true)
            return Decision<UserState>.NoChange(this);
        // The digest stays, so that a second click on the link gets the same response.
        return Verification?.Matches(secret, now) == true
            ? Decision<UserState>.To(this with { EmailVerified = true }, new EmailVerified(Id, Email))
            : Error.Invalid("token", "field.token-old", "The token is wrong or too old. Ask for a new one.");
    }

    /// <summary>Adds or replaces an address.</summary>
    public Decision<UserState> PutAddress(SavedAddress address, bool mustExist)
    {
        var known = Addresses.Any(a => a.Id == address.Id);
        if (!known && mustExist)
            return Error.NotFound("not-found.address", "The address was not found.");
        if (!known && Addresses.Length >= MaxAddresses)
            return Error.Of(ErrorCode.Conflict, "error.addresses", $"An account holds at most {MaxAddresses} addresses. Remove one first.");
        return Addresses.Contains(address)
            ? Decision<UserState>.NoChange(this)
            : Decision<UserState>.To(this with
            {
                Addresses = known ? [.. Addresses.Select(a => a.Id == address.Id ? address : a)] : [.. Addresses, address],
            });
    }

    /// <summary>Removes an address.</summary>
    public Decision<UserState> RemoveAddress(Guid id) => Addresses.Any(a => a.Id == id)
        ? Decision<UserState>.To(this with { Addresses = [.. Addresses.Where(a => a.Id != id)] })
        : Error.NotFound("not-found.address", "The address was not found.");

    /// <summary>Replaces the roles. Administrators cannot remove their own role, because the last one would lock everybody out.</summary>
    public Decision<UserState> SetRoles(ImmutableArray<string> roles, Guid? changedBy)
    {
        if (roles.Any(r => r is null || !Role.All.Contains(r)))
            return Error.Invalid("roles", "field.all-of", $"must be one or more of {string.Join(", ", Role.All)}");
        ImmutableArray<string> next = [.. Role.All.Where(r => r == Role.Customer || roles.Contains(r))];
        if (changedBy == Id && !next.Contains(Role.Admin))
            return Error.Of(
                ErrorCode.Conflict, "error.own-role", "Administrators cannot take the role from themselves. Ask another administrator.");
        return next.SequenceEqual(Roles)
            ? Decision<UserState>.NoChange(this)
            : Decision<UserState>.To(this with { Roles = next }, new RolesChanged(Id, next, changedBy));
    }

    /// <summary>Erases everything except the id, and the addresses until their claims are released.</summary>
    public Decision<UserState> Erase(DateTimeOffset now) => Erasure is not null
        ? Decision<UserState>.NoChange(this)
        : Decision<UserState>.To(ToErased(new Erasure(now, NormalizedEmail, null) { OtherEmails = OtherEmails }), new ErasureDue(Id));

    /// <summary>Completes the erasure.</summary>
    public Decision<UserState> EndErasure(DateTimeOffset now) => Erasure is { CompletedAt: null } erasure
        ? Decision<UserState>.To(ToErased(erasure with { Email = null, OtherEmails = null, CompletedAt = now }), new UserErased(Id))
        : Decision<UserState>.NoChange(this);

    /// <summary>Creates a new record, so that fields that are added later are erased, too.</summary>
    private UserState ToErased(Erasure erasure) => new()
    {
        Id = Id,
        Email = "",
        NormalizedEmail = "",
        DisplayName = "",
        Locale = "",
        PasswordHash = "",
        Roles = [],
        CreatedAt = erasure.RequestedAt,
        Erasure = erasure,
    };

    /// <summary>Returns the account's data, without secrets.</summary>
    public AccountData ToAccountData(int version) =>
        new(
            ToView(version), Addresses,
            [.. Sessions.Select(s => new SessionData(s.Id, s.CreatedAt, s.RenewedAt, s.ExpiresAt, s.UserAgent, s.Address))])
        {
            EmailChange = EmailChange is { } change ? new EmailChangeData(change.Email, change.Confirmation.ExpiresAt) : null,
            FormerEmail = FormerEmail is { } former ? new FormerEmailData(former.Email, former.UndoUntil) : null,
            CustomerGroups = CustomerGroups,
            TaxExemptionReason = TaxExemptionReason,
        };

    /// <summary>Returns the account as its owner sees it.</summary>
    public User ToView(int version) => new(Id, Email, EmailVerified, DisplayName, Locale, Roles, CreatedAt) { Version = version };

    /// <summary>Returns 256 random bits as URL-safe text.</summary>
    public static string NewSecret() =>
        Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <summary>Returns the SHA-256 digest. The secrets are random, so a slow hash would add nothing.</summary>
    public static string Digest(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    internal static bool SameDigest(string a, string b) =>
        CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(a), Encoding.ASCII.GetBytes(b));

    internal static Error Unauthenticated { get; } = Error.Of(
        ErrorCode.Unauthenticated, "error.credentials", "The credentials are wrong or no longer valid.");
}

/// <summary>The progress of an account's erasure.</summary>
/// <param name="RequestedAt">When its owner requested it.</param>
/// <param name="Email">The normalized address, until the last step is done.</param>
/// <param name="CompletedAt">When the last step was done.</param>
public sealed record Erasure(DateTimeOffset RequestedAt, string? Email, DateTimeOffset? CompletedAt)
{
    /// <summary>
    /// Other normalized addresses that the account may claim: a former one, and the target of a pending change. Null for none, and once the
    /// last step is done.
    /// </summary>
    public ImmutableArray<string>? OtherEmails { get; init; }
}

/// <summary>An open session.</summary>
/// <param name="Id">The id, which every access token contains as <c>sid</c>.</param>
/// <param name="TokenDigest">Digest of the valid refresh token.</param>
/// <param name="SpentDigests">Digests of used refresh tokens, newest first.</param>
/// <param name="CreatedAt">When the customer signed in.</param>
/// <param name="RenewedAt">When it was last renewed.</param>
/// <param name="ExpiresAt">When it ends without a renewal.</param>
public sealed record Session(
    Guid Id, string TokenDigest, ImmutableArray<string> SpentDigests, DateTimeOffset CreatedAt, DateTimeOffset RenewedAt,
    DateTimeOffset ExpiresAt)
{
    /// <summary>The client's User-Agent at the last renewal.</summary>
    public string? UserAgent { get; init; }

    /// <summary>The IP address of the last renewal.</summary>
    public string? Address { get; init; }

    /// <summary>Returns the session as its owner sees it.</summary>
    public UserSession ToView(DateTimeOffset? usedAt) =>
        new(Id, CreatedAt, usedAt > RenewedAt ? usedAt.Value : RenewedAt, ExpiresAt, UserAgent, Address);
}

/// <summary>The stored form of a mailed token.</summary>
public sealed record MailedDigest(string Digest, DateTimeOffset ExpiresAt)
{
    /// <summary>True when <paramref name="secret"/> matches and has not expired.</summary>
    public bool Matches(string secret, DateTimeOffset now) => now < ExpiresAt && UserState.SameDigest(Digest, UserState.Digest(secret));
}

/// <summary>The fields by which SQL finds accounts. The database has a unique index on the address.</summary>
/// <param name="Email">The normalized e-mail address.</param>
/// <param name="CreatedAt">When the account was created.</param>
/// <param name="Roles">The roles.</param>
/// <param name="Groups">The customer groups; null for none.</param>
public sealed record UserIndex(string Email, string CreatedAt, ImmutableArray<string> Roles, ImmutableArray<string>? Groups)
{
    /// <summary>Returns the fields of an account.</summary>
    public static UserIndex Of(UserState user) => new(
        user.NormalizedEmail, SortableTime.Of(user.CreatedAt), user.Roles, user.CustomerGroups.IsEmpty ? null : user.CustomerGroups);
}
