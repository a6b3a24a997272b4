using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Users;

namespace SoonShop.Silo.Seed;

/// <summary>Makes sure of the administrator that the configuration names, each time a silo starts.</summary>
internal sealed partial class AdminAccount(IGrainFactory grains, IOptions<AccountsOptions> options, IHostApplicationLifetime lifetime, ILogger<AdminAccount> log)
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
                await EnsureAsync(grains, email, password);
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogRetry(log, e.Message);
                await Task.Delay(RetryPause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task EnsureAsync(IGrainFactory grains, string email, string password)
    {
        // The id follows from the address: every silo meets the same account.
        var admin = grains.GetGrain<IUserGrain>(Deterministic.Id("admin", EmailAddress.Normalize(email)));
        if (!(await admin.GetAsync()).IsRefused)
            return;
        // An address in another script had another normal form once, and with it another id.
        if (EmailAddress.EarlierForm(EmailAddress.Normalize(email)) is { } earlier
            && !(await grains.GetGrain<IUserGrain>(Deterministic.Id("admin", earlier)).GetAsync()).IsRefused)
            return;
        var result = await admin.RegisterAsync(new RegisterUser(email, password, "Administrator", Admin: true));
        if (result.IsRefused)
            LogRefused(log, email, result.Refusal.Detail);
        else
            LogCreated(log, email);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The administrator {Email} was created.")]
    private static partial void LogCreated(ILogger log, string email);

    [LoggerMessage(Level = LogLevel.Error, Message = "The administrator {Email} could not be created: {Reason} An account that exists is not promoted by the configuration: give it the role with another administrator.")]
    private static partial void LogRefused(ILogger log, string email, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The administrator could not be looked up now: {Reason}")]
    private static partial void LogRetry(ILogger log, string reason);
}
