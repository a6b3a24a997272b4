using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SoonShop.Idempotency;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Idempotency;

/// <summary>Removes stored responses of idempotent requests after their lifetime.</summary>
internal sealed partial class IdempotencyHousekeeping(NpgsqlDataSource database, ILogger<IdempotencyHousekeeping> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(10);
    private const int BatchSize = 5000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period);
        await timer.RepeatAsync(CleanAsync, e => LogFailure(log, e.Message), stoppingToken);
    }

    private async Task CleanAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            delete from grain_state_idempotency where grain_key in (
              select grain_key from grain_state_idempotency where modified_at < now() - $1 order by modified_at limit $2)
            """);
        command.Parameters.Add(new() { Value = IdempotencyRecord.Lifetime });
        command.Parameters.Add(new() { Value = BatchSize });
        while (await command.ExecuteNonQueryAsync(cancellation) == BatchSize)
        {
            // Continues with the next batch in a new transaction.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Expired stored responses could not be removed: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
