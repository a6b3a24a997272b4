using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop.Auditing;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Auditing;

/// <summary>Writes what was tried in vain into the audit log, every second what is new and every minute what was repeated.</summary>
internal sealed partial class RefusedActs(AuditLog log, TimeProvider time, ILogger<RefusedActs> logger) : BackgroundService, IRefusedActs
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>For the last entries, while the silo stops.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(3);

    private readonly AuditTally tally = new(time);

    public void Note(string action, string subject, AuditOutcome outcome) => tally.Add(action, subject, outcome, Origin.Current);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.TickAsync(stoppingToken))
            await WriteAsync(tally.Take(), stoppingToken);
        using var farewell = new CancellationTokenSource(Farewell, time);
        await WriteAsync(tally.Take(all: true), farewell.Token);
    }

    private async Task WriteAsync(IReadOnlyList<(Act Act, Origin Origin)> acts, CancellationToken cancellation)
    {
        var written = 0;
        try
        {
            foreach (var (act, origin) in acts)
            {
                await log.AddAsync(act, origin, cancellation);
                written++;
            }
        }
        catch (Exception e)
        {
            // They tell of floods and guesses, not of changes: rather lose some than pile them up.
            LogLost(logger, acts.Count - written, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} entries of failed attempts could not be written into the audit log: {Reason}")]
    private static partial void LogLost(ILogger log, int count, string reason);
}
