using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop.Auditing;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Auditing;

/// <summary>Writes failed attempts to the audit log: new ones every second, repeated ones every minute.</summary>
internal sealed partial class AuditAggregator(AuditLog log, TimeProvider time, ILogger<AuditAggregator> logger)
    : BackgroundService, IAuditAggregator
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>The time limit for the last entries when the silo stops.</summary>
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
            // These entries report floods and guesses, not changes. Losing some is better than accumulating them.
            LogLost(logger, acts.Count - written, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Count} entries of failed attempts could not be written to the audit log: {Reason}")]
    private static partial void LogLost(ILogger log, int count, string reason);
}
