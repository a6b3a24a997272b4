using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SoonShop.Aggregates;
using SoonShop.Orders;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Orders;

/// <summary>
/// Cancels open draft orders whose validity has ended, and removes sent and cancelled ones after their retention. Every silo runs it;
/// concurrent runs do no harm.
/// </summary>
internal sealed partial class DraftOrderHousekeeping(
    NpgsqlDataSource database, IGrainFactory grains, IOptions<DraftOrdersOptions> options, TimeProvider time,
    ILogger<DraftOrderHousekeeping> log) : BackgroundService
{
    private static readonly TimeSpan MaxPeriod = TimeSpan.FromHours(1);
    private static readonly TimeSpan MinPeriod = TimeSpan.FromSeconds(1);
    private const int BatchSize = 100;

    /// <summary>The most batches in one round. The rest waits for the next round.</summary>
    private const int MaxBatches = 1000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var shortest = TimeSpan.FromDays(Math.Min(options.Value.ValidDays, options.Value.RetentionDays)) / 10;
        using var timer = new PeriodicTimer(shortest < MinPeriod ? MinPeriod : shortest > MaxPeriod ? MaxPeriod : shortest, time);
        await timer.RepeatAsync(RunAsync, e => LogFailure(log, e.Message), stoppingToken);
    }

    /// <summary>Runs one round.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        await EndAsync(cancellation);
        await RemoveAsync(cancellation);
    }

    private async Task EndAsync(CancellationToken cancellation)
    {
        for (var batches = 0; batches < MaxBatches; batches++)
        {
            var drafts = await FindEndingAsync(cancellation);
            var failed = 0;
            foreach (var id in drafts)
            {
                try
                {
                    await grains.GetGrain<IDraftOrderGrain>(id).EndAsync();
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // A failure does not delay the other drafts.
                    failed++;
                    LogFailure(log, e.Message);
                }
            }
            if (drafts.Length < BatchSize || failed == drafts.Length)
                return;
        }
    }

    private async Task<ImmutableArray<Guid>> FindEndingAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select grain_key from grain_state_draft_order where index ->> 'status' = 'open' and index ->> 'validUntil' <= $1
            order by index ->> 'validUntil' limit $2
            """);
        command.Parameters.Add(new() { Value = SortableTime.Of(time.GetUtcNow()) });
        command.Parameters.Add(new() { Value = BatchSize });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var drafts = ImmutableArray.CreateBuilder<Guid>();
        while (await reader.ReadAsync(cancellation))
            drafts.Add(Guid.ParseExact(reader.GetString(0), "N"));
        return drafts.ToImmutable();
    }

    /// <summary>Removes rows. No command changes an ended draft, so a grain that is still in memory writes none of them again.</summary>
    private async Task RemoveAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            delete from grain_state_draft_order where grain_key in (
              select grain_key from grain_state_draft_order where index ->> 'endedAt' <= $1 order by index ->> 'endedAt' limit $2)
            """);
        command.Parameters.Add(new() { Value = SortableTime.Of(time.GetUtcNow() - TimeSpan.FromDays(options.Value.RetentionDays)) });
        command.Parameters.Add(new() { Value = BatchSize });
        for (var batches = 0; batches < MaxBatches; batches++)
        {
            if (await command.ExecuteNonQueryAsync(cancellation) < BatchSize)
                return;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Draft order housekeeping failed; the next round retries: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
