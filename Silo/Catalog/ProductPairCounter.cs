using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SoonShop.Catalog;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Catalog;

/// <summary>
/// Counts which products are bought together, from the events of confirmed orders, and removes old counts. Every silo runs it; the database
/// lets one count at a time, and each order counts once.
/// </summary>
internal sealed partial class ProductPairCounter(
    NpgsqlDataSource database, IOptions<SearchOptions> options, TimeProvider time, ILogger<ProductPairCounter> log) : BackgroundService
{
    /// <summary>The events of one transaction.</summary>
    private const int BatchSize = 2000;

    /// <summary>The products of an order that count. Further ones are left out, because their pairs grow with the square.</summary>
    private const int MaxProducts = 20;

    /// <summary>The most transactions in one round. The rest waits for the next round.</summary>
    private const int MaxBatches = 100;

    /// <summary>How long events wait. Longer than any transaction that writes them takes.</summary>
    private static readonly TimeSpan Lag = TimeSpan.FromMinutes(5);

    /// <summary>The rows that are removed in one transaction.</summary>
    private const int RemovedRows = 5000;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.RelatedSeconds));
        await timer.RepeatAsync(stopping => CountAsync(Lag, stopping), e => LogFailure(log, e.Message), stoppingToken);
    }

    /// <summary>Runs one round.</summary>
    /// <param name="lag">Events that are younger wait.</param>
    /// <param name="cancellation">Ends the round.</param>
    internal async Task CountAsync(TimeSpan lag, CancellationToken cancellation)
    {
        var oldest = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime).AddDays(-options.Value.RelatedDays - 7);
        await RepeatAsync("select count_product_pairs($1, $2, $3, $4)", BatchSize, [BatchSize, MaxProducts, oldest, lag], cancellation);
        await RepeatAsync(
            """
            with progress as materialized (select from product_pair_progress for update),
            removed as (
              delete from product_pair where exists (select from progress)
                and ctid = any (array(select ctid from product_pair where week <= $1 limit $2)) returning 1)
            select count(*)::integer from removed
            """,
            RemovedRows, [oldest, RemovedRows], cancellation);
    }

    /// <summary>Repeats a statement while it handles a whole batch.</summary>
    private async Task RepeatAsync(string sql, int batch, object[] parameters, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in parameters)
            command.Parameters.Add(new() { Value = value });
        for (var batches = 0; batches < MaxBatches; batches++)
        {
            // Each batch is a transaction.
            if (await command.ExecuteScalarAsync(cancellation) is not int done || done < batch)
                return;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Products that are bought together could not be counted: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
