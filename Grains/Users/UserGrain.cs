using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Aggregates;

namespace SoonShop.Users;

internal sealed partial class UserGrain(
    [PersistentState("user")] IPersistentState<Document<UserState>> storage, TimeProvider time,
    PasswordHashing passwords, IOptions<AccountsOptions> options, ILogger<UserGrain> log)
    : AggregateGrain<UserState>(storage, time), IUserGrain
{
    protected override string Aggregate => "user";

    protected override string StreamKeyOf(UserState state) => GrainKey;

    protected override object IndexOf(UserState state) => new UserIndex(state.NormalizedEmail, SortableTime.Of(state.CreatedAt), state.Roles);

    private Guid Id => this.GetPrimaryKey();

    /// <summary>Against guessing the password with a stolen access token.</summary>
    private readonly LoginThrottle throttle = new(options.Value, time);

    async Task<Outcome<SignedIn>> IUserGrain.RegisterAsync(RegisterUser command)
    {
        if (State is { } known)
        {
            return known.NormalizedEmail == EmailAddress.Normalize(command.Email) && await passwords.VerifyAsync(known.PasswordHash, command.Password)
                ? await OpenSessionAsync()
                : Taken;
        }
        if (Problems(command) is { Count: > 0 } problems)
            return Refusal.Invalid(problems);

        var email = GrainFactory.GetGrain<IEmailGrain>(UserKeys.Email(EmailAddress.Normalize(command.Email)));
        if (!await email.ReserveAsync(Id))
            return Taken;
        var verification = UserState.NewSecret();
        var decision = UserState.Register(Id, command, await passwords.HashAsync(command.Password), verification, Now);
        var sessionId = Guid.NewGuid();
        var secret = UserState.NewSecret();
        await CommitAsync(decision with { State = decision.State.OpenSession(sessionId, secret, Now) });
        LogMailed("e-mail verification", State!.Email, verification);
        await email.ConfirmAsync(Id);
        return SignedIn(sessionId, secret);
    }

    async Task<Outcome<SignedIn>> IUserGrain.LoginAsync(string password) =>
        await passwords.VerifyAsync(State?.PasswordHash, password) ? await OpenSessionAsync() : UserState.Unauthenticated;

    async Task<Outcome<SignedIn>> IUserGrain.RefreshAsync(RefreshToken token)
    {
        var secret = UserState.NewSecret();
        var decision = State?.Refresh(token, secret, Now) ?? UserState.Unauthenticated;
        if (decision.Refusal is { } refusal)
            return refusal;
        await CommitAsync(decision);
        return State!.HasSession(token.SessionId) ? SignedIn(token.SessionId, secret) : UserState.Unauthenticated;
    }

    async Task IUserGrain.LogoutAsync(RefreshToken token)
    {
        if (State is { } user)
            await CommitAsync(user.Logout(token));
    }

    Task<Outcome<User>> IUserGrain.GetAsync() =>
        Task.FromResult<Outcome<User>>(State is { } user ? user.ToView(Version) : NoUser);

    Task<Outcome<User>> IUserGrain.UpdateProfileAsync(string? displayName, string? locale) =>
        DecideAsync(user => user.UpdateProfile(displayName, locale), user => user.ToView(Version));

    async Task<Outcome<Done>> IUserGrain.ChangePasswordAsync(Guid? keepSession, string currentPassword, string newPassword)
    {
        if (PasswordPolicy.Problem(newPassword) is { } problem)
            return Refusal.Invalid("newPassword", problem);
        using var turn = await throttle.EnterAsync();
        if (turn.LockedFor is { } wait)
            return LoginThrottle.Locked(wait);
        if (!await passwords.VerifyAsync(State?.PasswordHash, currentPassword))
        {
            throttle.Failed();
            DelayDeactivation(throttle.Memory);
            return Refusal.Invalid("currentPassword", "is not the current password");
        }
        throttle.Reset();
        await CommitAsync(State!.ChangePassword(await passwords.HashAsync(newPassword), keepSession));
        return default(Done);
    }

    async Task IUserGrain.RequestPasswordResetAsync()
    {
        if (State is not { } user)
            return;
        var secret = UserState.NewSecret();
        await CommitAsync(user.RequestReset(secret, Now));
        LogMailed("password reset", user.Email, secret);
    }

    async Task<Outcome<Done>> IUserGrain.ResetPasswordAsync(string secret, string newPassword)
    {
        if (PasswordPolicy.Problem(newPassword) is { } problem)
            return Refusal.Invalid("password", problem);
        if (State is not { } user || !user.IsResetSecret(secret, Now))
            return Refusal.Invalid("token", "The token is wrong, used or too old. Ask for a new one.");
        await CommitAsync(user.ResetPassword(await passwords.HashAsync(newPassword)));
        await GrainFactory.GetGrain<IEmailGrain>(UserKeys.Email(user.NormalizedEmail)).UnlockAsync();
        return default(Done);
    }

    Task<Outcome<Done>> IUserGrain.VerifyEmailAsync(string secret) => State is null
        ? Task.FromResult<Outcome<Done>>(Refusal.Invalid("token", "The token is wrong or too old. Ask for a new one."))
        : DecideAsync(user => user.VerifyEmail(secret, Now), _ => default(Done));

    Task<ImmutableArray<SavedAddress>> IUserGrain.GetAddressesAsync() => Task.FromResult(State?.Addresses ?? []);

    Task<Outcome<SavedAddress>> IUserGrain.PutAddressAsync(Guid addressId, Address address, bool mustExist)
    {
        var saved = new SavedAddress(addressId, address);
        return DecideAsync(user => user.PutAddress(saved, mustExist), _ => saved);
    }

    Task<Outcome<Done>> IUserGrain.RemoveAddressAsync(Guid addressId) =>
        DecideAsync(user => user.RemoveAddress(addressId), _ => default(Done));

    async Task<Outcome<User>> IUserGrain.SetRolesAsync(Caller caller, ImmutableArray<string> roles, int? expectedVersion)
    {
        // The token may be older than the role's loss: who hands out roles must hold one now.
        var callerRoles = caller.UserId == Id ? State?.Roles
            : caller.UserId is { } callerId ? (await GrainFactory.GetGrain<IUserGrain>(callerId).GetAsync()).Value?.Roles : null;
        if (!caller.IsAdmin || callerRoles?.Contains(Role.Admin) != true)
            return new Refusal(RefusalCode.Forbidden, "Only administrators change roles.");
        return await DecideAsync(
            user => expectedVersion is { } expected && expected != Version ? Refusal.Stale() : user.SetRoles(roles, caller.UserId),
            user => user.ToView(Version));
    }

    Task<bool> IUserGrain.HasEmailAsync(string email) => Task.FromResult(State?.NormalizedEmail == email);

    private async Task<Outcome<T>> DecideAsync<T>(Func<UserState, Decision<UserState>> rule, Func<UserState, T> answer)
    {
        if (State is not { } user)
            return NoUser;
        var decision = rule(user);
        if (decision.Refusal is { } refusal)
            return refusal;
        await CommitAsync(decision);
        return answer(State!);
    }

    private async Task<Outcome<SignedIn>> OpenSessionAsync()
    {
        var sessionId = Guid.NewGuid();
        var secret = UserState.NewSecret();
        await CommitAsync(State!.OpenSession(sessionId, secret, Now), []);
        return SignedIn(sessionId, secret);
    }

    private SignedIn SignedIn(Guid sessionId, string secret) =>
        new(State!.ToView(Version), sessionId, new RefreshToken(Id, sessionId, secret));

    private static Dictionary<string, string[]> Problems(RegisterUser command)
    {
        var errors = new Dictionary<string, string[]>();
        if (!EmailAddress.IsValid(command.Email?.Trim()))
            errors["email"] = ["is no e-mail address"];
        if (PasswordPolicy.Problem(command.Password) is { } problem)
            errors["password"] = [problem];
        return errors;
    }

    private static Refusal Taken { get; } = new(RefusalCode.EmailTaken, "Another account has this e-mail address. Sign in, or ask for a new password.");

    private static Refusal NoUser { get; } = Refusal.NotFound("The user");

    private void LogMailed(string purpose, string email, string secret)
    {
        if (options.Value.LogMailedTokens)
            LogMailedToken(log, purpose, email, new MailedToken(Id, secret).ToString());
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Development: {Purpose} token for {Email}: {Token}")]
    private static partial void LogMailedToken(ILogger log, string purpose, string email, string token);
}
