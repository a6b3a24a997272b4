using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop.Auditing;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Auditing;

/// <summary>Writes what was tried in vain into the audit log, every second what is new and every minute what was repeated.</summary>
internal sealed partial class AuditAggregator(AuditLog log, TimeProvider time, ILogger<AuditAggregator> logger)
    : BackgroundService, IAuditAggregator
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>For the last entries, while the silo stops.</summary>
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(3);

    private readonly AuditEventBuffer tally = new(time);

    public void Record(string action, string subject, AuditOutcome outcome) => tally.Add(action, subject, outcome, Origin.Current);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.TickAsync(stoppingToken))
            await WriteAsync(tally.Drain(), stoppingToken);
        using var farewell = new CancellationTokenSource(ShutdownTimeout, time);
        await WriteAsync(tally.Drain(all: true), farewell.Token);
    }

    private async Task WriteAsync(IReadOnlyList<(AuditEvent Act, Origin Origin)> acts, CancellationToken cancellation)
    {
        var written = 0;
        try
        {
            foreach (var (auditEvent, origin) in acts)
            {
                await log.AddAsync(auditEvent, origin, cancellation);
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
