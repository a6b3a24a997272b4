using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop.Logging;

namespace SoonShop.ServiceDefaults.Logging;

/// <summary>
/// Asks the cluster every few seconds how much is to be logged. While it cannot be asked, what was heard last holds until its end; without a
/// cluster, levels are changed in <c>appsettings.json</c>, which is read again when it changes.
/// </summary>
internal sealed partial class LogLevelFollower(IGrainFactory grains, LogLevelOverrides overrides, TimeProvider time, ILogger<LogLevelFollower> log) : BackgroundService
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
            if (wanted.Until == applied.Until && wanted.Levels.Count == applied.Levels.Count && wanted.Levels.All(l => applied.Levels.TryGetValue(l.Key, out var level) && level == l.Value))
                continue;
            applied = wanted;
            Apply(wanted);
        }
    }

    /// <summary>Whatever was said: how much is logged is no reason to end a process. What cannot be applied is not tried again.</summary>
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

    [LoggerMessage(Level = LogLevel.Error, Message = "The levels that were set for a while cannot be applied: set others with PUT /admin/log-levels.")]
    private static partial void LogFailure(ILogger log, Exception e);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Nobody says now how much is to be logged: {Reason}")]
    private static partial void LogNobody(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Until {Until} more or less is logged than configured: {Levels}")]
    private static partial void LogSet(ILogger log, string levels, DateTimeOffset? until);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What is logged is what is configured again.")]
    private static partial void LogConfigured(ILogger log);
}
