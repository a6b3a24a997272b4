using Microsoft.IdentityModel.Tokens;
using SoonShop.ServiceDefaults;

namespace SoonShop.ApiFrontend.Users;

/// <summary>
/// The current keys of access tokens. A key file is checked every few seconds, so that keys can be replaced without a restart. An invalid
/// file changes nothing.
/// </summary>
internal sealed partial class SigningKeys(AuthOptions options, ILogger<SigningKeys> log, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private volatile KeySet current = KeySet.TryRead(options, out var problem) ?? throw new InvalidOperationException(problem);

    /// <summary>Raised after the keys have changed.</summary>
    public event Action? Changed;

    /// <summary>The current keys.</summary>
    public KeySet Current => current;

    /// <summary>Returns the key that a token names, if it is one of ours.</summary>
    public IEnumerable<SecurityKey> Find(string? id) => current.Find(id);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.KeyFile.Length == 0)
            return;
        using var timer = new PeriodicTimer(Period, time);
        string? known = null;
        while (await timer.TickAsync(stoppingToken))
        {
            if (KeySet.TryRead(options, out var problem) is not { } keys)
            {
                if (problem != known)
                    LogProblem(log, problem!);
                known = problem;
                continue;
            }
            known = null;
            if (keys.Text == current.Text)
                continue;
            current = keys;
            Changed?.Invoke();
            LogChanged(log, keys.Signing.Key.KeyId, string.Join(", ", keys.Public.Select(k => k.Kid)));
        }
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Access tokens are now signed with key {Signing}; tokens of the keys {All} are valid.")]
    private static partial void LogChanged(ILogger log, string signing, string all);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Problem} The current keys stay in use; fix the file.")]
    private static partial void LogProblem(ILogger log, string problem);
}
