using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop.Logging;

namespace SoonShop.ServiceDefaults.Logging;

/// <summary>
/// Polls the cluster for temporary log levels every few seconds. While the cluster is unreachable, the last levels stay until their end.
/// Without a cluster, change levels in <c>appsettings.json</c>, which is reloaded when it changes.
/// </summary>
internal sealed partial class LogLevelFollower(
    IGrainFactory grains, LogLevelOverrides overrides, TimeProvider time, ILogger<LogLevelFollower> log)
    : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var (heard, applied) = (LogLevels.None, LogLevels.None);
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.TickAsync(stoppingToken))
        {
            try
            {
                heard = await grains.GetGrain<ILogLevelsGrain>(LogLevels.Key).GetAsync().WaitAsync(CallTimeout, stoppingToken);
            }
            catch (Exception e)
            {
                LogNobody(log, e.Message);
            }
            var wanted = heard.Until > time.GetUtcNow() ? heard : LogLevels.None;
            if (wanted.Until == applied.Until
                && wanted.Levels.Count == applied.Levels.Count
                && wanted.Levels.All(l => applied.Levels.TryGetValue(l.Key, out var level) && level == l.Value))
                continue;
            applied = wanted;
            Apply(wanted);
        }
    }

    /// <summary>Applies the levels. A failure must not end the process and is not retried.</summary>
    private void Apply(LogLevels wanted)
    {
        try
        {
            overrides.Set(wanted.Levels);
            if (wanted.Levels.IsEmpty)
                LogConfigured(log);
            else
                LogSet(log, string.Join(", ", wanted.Levels.Select(l => $"{l.Key} {l.Value}")), wanted.Until);
        }
        catch (Exception e)
        {
            LogFailure(log, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The temporary log levels cannot be applied; set others with PUT /admin/log-levels.")]
    private static partial void LogFailure(ILogger log, Exception e);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The temporary log levels cannot be read: {Reason}")]
    private static partial void LogNobody(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Temporary log levels until {Until}: {Levels}")]
    private static partial void LogSet(ILogger log, string levels, DateTimeOffset? until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The configured log levels are in effect again.")]
    private static partial void LogConfigured(ILogger log);
}
