using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace SoonShop.Silo.Integrity;

/// <summary>Audits when it is due, one silo of the cluster at a time, and tells what the last audit has found.</summary>
internal sealed partial class AuditService(
    IntegrityAudit audit, AuditTurn turn, IntegrityMetrics metrics, NpgsqlConnectionStringBuilder database, IOptions<AuditOptions> options, TimeProvider time,
    ILogger<AuditService> log) : BackgroundService
{
    /// <summary>The longest between two looks whether an audit is due.</summary>
    private static readonly TimeSpan MaxPoll = TimeSpan.FromSeconds(15);

    /// <summary>What the end of an audit may take longer than its limit.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var owner = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}";
        var interval = TimeSpan.FromMinutes(options.Value.EveryMinutes);
        using var timer = new PeriodicTimer(interval > TimeSpan.Zero && interval < MaxPoll ? interval : MaxPoll, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).AsTask().ContinueWith(t => t is { IsCompletedSuccessfully: true, Result: true }, TaskScheduler.Default))
        {
            try
            {
                if (interval > TimeSpan.Zero && await turn.TryTakeAsync(owner, TimeSpan.FromMinutes(options.Value.MaxMinutes) + Margin, stoppingToken))
                    await RunAsync(owner, interval, stoppingToken);
                if (await turn.LastAsync(stoppingToken) is var (age, breaches))
                    metrics.Found(time.GetUtcNow() - age, breaches);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailure(log, e.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task RunAsync(string owner, TimeSpan interval, CancellationToken cancellation)
    {
        try
        {
            var report = await audit.RunAsync(database.ConnectionString, cancellation);
            await turn.EndAsync(owner, report, interval, cancellation);
            foreach (var broken in report.Checks.Where(c => c.Breaches > 0))
                LogBroken(log, broken.Check, broken.Breaches, $"{broken.Rows[0].Row}: {broken.Rows[0].Finding}", broken.Remedy!);
        }
        catch (Exception e)
        {
            // Another silo, or this one later, begins anew; one that stops here leaves the turn to the next at once.
            await turn.GiveUpAsync(owner, e.Message, cancellation.IsCancellationRequested ? TimeSpan.Zero : interval, CancellationToken.None);
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "A promise is broken: {Check}, {Count} row(s), such as {Example}. {Remedy} 'Silo audit' names all rows.")]
    private static partial void LogBroken(ILogger log, string check, long count, string example, string remedy);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The promises could not be audited now, and are later: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
