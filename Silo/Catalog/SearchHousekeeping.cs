using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Catalog;

/// <summary>Removes words that no product on sale has. Every silo runs it; concurrent runs do no harm.</summary>
internal sealed partial class SearchHousekeeping(NpgsqlDataSource database, ILogger<SearchHousekeeping> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(10);
    private const int BatchSize = 500;

    /// <summary>The most batches in one round. The rest waits for the next round.</summary>
    private const int MaxBatches = 200;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period);
        while (await timer.TickAsync(stoppingToken))
        {
            try
            {
                await CleanAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogFailure(log, e.Message);
            }
        }
    }

    /// <summary>Runs one round.</summary>
    internal async Task CleanAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select forget_words($1)");
        command.Parameters.Add(new() { Value = BatchSize });
        for (var batches = 0; batches < MaxBatches && await command.ExecuteScalarAsync(cancellation) is BatchSize; batches++)
        {
            // Continues with the next batch in a new transaction.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Unused search words could not be removed: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
