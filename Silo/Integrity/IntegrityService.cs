using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop.ServiceDefaults;
using SoonShop.Silo.Migrations;

namespace SoonShop.Silo.Integrity;

/// <summary>Audits when it is due, one silo of the cluster at a time, and tells what the last audit has found.</summary>
internal sealed partial class IntegrityService(
    IntegrityChecker audit, IntegrityLease turn, IntegrityMetrics metrics, SiloConfiguration configuration, TimeProvider time,
    ILogger<IntegrityService> log) : BackgroundService
{
    /// <summary>The longest between two looks whether an audit is due.</summary>
    private static readonly TimeSpan MaxPoll = TimeSpan.FromSeconds(5);

    /// <summary>What the end of an audit may take longer than its limit.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    /// <summary>When an audit that the server ended, as for a migration, or that met an older schema is tried again.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);

    /// <summary>How long a silo that stops may take to hand the turn on.</summary>
    private static readonly TimeSpan AbandonLimit = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var owner = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}";
        var options = configuration.Audit;
        var interval = TimeSpan.FromMinutes(options.EveryMinutes);
        var described = false;
        using var timer = new PeriodicTimer(interval > TimeSpan.Zero && interval < MaxPoll ? interval : MaxPoll, time);
        while (await timer.TickAsync(stoppingToken))
        {
            try
            {
                if (!described)
                    await turn.DescribeAsync(configuration.Payments.Provider.ToString(), IntegrityChecker.RetentionOf(configuration), stoppingToken);
                described = true;
                if (interval > TimeSpan.Zero && await turn.TryAcquireAsync(
                    owner, 2 * (TimeSpan.FromMinutes(options.MaxMinutes) + IntegrityChecker.Overrun) + TimeSpan.FromSeconds(options.ConfirmSeconds) + Margin, stoppingToken))
                    await RunAsync(owner, interval, stoppingToken);
                if (await turn.LastAsync(stoppingToken) is { } last)
                    metrics.Found(time.GetUtcNow() - last.Age, last);
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
            // A schema that is newer, as after a rollback, is audited: what this version asks for is there, or the audit says that it is not.
            if (await Task.Run(() => Migrator.Missing(configuration.Database.ConnectionString), cancellation) is [var missing, ..])
                throw new SchemaMismatchException($"The schema is older than this silo; it lacks {missing}.");
            var report = await audit.RunAsync(configuration.Database.ConnectionString, cancellation);
            if (report.Breaches > 0 && configuration.Audit.ConfirmSeconds > 0)
            {
                await Task.Delay(TimeSpan.FromSeconds(configuration.Audit.ConfirmSeconds), time, cancellation);
                report = await ConfirmAsync(report, checks => audit.RunAsync(configuration.Database.ConnectionString, checks, cancellation), log, cancellation);
            }
            if (report.Failed > 0 && await turn.LastAsync(cancellation) is { } known)
                report = report.WithKnown(known.Breaches);
            if (!await turn.EndAsync(owner, report, interval, cancellation))
                return;
            if (report.Failures is { } failures)
                LogIncomplete(log, failures);
            foreach (var broken in report.Checks.Where(c => c.Error is null && c.Breaches > 0))
                LogBroken(log, broken.Check, broken.Breaches, $"{broken.Rows[0].Row}: {broken.Rows[0].Finding}", broken.Remedy!);
        }
        catch (Exception e)
        {
            // Another silo, or this one later, begins anew; one that stops here leaves the turn to the next at once.
            await AbandonAsync(
                owner, e.Message, cancellation.IsCancellationRequested ? TimeSpan.Zero : e is SchemaMismatchException or AuditInterruptedException && interval > Soon ? Soon : interval);
            throw;
        }
    }

    /// <summary>Looks again at what is broken. A second look that comes to no end takes nothing from the first.</summary>
    internal static async Task<IntegrityReport> ConfirmAsync(
        IntegrityReport first, Func<IEnumerable<IntegrityCheck>, Task<IntegrityReport>> look, ILogger log, CancellationToken cancellation)
    {
        var broken = first.Checks.Where(c => c.Breaches > 0).Select(c => c.Check).ToHashSet();
        try
        {
            return first.ConfirmedBy(await look(IntegrityCheck.All.Where(c => broken.Contains(c.Name))));
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            LogUnconfirmed(log, e.Message);
            return first;
        }
    }

    private async Task AbandonAsync(string owner, string reason, TimeSpan interval)
    {
        using var limit = new CancellationTokenSource(AbandonLimit);
        try
        {
            await turn.AbandonAsync(owner, reason, interval, limit.Token);
        }
        catch (Exception e)
        {
            // The turn ends by itself.
            LogFailure(log, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Critical, Message = "A promise is broken: {Check}, {Count} row(s), such as {Example}. {Remedy} 'Silo audit' names all rows.")]
    private static partial void LogBroken(ILogger log, string check, long count, string example, string remedy);

    [LoggerMessage(Level = LogLevel.Error, Message = "The promises were audited in part. {Failures}. The others were checked; 'Silo audit' with a larger Audit:StatementSeconds or Audit:MaxMinutes, or on a restored backup, checks all.")]
    private static partial void LogIncomplete(ILogger log, string failures);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What is broken could not be looked at again, and is told as it was first seen: {Reason}")]
    private static partial void LogUnconfirmed(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The promises could not be audited now, and are later: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
