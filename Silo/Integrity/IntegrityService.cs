using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SoonShop.ServiceDefaults;
using SoonShop.Silo.Migrations;

namespace SoonShop.Silo.Integrity;

/// <summary>Runs the integrity check when it is due, on one silo of the cluster at a time, and reports the last result.</summary>
internal sealed partial class IntegrityService(
    IntegrityChecker checker, IntegrityLease lease, IntegrityMetrics metrics, SiloConfiguration configuration, TimeProvider time,
    ILogger<IntegrityService> log) : BackgroundService
{
    /// <summary>The longest time between two looks whether a check is due.</summary>
    private static readonly TimeSpan MaxPoll = TimeSpan.FromSeconds(5);

    /// <summary>How long a check may run on after its limit, to end.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    /// <summary>When a check is tried again that the server ended, as for a migration, or that met an older schema.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromMinutes(1);

    /// <summary>How long a silo that stops may take to release the lease.</summary>
    private static readonly TimeSpan AbandonLimit = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var owner = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}";
        var options = configuration.Integrity;
        var interval = TimeSpan.FromMinutes(options.EveryMinutes);
        var described = false;
        using var timer = new PeriodicTimer(interval > TimeSpan.Zero && interval < MaxPoll ? interval : MaxPoll, time);
        await timer.RepeatAsync(LookAsync, e => LogFailure(log, e.Message), stoppingToken);

        async Task LookAsync(CancellationToken cancellation)
        {
            if (!described)
                await lease.DescribeAsync(configuration.Payments.Module.Name, IntegrityChecker.RetentionOf(configuration), cancellation);
            described = true;
            if (interval > TimeSpan.Zero && await lease.TryAcquireAsync(
                owner, 2 * (TimeSpan.FromMinutes(options.MaxMinutes) + IntegrityChecker.Overrun)
                    + TimeSpan.FromSeconds(options.ConfirmSeconds) + Margin,
                cancellation))
                await RunAsync(owner, interval, cancellation);
            if (await lease.LastAsync(cancellation) is { } last)
                metrics.Found(time.GetUtcNow() - last.Age, last);
        }
    }

    private async Task RunAsync(string owner, TimeSpan interval, CancellationToken cancellation)
    {
        try
        {
            // A newer schema, as after a rollback, is checked too: what this version asks for is there, or the check says that it is not.
            if (await Task.Run(() => Migrator.Missing(configuration.Database.ConnectionString), cancellation) is [var missing, ..])
                throw new SchemaMismatchException($"The schema is older than this silo; it lacks {missing}.");
            var report = await checker.RunAsync(configuration.Database.ConnectionString, cancellation);
            if (report.Breaches > 0 && configuration.Integrity.ConfirmSeconds > 0)
            {
                await Task.Delay(TimeSpan.FromSeconds(configuration.Integrity.ConfirmSeconds), time, cancellation);
                report = await ConfirmAsync(
                    report, checks => checker.RunAsync(configuration.Database.ConnectionString, checks, cancellation), log, cancellation);
            }
            if (report.Failed > 0 && await lease.LastAsync(cancellation) is { } known)
                report = report.WithKnown(known.Breaches);
            if (!await lease.EndAsync(owner, report, interval, cancellation))
                return;
            if (report.Failures is { } failures)
                LogIncomplete(log, failures);
            foreach (var broken in report.Checks.Where(c => c.Error is null && c.Breaches > 0))
                LogBroken(log, broken.Check, broken.Breaches, $"{broken.Rows[0].Row}: {broken.Rows[0].Finding}", broken.Remedy!);
        }
        catch (Exception e)
        {
            // Another silo, or this one later, begins anew; one that stops here releases the lease at once.
            await AbandonAsync(
                owner, e.Message, cancellation.IsCancellationRequested ? TimeSpan.Zero
                    : e is SchemaMismatchException or IntegrityCheckInterruptedException && interval > Soon ? Soon
                    : interval);
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
            await lease.AbandonAsync(owner, reason, interval, limit.Token);
        }
        catch (Exception e)
        {
            // The lease ends by itself.
            LogFailure(log, e.Message);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Critical,
        Message = "A promise is broken: {Check}, {Count} row(s), such as {Example}. {Remedy} 'Silo check' names all rows.")]
    private static partial void LogBroken(ILogger log, string check, long count, string example, string remedy);

    [LoggerMessage(Level = LogLevel.Error, Message = "Some integrity checks failed. {Failures}. The others ran; 'Silo check' with a larger "
        + "Integrity:StatementSeconds or Integrity:MaxMinutes, or on a restored backup, checks all.")]
    private static partial void LogIncomplete(ILogger log, string failures);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "What is broken could not be looked at again, and is told as it was first seen: {Reason}")]
    private static partial void LogUnconfirmed(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The integrity check could not run, and is tried again later: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
