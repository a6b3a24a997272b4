using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SoonShop.Users;

namespace SoonShop.Silo.Seed;

/// <summary>
/// Creates the configured administrator at each start of a silo, unless the account exists. Outside Development, an account with a password
/// that the documents publish gets the configured one. The grain does so once, however many silos start.
/// </summary>
internal sealed partial class AdminAccount(
    IGrainFactory grains, NpgsqlDataSource database, IOptions<AccountsOptions> options, IHostEnvironment environment,
    IHostApplicationLifetime lifetime, ILogger<AdminAccount> log)
    : BackgroundService
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value is not { AdminEmail: { Length: > 0 } email, AdminPassword: { } password })
            return;
        var started = new TaskCompletionSource();
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await EnsureAsync(email, password, stoppingToken);
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogRetry(log, e.Message);
                await Task.Delay(RetryPause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task EnsureAsync(string email, string password, CancellationToken cancellation)
    {
        if (await FindAsync(email) is { } known)
        {
            if (!environment.IsDevelopment()
                && await PublishedAdministrator.HasPublishedPasswordAsync(database, email, cancellation: cancellation))
                await ReplacePasswordAsync(known, email, password);
            return;
        }
        var registration = new RegisterUser(email, password, "Administrator", Admin: true);
        var result = await Account(EmailAddress.Normalize(email)).RegisterAsync(registration);
        if (result.IsError)
            LogRefused(log, email, result.Error.Detail);
        else
            LogCreated(log, email);
    }

    private async Task<IUserGrain?> FindAsync(string email)
    {
        var normalized = EmailAddress.Normalize(email);
        if (await ExistsAsync(Account(normalized)))
            return Account(normalized);
        // In some scripts an earlier version normalized the address in another way, which gives another id.
        if (EmailAddress.EarlierForm(normalized) is { } earlier && await ExistsAsync(Account(earlier)))
            return Account(earlier);
        // The account may belong to a user who registered with this address and was made an administrator.
        if (await grains.GetGrain<IEmailGrain>(UserKeys.Email(normalized)).GetOwnerAsync() is not { } id)
            return null;
        var owner = grains.GetGrain<IUserGrain>(id);
        return (await owner.GetAsync()).Value?.Roles.Contains(Role.Admin) == true ? owner : null;
    }

    /// <summary>Returns the administrator's account. The id is derived from the address, so that every silo calls the same grain.</summary>
    private IUserGrain Account(string normalized) => grains.GetGrain<IUserGrain>(Deterministic.Id("admin", normalized));

    private static async Task<bool> ExistsAsync(IUserGrain account) => !(await account.GetAsync()).IsError;

    private async Task ReplacePasswordAsync(IUserGrain account, string email, string password)
    {
        var result = await account.ReplacePasswordAsync(PublishedSecrets.Passwords, password);
        if (result.Error is { Code: ErrorCode.Unavailable } later)
            throw new UnavailableException(later.Text ?? ErrorText.Untranslated(later.Detail));
        if (result.IsError)
            LogNotReplaced(log, email, result.Error.Detail);
        else if (result.Value)
            LogReplaced(log, email);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The administrator {Email} was created.")]
    private static partial void LogCreated(ILogger log, string email);

    [LoggerMessage(Level = LogLevel.Error,
        Message = "The administrator {Email} could not be created: {Reason} The configuration does not promote an existing account: "
            + "let another administrator give it the role.")]
    private static partial void LogRefused(ILogger log, string email, string reason);

    [LoggerMessage(Level = LogLevel.Critical,
        Message = "The administrator {Email} had a password that the documents publish. The password is now Accounts:AdminPassword, and "
            + "all sessions have ended. Check what others did with the account: GET /admin/audit-log and GET /admin/api-keys.")]
    private static partial void LogReplaced(ILogger log, string email);

    [LoggerMessage(Level = LogLevel.Critical,
        Message = "The administrator {Email} has a password that the documents publish, and Accounts:AdminPassword cannot replace it: "
            + "{Reason} "
            + "Set Accounts__AdminPassword to another password and restart, or sign in and change the password.")]
    private static partial void LogNotReplaced(ILogger log, string email, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The administrator's account could not be checked; retrying: {Reason}")]
    private static partial void LogRetry(ILogger log, string reason);
}
