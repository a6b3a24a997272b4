using Microsoft.Extensions.Options;
using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Events;
using SoonShop.Privacy;

namespace SoonShop.Users;

/// <summary>The claim on an address. It is first reserved, then confirmed.</summary>
public sealed record EmailClaim(Guid UserId, bool Confirmed, DateTimeOffset ReservedUntil)
{
    /// <summary>How long an unconfirmed claim holds.</summary>
    public static readonly TimeSpan ReservationLifetime = TimeSpan.FromMinutes(1);
}

[CollectionAgeLimit(Minutes = 2), DeactivateWhenEmpty]
internal sealed class EmailGrain(
    [PersistentState("email")] IPersistentState<StateEnvelope<EmailClaim>> storage,
    TimeProvider time,
    IAuditAggregator refused,
    IOptions<AccountsOptions> options,
    BusinessMetrics metrics, IPersonalRecords records)
    : AggregateGrain<EmailClaim>(storage, time), IEmailGrain
{
    /// <summary>Limits logins from unknown devices.</summary>
    private readonly LoginThrottle throttle = new(options.Value, time);

    /// <summary>
    /// Limits logins from devices with which the owner has signed in before. They have a limit of their own, so strangers cannot lock them
    /// out.
    /// </summary>
    private readonly LoginThrottle deviceThrottle = new(options.Value, time);

    protected override string Aggregate => "email";

    protected override string StreamKeyOf(EmailClaim state) => GrainKey;

    /// <summary>True while failed logins are counted, also for an unknown address. The activation lives as long as they count.</summary>
    private protected override bool KeepsMemory => !throttle.IsEmpty || !deviceThrottle.IsEmpty;

    async Task<bool> IEmailGrain.ReserveAsync(Guid userId)
    {
        if (State is { } claim && claim.UserId is var owner && owner != userId)
        {
            if (claim.Confirmed || claim.ReservedUntil > Now)
                return false;
            // The owner has not confirmed its claim in time. Its state tells whether the account was created.
            if (await GrainFactory.GetGrain<IUserGrain>(owner).HasEmailAsync(UserKeys.OfEmailKey(GrainKey)))
            {
                await CommitAsync(claim with { Confirmed = true }, []);
                return false;
            }
        }
        if (await EarlierOwnerAsync() is { } earlier && earlier != userId)
            return false;
        if (State is not { Confirmed: true })
            await CommitAsync(new EmailClaim(userId, false, Now + EmailClaim.ReservationLifetime), []);
        return true;
    }

    async Task<bool> IEmailGrain.IsFreeAsync(Guid userId)
    {
        if (State is { } claim && claim.UserId != userId
            && (claim.Confirmed || claim.ReservedUntil > Now
                || await GrainFactory.GetGrain<IUserGrain>(claim.UserId).HasEmailAsync(UserKeys.OfEmailKey(GrainKey))))
            return false;
        return await EarlierOwnerAsync() is not { } earlier || earlier == userId;
    }

    async Task IEmailGrain.ConfirmAsync(Guid userId)
    {
        if (State is { Confirmed: false } claim && claim.UserId == userId)
            await CommitAsync(claim with { Confirmed = true }, []);
    }

    async Task IEmailGrain.ReleaseAsync(Guid userId)
    {
        if (State is { } claim && claim.UserId != userId)
            return;
        // A cleared row still has the address in its key. No call may read the row before it is removed: the version of a removed row
        // could not be written. So both happen in this one call, and the activation ends with it.
        DeactivateOnIdle();
        if (State is not null)
            await ClearAsync();
        await records.RemoveEmailAsync(UserKeys.OfEmailKey(GrainKey), CancellationToken.None);
    }

    Task<Result<SignedIn>> IEmailGrain.LoginAsync(string password) => GuardAsync(account => account.LoginAsync(password));

    Task<Result<SignedIn>> IEmailGrain.LoginBrieflyAsync(string password, TimeSpan lifetime) =>
        GuardAsync(account => account.LoginBrieflyAsync(password, lifetime));

    private async Task<Result<SignedIn>> GuardAsync(Func<IUserGrain, Task<Result<SignedIn>>> login)
    {
        var device = Device.Current is { } token && await KnowsAsync(token) ? Device.Digest(token) : null;
        var (throttle, source) = device is null
            ? (this.throttle, LoginThrottle.NetworkOf(Origin.Current.Address))
            : (deviceThrottle, device);
        using var turn = await throttle.EnterAsync(source);
        if (turn.LockedFor is { } wait)
        {
            refused.Record("sessions.open", Subject, AuditOutcome.Denied);
            metrics.LoggedIn(succeeded: false, throttled: true);
            return LoginThrottle.Locked(wait);
        }
        var result = await LoginAsync(login);
        // The password was not checked, so the attempt does not count as a guess.
        if (result.Error?.Code == ErrorCode.Unavailable)
            return result;
        metrics.LoggedIn(succeeded: !result.IsError);
        if (result.IsError)
        {
            throttle.Failed(source);
            refused.Record("sessions.open", Subject, AuditOutcome.Failure);
            DelayDeactivation(throttle.MemoryOf(isAccount: State is not null));
        }
        else
        {
            throttle.Succeeded(source);
        }
        return result;
    }

    /// <summary>Signs in to the account of this address. If that fails, tries an account with the address's earlier normal form.</summary>
    private async Task<Result<SignedIn>> LoginAsync(Func<IUserGrain, Task<Result<SignedIn>>> login)
    {
        var earlier = await EarlierAccountAsync();
        if (State is null && earlier is not null)
            return await login(earlier);
        var result = await login(await AccountAsync());
        return earlier is not null && result.Error?.Code == ErrorCode.Unauthenticated ? await login(earlier) : result;
    }

    private async Task<bool> KnowsAsync(string device)
    {
        if (await (await AccountAsync()).KnowsDeviceAsync(device))
            return true;
        return await EarlierAccountAsync() is { } earlier && await earlier.KnowsDeviceAsync(device);
    }

    /// <summary>
    /// Returns the account that currently has the address in its earlier normal form; null when there is no such form or no such account.
    /// </summary>
    private async Task<IUserGrain?> EarlierAccountAsync() =>
        await EarlierOwnerAsync() is { } owner && GrainFactory.GetGrain<IUserGrain>(owner) is var account
            && await account.HasEmailAsync(EmailAddress.EarlierForm(UserKeys.OfEmailKey(GrainKey))!) ? account : null;

    /// <summary>
    /// Returns who claims the address in its earlier normal form; null when there is no such form or no claim.
    /// </summary>
    private async Task<Guid?> EarlierOwnerAsync() => EmailAddress.EarlierForm(UserKeys.OfEmailKey(GrainKey)) is { } form
        ? await GrainFactory.GetGrain<IEmailGrain>(UserKeys.Email(form)).GetOwnerAsync()
        : null;

    Task<Guid?> IEmailGrain.GetOwnerAsync() => Task.FromResult(State is { Confirmed: true } claim ? claim.UserId : (Guid?)null);

    async Task IEmailGrain.ForgotPasswordAsync()
    {
        await (await AccountAsync()).RequestPasswordResetAsync();
        if (await EarlierAccountAsync() is { } earlier)
            await earlier.RequestPasswordResetAsync();
    }

    Task IEmailGrain.UnlockAsync()
    {
        throttle.Reset();
        deviceThrottle.Reset();
        return Task.CompletedTask;
    }

    /// <summary>The subject in the audit log, which must not contain addresses.</summary>
    private string Subject =>
        State is { } claim ? Actors.User(claim.UserId) : $"unknown-account/{Deterministic.Id("email", GrainKey).ToString("N")[..12]}";

    /// <summary>
    /// Returns the account that has this address now. Otherwise, also for a former address that is still claimed, returns an account that
    /// does not exist. Its login fails in the usual time, so that neither response nor time tells whether the address is known.
    /// </summary>
    private async Task<IUserGrain> AccountAsync()
    {
        var nobody = GrainFactory.GetGrain<IUserGrain>(Deterministic.Id("nobody", GrainKey));
        if (State is not { } claim)
            return nobody;
        var owner = GrainFactory.GetGrain<IUserGrain>(claim.UserId);
        return await owner.HasEmailAsync(UserKeys.OfEmailKey(GrainKey)) ? owner : nobody;
    }
}
