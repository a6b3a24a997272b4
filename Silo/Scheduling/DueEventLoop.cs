using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SoonShop.Orders;

namespace SoonShop.Silo.Scheduling;

/// <summary>
/// Brings scheduled events to their grains when they are due. Every silo runs one; rows are claimed for a while, so that
/// each is in one silo's hands, and a silo that dies gives them back by silence. An event is done with only after its
/// grain has answered; otherwise it comes again, later each time.
/// </summary>
internal sealed partial class DueEventLoop(NpgsqlDataSource database, IGrainFactory grains, ILogger<DueEventLoop> log) : BackgroundService
{
    private const int BatchSize = 100;
    private const int MaxParallel = 16;
    private static readonly TimeSpan IdlePause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(2);

    /// <summary>Longer than a batch can take: <see cref="BatchSize"/> / <see cref="MaxParallel"/> calls of at most 10 s each.</summary>
    private const int ClaimSeconds = 90;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var due = await ClaimAsync(stoppingToken);
                await Parallel.ForEachAsync(
                    due, new ParallelOptions { MaxDegreeOfParallelism = MaxParallel, CancellationToken = stoppingToken }, DeliverAsync);
                if (due.Count < BatchSize)
                    await Task.Delay(IdlePause, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogFailure(log, e.Message);
                await Task.Delay(FailurePause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<List<DueEvent>> ClaimAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            update event set due_at = clock_timestamp() + make_interval(secs => $1)
            where position in (
              select position from event where due_at <= clock_timestamp() order by due_at limit $2 for update skip locked)
            returning position, type, subject, 1, id, not_before
            """);
        command.Parameters.Add(new() { Value = (double)ClaimSeconds });
        command.Parameters.Add(new() { Value = BatchSize });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var due = new List<DueEvent>();
        while (await reader.ReadAsync(cancellation))
            due.Add(new DueEvent(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3), reader.GetString(4), reader.GetFieldValue<DateTimeOffset>(5)));
        return due;
    }

    private async ValueTask DeliverAsync(DueEvent due, CancellationToken cancellation)
    {
        try
        {
            RequestContext.Set(RequestKeys.CausationId, due.Id);
            // A type that is not known here may be a newer silo's: the claim lapses, and that silo finds it.
            if (due.Type != OrderCheckoutDue.EventType)
                throw new NotSupportedException("this silo has no handler for it");
            await grains.GetGrain<IOrderGrain>(Guid.ParseExact(due.Subject, "N")).ResumeAsync(due.NotBefore);
            await using var done = database.CreateCommand("update event set due_at = null where position = $1");
            done.Parameters.Add(new() { Value = due.Position });
            await done.ExecuteNonQueryAsync(cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            await PostponeAsync(due, e, cancellation);
        }
    }

    /// <summary>Gives the event back for 1, 2, 4 … seconds, at most a minute. Where even that cannot be written, the claim runs out.</summary>
    private async Task PostponeAsync(DueEvent due, Exception reason, CancellationToken cancellation)
    {
        var pauseSeconds = Math.Min(60, Math.Pow(2, Math.Min(due.Attempts - 1, 10)));
        LogRetry(log, due.Type, due.Subject, due.Attempts, pauseSeconds, reason.Message);
        try
        {
            await using var retry = database.CreateCommand("update event set due_at = clock_timestamp() + make_interval(secs => $2) where position = $1");
            retry.Parameters.Add(new() { Value = due.Position });
            retry.Parameters.Add(new() { Value = pauseSeconds });
            await retry.ExecuteNonQueryAsync(cancellation);
        }
        catch (NpgsqlException e)
        {
            LogFailure(log, e.Message);
        }
    }

    private readonly record struct DueEvent(long Position, string Type, string Subject, int Attempts, string Id, DateTimeOffset NotBefore);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scheduled events cannot be read now: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Scheduled {Type} for {Subject} failed at attempt {Attempt}, next in {PauseSeconds} s: {Reason}")]
    private static partial void LogRetry(ILogger log, string type, string subject, int attempt, double pauseSeconds, string reason);
}
