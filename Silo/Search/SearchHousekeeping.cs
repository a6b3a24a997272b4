using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Search;

/// <summary>Forgets words that no product on sale has any more. Every silo does; doing it twice at a time does no harm.</summary>
internal sealed partial class SearchHousekeeping(NpgsqlDataSource database, ILogger<SearchHousekeeping> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(10);
    private const int BatchSize = 500;

    /// <summary>Batches in one round: the rest waits for the next.</summary>
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

    /// <summary>One round.</summary>
    internal async Task CleanAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select forget_words($1)");
        command.Parameters.Add(new() { Value = BatchSize });
        for (var batches = 0; batches < MaxBatches && await command.ExecuteScalarAsync(cancellation) is BatchSize; batches++)
        {
            // On to the next batch: each is a transaction of its own.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Words of products that are gone could not be removed now: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
