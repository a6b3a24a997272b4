using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Addresses;
using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Logging;
using SoonShop.Notifications;
using SoonShop.Pricing;
using SoonShop.Privacy;

namespace SoonShop.Users;

[CollectionAgeLimit(Minutes = 5), DeactivateWhenEmpty]
internal sealed partial class UserGrain(
    [PersistentState("user")] IPersistentState<StateEnvelope<UserState>> storage, TimeProvider time,
    PasswordHashing passwords, IAuditLog audit, IAuditAggregator refused, IPersonalRecords records, KnownRules rules,
    IOptions<AccountsOptions> options, IOptions<NotificationsOptions> notifications, ILogger<UserGrain> log)
    : AggregateGrain<UserState>(storage, time), IUserGrain
{
    protected override string Aggregate => "user";

    protected override string StreamKeyOf(UserState state) => GrainKey;

    protected override object? IndexOf(UserState state) => state.Erasure is null ? UserIndex.Of(state) : null;

    /// <summary>The account. Null once its erasure has begun, so that late calls find no account.</summary>
    private new UserState? State => base.State is { Erasure: null } account ? account : null;

    private Guid Id => this.GetPrimaryKey();

    /// <summary>The most open orders that an error names.</summary>
    private const int MaxNamedOrders = 10;

    /// <summary>Protects against guessing the password with a stolen access token.</summary>
    private readonly LoginThrottle throttle = new(options.Value, time);

    /// <summary>
    /// True after a login attempt without an account. Such an activation stays for a while, like that of an account. Otherwise each further
    /// attempt would take the time of a read, which would reveal that nobody has the address.
    /// </summary>
    private bool isTried;

    private protected override bool KeepsMemory => isTried || !throttle.IsEmpty;

    /// <summary>When each session was last used, since this activation began. The state stores only when a session was renewed.</summary>
    private readonly Dictionary<Guid, DateTimeOffset> seen = [];

    async Task<Result<SignedIn>> IUserGrain.RegisterAsync(RegisterUser command)
    {
        if (State is { } known)
        {
            if (known.NormalizedEmail != EmailAddress.Normalize(command.Email))
                return Taken;
            return await passwords.VerifyAsync(known.UsablePasswordHash, command.Password) switch
            {
                { IsRight: true } right => await OpenSessionAsync(UserState.SessionLifetime, right.NewHash),
                { IsRight: false } => Taken,
                null => PasswordHashing.Full,
            };
        }
        if (base.State is not null)
            return Error.Of(
                ErrorCode.Conflict, "error.account-erased",
                "The account that this Idempotency-Key made was erased. Register with a new key.");
        if (Problems(command) is { Count: > 0 } problems)
            return Error.Invalid(problems);

        // Before the address is reserved for a minute, so that a rejected caller can retry at once.
        if (await passwords.HashAsync(command.Password) is not { } hash)
            return PasswordHashing.Full;
        var email = GrainFactory.GetGrain<IEmailGrain>(UserKeys.Email(EmailAddress.Normalize(command.Email)));
        if (!await email.ReserveAsync(Id))
            return Taken;
        var verification = UserState.NewSecret();
        var decision = UserState.Register(Id, command, hash, verification, Now);
        var sessionId = Guid.NewGuid();
        var secret = UserState.NewSecret();
        var device = UserState.NewSecret();
        await CommitAsync(
            decision with { State = decision.State.OpenSession(sessionId, secret, Now, Origin.Current).UseDevice(device, Now) },
            Audit(Mine("users.register") with { After = new { decision.State.Roles } }));
        LogMailed("e-mail verification", State!.Email, verification);
        await email.ConfirmAsync(Id);
        return SignedIn(sessionId, secret) with { DeviceToken = device };
    }

    async Task<Result<User>> IUserGrain.ImportAsync(ImportUser command)
    {
        var normalized = EmailAddress.Normalize(command.Email);
        if (State is { } known)
        {
            if (known.NormalizedEmail != normalized)
                return Taken;
            await ClaimOf(normalized).ConfirmAsync(Id);
            return known.ToView(Version);
        }
        if (base.State is not null)
            return Error.Of(ErrorCode.Conflict, "error.imported-account-erased", "The account that this import made was erased.");
        var decision = UserState.Import(Id, command, Now);
        if (decision.Error is { } error)
            return error;
        if (await rules.CheckGroupsAsync(command.Groups, []) is { } unknown)
            return unknown;
        if (!await ClaimOf(normalized).ReserveAsync(Id))
            return Taken;
        await CommitAsync(decision, Audit(new AuditEvent("users.import", Actors.User(Id)) { After = PricingFacts(decision.State) }));
        CrashPoint.Pass("user-import.created");
        await ClaimOf(normalized).ConfirmAsync(Id);
        return State!.ToView(Version);
    }

    Task<Result<SignedIn>> IUserGrain.LoginAsync(string password) => LoginAsync(password, UserState.SessionLifetime);

    Task<Result<SignedIn>> IUserGrain.LoginBrieflyAsync(string password, TimeSpan lifetime)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(lifetime, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lifetime, UserState.SessionLifetime);
        return LoginAsync(password, lifetime);
    }

    private async Task<Result<SignedIn>> LoginAsync(string password, TimeSpan lifetime)
    {
        isTried = true;
        return await passwords.VerifyAsync(State?.UsablePasswordHash, password) switch
        {
            { IsRight: true } right => await OpenSessionAsync(lifetime, right.NewHash),
            { IsRight: false } => UserState.Unauthenticated,
            null => PasswordHashing.Full,
        };
    }

    async Task<Result<SignedIn>> IUserGrain.RefreshAsync(RefreshToken token)
    {
        var secret = UserState.NewSecret();
        var decision = State?.Refresh(token, secret, Now, Origin.Current) ?? UserState.Unauthenticated;
        if (decision.Error is { } error)
            return error;
        if (decision.State.HasSession(token.SessionId))
        {
            await CommitAsync(decision);
            return SignedIn(token.SessionId, secret);
        }
        await CommitAsync(decision, Audit(Mine("sessions.reuse") with
        {
            Actor = Actors.Anonymous,
            Outcome = AuditOutcome.Denied,
            Details = new { ended = token.SessionId },
        }));
        return UserState.Unauthenticated;
    }

    async Task IUserGrain.LogoutAsync(RefreshToken token)
    {
        if (State is not { } user)
            return;
        var decision = user.Logout(token);
        await CommitAsync(decision, Audit(Mine("sessions.end") with { Details = new { ended = new[] { token.SessionId } } }));
    }

    Task<SessionStatus> IUserGrain.GetSessionStatusAsync(Guid sessionId)
    {
        if (State is not { } user || !user.IsOpen(sessionId, Now))
            return Task.FromResult(new SessionStatus(false, []));
        if (seen.Count >= 2 * UserState.MaxSessions)
            seen.Clear();
        seen[sessionId] = Now;
        return Task.FromResult(new SessionStatus(true, user.Roles));
    }

    Task<ImmutableArray<UserSession>> IUserGrain.GetSessionsAsync()
    {
        ImmutableArray<UserSession> sessions =
        [
            .. (State?.Sessions ?? []).Where(s => s.ExpiresAt > Now)
                .Select(s => s.ToView(seen.TryGetValue(s.Id, out var at) ? at : null)).OrderByDescending(s => s.LastUsedAt),
        ];
        return Task.FromResult(sessions);
    }

    Task<Result<Done>> IUserGrain.EndSessionAsync(Guid sessionId) =>
        DecideAsync(user => user.End(sessionId), _ => default(Done), _ =>
            Mine("sessions.end") with { Details = new { ended = new[] { sessionId } } });

    async Task<ImmutableArray<Guid>> IUserGrain.EndSessionsAsync(Guid? keepSession)
    {
        if (State is not { } user)
            return [];
        ImmutableArray<Guid> ended = [.. user.Sessions.Select(s => s.Id).Where(id => id != keepSession)];
        await CommitAsync(user.EndAllBut(keepSession), Audit(Mine("sessions.end") with { Count = ended.Length, Details = new { ended } }));
        return ended;
    }

    Task<Result<User>> IUserGrain.GetAsync() =>
        Task.FromResult<Result<User>>(State is { } user ? user.ToView(Version) : NoUser);

    Task<Result<User>> IUserGrain.UpdateProfileAsync(string? displayName, string? locale) =>
        DecideAsync(user => user.UpdateProfile(displayName, locale), user => user.ToView(Version));

    async Task<Result<Done>> IUserGrain.ChangePasswordAsync(Guid? keepSession, string currentPassword, string newPassword)
    {
        if (Problem(newPassword) is { } problem)
            return Error.Invalid("newPassword", problem);
        if (await CheckPasswordAsync(currentPassword, "users.change-password") is { } error)
            return error;
        if (await passwords.HashAsync(newPassword) is not { } hash)
            return PasswordHashing.Full;
        await CommitAsync(State!.ChangePassword(hash, keepSession), Audit(Mine("users.change-password")));
        return default(Done);
    }

    async Task<Result<bool>> IUserGrain.ReplacePasswordAsync(ImmutableArray<string> known, string newPassword)
    {
        if (State is not { } user)
            return NoUser;
        var accepts = false;
        foreach (var password in known)
        {
            if (await passwords.VerifyAsync(user.UsablePasswordHash, password) is not { } check)
                return PasswordHashing.Full;
            accepts |= check.IsRight;
        }
        if (!accepts)
            return false;
        if (Problem(newPassword) is { } problem)
            return Error.Invalid("newPassword", problem);
        if (await passwords.HashAsync(newPassword) is not { } hash)
            return PasswordHashing.Full;
        await CommitAsync(user.ChangePassword(hash, null), Audit(new AuditEvent("users.replace-password", Actors.User(Id))));
        return true;
    }

    /// <summary>Verifies the current password, for actions that an access token alone must not allow. Null when it is correct.</summary>
    private async Task<Error?> CheckPasswordAsync(string currentPassword, string action)
    {
        using var turn = await throttle.EnterAsync();
        if (turn.LockedFor is { } wait)
            return LoginThrottle.Locked(wait);
        var right = await passwords.VerifyAsync(State?.UsablePasswordHash, currentPassword);
        if (right is null)
            return PasswordHashing.Full;
        if (!right.IsRight)
        {
            throttle.Failed();
            DelayDeactivation(throttle.MemoryOf(isAccount: true));
            refused.Record(action, Actors.User(Id), AuditOutcome.Failure);
            return Error.Invalid("currentPassword", "field.password", "is not the current password");
        }
        throttle.Reset();
        return null;
    }

    async Task<Result<AccountData>> IUserGrain.GetAccountDataAsync()
    {
        if (State is not { } user)
            return NoUser;
        await audit.AddAsync(Mine("users.export"), CancellationToken.None);
        return user.ToAccountData(Version);
    }

    async Task<Result<ErasureStatus>> IUserGrain.EraseAsync(string currentPassword)
    {
        if (ErasureStatus is { } begun)
            return begun;
        if (State is not { } user)
            return NoUser;
        if (await CheckPasswordAsync(currentPassword, "users.erase") is { } error)
            return error;
        if (user.Roles.Contains(Role.Admin))
            return Error.Of(
                ErrorCode.Conflict, "error.administrator-stays",
                "An administrator's account cannot be erased. Have another administrator remove the role first.");
        if (await records.FindOpenOrdersAsync(Id, MaxNamedOrders, CancellationToken.None) is { Length: > 0 } open)
            return Error.Of(
                ErrorCode.Conflict, "error.open-orders",
                $"Some orders are still open: {string.Join(", ", open)}. Cancel them, or wait until they are delivered or refunded.");
        await CommitAsync(user.Erase(Now), Audit(Mine("users.erase")));
        CrashPoint.Pass("erasure.begun");
        return ErasureStatus!;
    }

    async Task IUserGrain.ResumeErasureAsync()
    {
        if (base.State is not { Erasure: { CompletedAt: null, Email: { } email } } user)
            return;
        await new AccountErasure(GrainFactory, records, Time).RunAsync(Id, [email, .. user.Erasure.OtherEmails ?? []]);
        await CommitAsync(user.EndErasure(Now));
        CrashPoint.Pass("erasure.completed");
    }

    Task<ErasureStatus?> IUserGrain.GetErasureAsync() => Task.FromResult(ErasureStatus);

    private ErasureStatus? ErasureStatus => base.State?.Erasure is { } erasure ? new(Id, erasure.RequestedAt, erasure.CompletedAt) : null;

    async Task IUserGrain.RequestPasswordResetAsync()
    {
        if (State is not { } user)
            return;
        var secret = UserState.NewSecret();
        await CommitAsync(user.RequestReset(secret, Now));
        LogMailed("password reset", user.Email, secret);
    }

    async Task<Result<Done>> IUserGrain.ResetPasswordAsync(string secret, string newPassword)
    {
        if (Problem(newPassword) is { } problem)
            return Error.Invalid("password", problem);
        if (State is not { } user || !user.IsResetSecret(secret, Now))
        {
            refused.Record("users.reset-password", Actors.User(Id), AuditOutcome.Failure);
            return Error.Invalid("token", "field.token-used", "The token is wrong, used or too old. Ask for a new one.");
        }
        if (await passwords.HashAsync(newPassword) is not { } hash)
            return PasswordHashing.Full;
        await CommitAsync(user.ResetPassword(hash), Audit(Mine("users.reset-password")));
        await GrainFactory.GetGrain<IEmailGrain>(UserKeys.Email(EmailAddress.Normalize(user.NormalizedEmail))).UnlockAsync();
        return default(Done);
    }

    async Task<Result<Done>> IUserGrain.RequestVerificationAsync()
    {
        var secret = UserState.NewSecret();
        var result = await DecideAsync(user => user.RequestVerification(secret, Now), _ => default(Done));
        if (!result.IsError)
            LogMailed("e-mail verification", State!.Email, secret);
        return result;
    }

    Task<Result<Done>> IUserGrain.VerifyEmailAsync(string secret) => State is null
        ? Task.FromResult<Result<Done>>(Error.Invalid("token", "field.token-old", "The token is wrong or too old. Ask for a new one."))
        : DecideAsync(user => user.VerifyEmail(secret, Now), _ => default(Done), _ => Mine("users.verify-email"));

    async Task<Result<Done>> IUserGrain.RequestEmailChangeAsync(Guid? session, string newEmail, string currentPassword)
    {
        if (State is not { } user)
            return NoUser;
        if (user.CheckCanChangeEmail(newEmail, Now) is { } problem)
            return problem;
        if (await CheckPasswordAsync(currentPassword, "users.request-email-change") is { } error)
            return error;
        if (!await ClaimOf(EmailAddress.Normalize(newEmail)).IsFreeAsync(Id))
            return Taken;
        var (confirm, stop) = (UserState.NewSecret(), UserState.NewSecret());
        var result = await DecideAsync(
            u => u.RequestEmailChange(newEmail, session, confirm, stop, Now), _ => default(Done), _ => Mine("users.request-email-change"));
        if (!result.IsError)
        {
            LogMailed("e-mail change", newEmail, confirm);
            LogMailed("e-mail change undo", State!.Email, stop);
        }
        return result;
    }

    async Task<Result<Done>> IUserGrain.ConfirmEmailChangeAsync(string secret)
    {
        if (State?.IsEmailChangedBy(secret, Now) == true)
            return default(Done);
        if (State is not { } user || !user.IsEmailChangeSecret(secret, Now))
        {
            refused.Record("users.change-email", Actors.User(Id), AuditOutcome.Failure);
            return UserState.WrongEmailToken;
        }
        // An unconfirmed claim is resolved by asking whether its user has the address. This address is about to become a former one, so its
        // claim must be final.
        await ClaimOf(user.NormalizedEmail).ConfirmAsync(Id);
        if (!await ClaimOf(user.EmailChange!.NormalizedEmail).ReserveAsync(Id))
            return Taken;
        CrashPoint.Pass("email-change.reserved");
        var undo = UserState.NewSecret();
        var undoTime = TimeSpan.FromDays(options.Value.EmailChangeUndoDays);
        await CommitAsync(user.ConfirmEmailChange(undo, Now, undoTime), Audit(Mine("users.change-email")));
        CrashPoint.Pass("email-change.confirmed");
        LogMailed("e-mail change undo", user.Email, undo);
        await SettleEmailClaimsAsync();
        return default(Done);
    }

    async Task<Result<Done>> IUserGrain.UndoEmailChangeAsync(string secret)
    {
        var reset = UserState.NewSecret();
        var decision = State?.UndoEmailChange(secret, reset, Now) ?? UserState.WrongEmailToken;
        if (decision.Error is { } error)
        {
            refused.Record("users.undo-email-change", Actors.User(Id), AuditOutcome.Failure);
            return error;
        }
        if (!decision.Changed)
            return default(Done);
        await CommitAsync(decision, Audit(Mine("users.undo-email-change")));
        CrashPoint.Pass("email-change.undone");
        LogMailed("password reset", State!.Email, reset);
        await SettleEmailClaimsAsync();
        return default(Done);
    }

    async Task IUserGrain.SettleEmailClaimsAsync(DateTimeOffset? dueAt)
    {
        if (State is not { } user)
            return;
        // Another silo's clock may be behind the clock that set the time.
        await CommitAsync(user.ExpireEmails(dueAt > Now ? dueAt.Value : Now));
        await SettleEmailClaimsAsync();
    }

    /// <summary>Aligns the claims with the state. If this fails, the event that was committed with the state does it later.</summary>
    private async Task SettleEmailClaimsAsync()
    {
        var user = State!;
        var claim = ClaimOf(user.NormalizedEmail);
        if (!await claim.ReserveAsync(Id))
            throw new UnavailableException($"Another account claims the e-mail address of the account {Id}.");
        await claim.ConfirmAsync(Id);
        CrashPoint.Pass("email-change.claimed");
        foreach (var email in user.GetEmailsToRelease())
        {
            await ClaimOf(email).ReleaseAsync(Id);
            CrashPoint.Pass("email-change.released");
        }
        await CommitAsync(user.EndRelease());
        CrashPoint.Pass("email-change.settled");
    }

    private IEmailGrain ClaimOf(string normalizedEmail) => GrainFactory.GetGrain<IEmailGrain>(UserKeys.Email(normalizedEmail));

    Task<ImmutableArray<SavedAddress>> IUserGrain.GetAddressesAsync() => Task.FromResult(State?.Addresses ?? []);

    Task<Result<SavedAddress>> IUserGrain.PutAddressAsync(Guid addressId, Address address, bool mustExist)
    {
        var (usable, errors) = AddressRules.Check(address);
        if (errors.Count > 0)
            return Task.FromResult<Result<SavedAddress>>(Error.Invalid(errors));
        var saved = new SavedAddress(addressId, usable);
        return DecideAsync(user => user.PutAddress(saved, mustExist), _ => saved);
    }

    Task<Result<Done>> IUserGrain.RemoveAddressAsync(Guid addressId) =>
        DecideAsync(user => user.RemoveAddress(addressId), _ => default(Done));

    async Task<Result<User>> IUserGrain.SetRolesAsync(Caller caller, ImmutableArray<string> roles, int? expectedVersion)
    {
        // The token may be older than the loss of the role, so the current roles are checked.
        var callerRoles = caller.UserId == Id ? State?.Roles
            : caller.UserId is { } callerId ? (await GrainFactory.GetGrain<IUserGrain>(callerId).GetAsync()).Value?.Roles : null;
        if (!caller.IsAdmin || callerRoles?.Contains(Role.Admin) != true)
            return Error.Of(ErrorCode.Forbidden, "error.roles", "Only administrators may change roles.");
        return await DecideAsync(
            user => expectedVersion is { } expected && expected != Version
                ? Error.PreconditionFailed() : user.SetRoles(roles, caller.UserId),
            user => user.ToView(Version),
            next => new AuditEvent("users.set-roles", Actors.User(Id)) { Before = new { State?.Roles }, After = new { next.Roles } });
    }

    Task<Result<PricingProfile>> IUserGrain.GetPricingProfileAsync() =>
        Task.FromResult<Result<PricingProfile>>(State is { } user ? user.ToPricingProfile(Version) : NoUser);

    async Task<Result<PricingProfile>> IUserGrain.SetPricingProfileAsync(PricingProfile profile, int? expectedVersion)
    {
        if (State is not { } user)
            return NoUser;
        if (expectedVersion is { } expected && expected != Version)
            return Error.PreconditionFailed();
        if (user.SetPricingProfile(profile) is { Error: null, Changed: true }
            && await rules.CheckGroupsAsync(profile.Groups, user.CustomerGroups) is { } unknown)
            return unknown;
        return await DecideAsync(
            current => current.SetPricingProfile(profile), current => current.ToPricingProfile(Version),
            next => new AuditEvent("users.set-pricing", Actors.User(Id)) { Before = PricingFacts(State!), After = PricingFacts(next) });
    }

    /// <summary>Returns the fields for the audit log. The reason may be personal, and the log outlives the account.</summary>
    private static object PricingFacts(UserState user) => new { user.CustomerGroups, TaxExempt = user.TaxExemptionReason is not null };

    Task<bool> IUserGrain.KnowsDeviceAsync(string token)
    {
        isTried = true;
        return Task.FromResult(State?.KnowsDevice(token) == true);
    }

    Task<bool> IUserGrain.HasEmailAsync(string email) => Task.FromResult(State?.NormalizedEmail == email);

    private async Task<Result<T>> DecideAsync<T>(
        Func<UserState, Decision<UserState>> rule, Func<UserState, T> answer, Func<UserState, AuditEvent>? auditEvent = null)
    {
        if (State is not { } user)
            return NoUser;
        var decision = rule(user);
        if (decision.Error is { } error)
            return error;
        await (auditEvent is null ? CommitAsync(decision) : CommitAsync(decision, Audit(auditEvent(decision.State))));
        return answer(State!);
    }

    private async Task<Result<SignedIn>> OpenSessionAsync(TimeSpan lifetime, string? newHash)
    {
        var sessionId = Guid.NewGuid();
        var secret = UserState.NewSecret();
        var device = Device.Current is { } shown && State!.KnowsDevice(shown) ? shown : UserState.NewSecret();
        var next = (State! with { PasswordHash = newHash ?? State.PasswordHash })
            .OpenSession(sessionId, secret, Now, Origin.Current, lifetime).UseDevice(device, Now);
        await CommitAsync(next, [Audit(Mine("sessions.open") with { Details = new { opened = sessionId } })]);
        return SignedIn(sessionId, secret) with { DeviceToken = device };
    }

    /// <summary>Creates an audit entry for an action of the account's owner, who may not be signed in.</summary>
    private AuditEvent Mine(string action) => new(action, Actors.User(Id)) { Actor = Actors.User(Id) };

    private SignedIn SignedIn(Guid sessionId, string secret) =>
        new(State!.ToView(Version), sessionId, new RefreshToken(Id, sessionId, secret));

    private ErrorText? Problem(string newPassword) =>
        NewPassword.Problem(newPassword, State?.Email, State?.DisplayName, notifications.Value.ShopName);

    private Dictionary<string, ErrorText[]> Problems(RegisterUser command)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        if (!EmailAddress.IsValid(command.Email?.Trim()))
            errors["email"] = [ErrorText.Of("field.email", "is not a valid e-mail address")];
        if (NewPassword.Problem(command.Password, command.Email, command.DisplayName, notifications.Value.ShopName) is { } problem)
            errors["password"] = [problem];
        if (command.DisplayName is { } name && DisplayNames.Problem(name) is { } wrong)
            errors["displayName"] = [wrong];
        return errors;
    }

    private static Error Taken { get; } = Error.Of(
        ErrorCode.EmailTaken, "error.email-taken", "Another account has this e-mail address. Sign in, or ask for a new password.");

    private static Error NoUser { get; } = Error.NotFound("not-found.user", "The user was not found.");

    private void LogMailed(string purpose, string email, string secret)
    {
        if (options.Value.LogMailedTokens)
            LogMailedToken(log, purpose, email, new MailedToken(Id, secret).ToString());
    }

    [LoggerMessage(Level = LogLevel.Information, EventName = LogEvents.DevelopmentSecret,
        Message = "Development: {Purpose} token for {Email}: {Token}")]
    private static partial void LogMailedToken(ILogger log, string purpose, string email, string token);
}
