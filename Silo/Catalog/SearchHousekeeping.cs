using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SoonShop.Catalog;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Catalog;

/// <summary>
/// Removes words that no product on sale has, and searches without results after their retention time. Every silo runs it; concurrent runs
/// do no harm.
/// </summary>
internal sealed partial class SearchHousekeeping(
    NpgsqlDataSource database, IOptions<SearchOptions> options, ILogger<SearchHousekeeping> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(10);
    private const int BatchSize = 500;

    /// <summary>The most batches in one round. The rest waits for the next round.</summary>
    private const int MaxBatches = 200;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period);
        await timer.RepeatAsync(CleanAsync, e => LogFailure(log, e.Message), stoppingToken);
    }

    /// <summary>Runs one round.</summary>
    internal async Task CleanAsync(CancellationToken cancellation)
    {
        await RepeatAsync("select forget_words($1)", [], cancellation);
        await RepeatAsync(
            """
            with removed as (
              delete from search_miss where ctid = any (array(
                select ctid from search_miss where day < (now() at time zone 'UTC')::date - $2::integer limit $1)) returning 1)
            select count(*)::integer from removed
            """,
            [options.Value.MissRetentionDays], cancellation);
    }

    /// <summary>Repeats a statement that takes the size of a batch and returns how many rows it looked at.</summary>
    private async Task RepeatAsync(string sql, object[] parameters, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in parameters.Prepend(BatchSize))
            command.Parameters.Add(new() { Value = value });
        for (var batches = 0; batches < MaxBatches && await command.ExecuteScalarAsync(cancellation) is BatchSize; batches++)
        {
            // Continues with the next batch in a new transaction.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Unused search words or old searches could not be removed: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
