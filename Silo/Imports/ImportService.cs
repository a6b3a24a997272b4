using System.Collections.Frozen;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Imports;
using SoonShop.Orders;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Imports;

/// <summary>
/// Works on imports. Every silo runs it; a lease gives each job to one of them. It also deletes jobs after their time.
/// </summary>
internal sealed partial class ImportService(
    ImportQueue queue, ImportStore store, IEnumerable<ICsvImport> kinds, IOptions<ImportsOptions> options,
    IOptions<CheckoutOptions> checkout, TimeProvider time, ILogger<ImportService> log) : BackgroundService
{
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromMinutes(10);

    /// <summary>How long a job waits after its attempts failed.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromMinutes(1);

    /// <summary>How long a silo that stops may take to give its job back.</summary>
    private static readonly TimeSpan ReleaseLimit = TimeSpan.FromSeconds(2);

    private readonly string owner = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}";
    private readonly FrozenDictionary<string, ICsvImport> kinds = kinds.ToFrozenDictionary(k => k.Kind);
    private long sweptAt;

    private TimeSpan Duration => TimeSpan.FromSeconds(options.Value.LeaseSeconds);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.PollSeconds), time);
        await timer.RepeatAsync(WorkWhileDueAsync, e => LogFailure(log, e.Message), stoppingToken);
    }

    private async Task WorkWhileDueAsync(CancellationToken cancellation)
    {
        await SweepWhenDueAsync(cancellation);
        while (options.Value.MaxRunningJobs > 0
            && await queue.TakeAsync(owner, Duration, options.Value.MaxRunningJobs, cancellation) is { } lease)
            await WorkAsync(lease, cancellation);
    }

    private async Task SweepWhenDueAsync(CancellationToken cancellation)
    {
        if (sweptAt != 0 && time.GetElapsedTime(sweptAt) < SweepPeriod)
            return;
        sweptAt = time.GetTimestamp();
        await store.SweepAsync(cancellation);
    }

    /// <summary>Runs a job as far as it goes. Returns when it ended, is another silo's, or waits.</summary>
    internal async Task WorkAsync(ImportLease lease, CancellationToken stopping)
    {
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var renewing = RenewAsync(lease, lost);
        try
        {
            await RunAsync(lease, lost.Token);
        }
        catch (CsvFormatException e)
        {
            await EndAsync(() => lease.FailAsync(e.Problems, CancellationToken.None));
        }
        catch (ImportLostException)
        {
            LogLost(log, lease.JobId);
        }
        catch (OperationCanceledException) when (lost.IsCancellationRequested)
        {
            LogLost(log, lease.JobId);
            if (stopping.IsCancellationRequested)
                await EndAsync(() => ReleaseAsync(lease, TimeSpan.Zero));
        }
        catch (Exception e)
        {
            LogFailure(log, e.Message);
            await EndAsync(() => lease.Waits >= options.Value.MaxWaits
                ? lease.FailAsync([lease.IsApplying ? GaveUpApplying : GaveUpChecking], CancellationToken.None)
                : ReleaseAsync(lease, Wait));
        }
        finally
        {
            await lost.CancelAsync();
            await renewing;
        }
    }

    private async Task RunAsync(ImportLease lease, CancellationToken cancellation)
    {
        if (!kinds.TryGetValue(lease.Kind, out var kind))
        {
            // A silo of another version knows it. This one must not take the job again and again.
            await ReleaseAsync(lease, Wait);
            return;
        }
        LogBegins(log, lease.JobId, lease.Kind, lease.IsApplying ? "applied" : "checked", lease.Rows);
        // Events and the audit log tell who applied the file, and which import it was.
        RequestContext.Set(RequestKeys.Actor, lease.Actor);
        RequestContext.Set(RequestKeys.CausationId, $"import {lease.JobId}");
        RequestContext.Set(RequestKeys.CorrelationId, $"import {lease.JobId}");
        try
        {
            var context = new ImportContext(lease.JobId, !lease.IsApplying, lease.Actor, checkout.Value.Currency)
            {
                Parallelism = options.Value.Parallelism,
            };
            await using var file = new ImportFileStream(store, lease.JobId);
            var run = new ImportRun(kind, lease, context, options.Value.MaxAttempts, time, log);
            var rows = await run.RunAsync(file, lease.Rows, cancellation);
            await lease.CompleteAsync(rows, cancellation);
            LogEnds(log, lease.JobId, lease.IsApplying ? "applied" : "checked", rows);
        }
        finally
        {
            RequestContext.Clear();
        }
    }

    private async Task RenewAsync(ImportLease lease, CancellationTokenSource lost)
    {
        using var timer = new PeriodicTimer(Duration / 3, time);
        try
        {
            while (await timer.WaitForNextTickAsync(lost.Token))
                await lease.RenewAsync(lost.Token);
        }
        catch (ImportLostException)
        {
            await lost.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // The run ended.
        }
        catch (Exception e)
        {
            // Without a lease the next write would fail. The run begins anew at the last committed row.
            LogFailure(log, e.Message);
            await lost.CancelAsync();
        }
    }

    private static async Task ReleaseAsync(ImportLease lease, TimeSpan pause)
    {
        using var limit = new CancellationTokenSource(ReleaseLimit);
        await lease.ReleaseAsync(pause, limit.Token);
    }

    /// <summary>If the last write fails, the lease ends by itself.</summary>
    private async Task EndAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception e)
        {
            LogFailure(log, e.Message);
        }
    }

    private static ErrorText GaveUpApplying { get; } = ErrorText.Of(
        "import.gave-up", "The shop could not be reached for too long. Apply the import again to go on.");

    private static ErrorText GaveUpChecking { get; } = ErrorText.Of(
        "import.gave-up-checking", "The shop could not be reached for too long. Nothing was changed. Upload the file again.");

    [LoggerMessage(Level = LogLevel.Information, Message = "Import {Job} ({Kind}) is being {What}, from row {Row}.")]
    private static partial void LogBegins(ILogger log, Guid job, string kind, string what, long row);

    [LoggerMessage(Level = LogLevel.Information, Message = "Import {Job} is {What}: {Rows} rows.")]
    private static partial void LogEnds(ILogger log, Guid job, string what, long rows);

    [LoggerMessage(Level = LogLevel.Information, Message = "Import {Job} was cancelled, or another silo goes on with it.")]
    private static partial void LogLost(ILogger log, Guid job);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Work on imports failed and is tried again: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
