using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SoonShop.ServiceDefaults.Telemetry;

namespace SoonShop.Silo.Telemetry;

/// <summary>
/// Periodically reads the metrics that only the database has. Every silo does, so that the loss of one silo does not stop them.
/// </summary>
internal sealed partial class MetricsCollector(
    NpgsqlDataSource source, ShopMetrics shop, DatabaseMetrics database, TelemetryOptions options,
    ILogger<MetricsCollector> log) : BackgroundService
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Reading takes at most this fraction (one in 20) of the time, however large the shop is.</summary>
    private const int MaxShare = 20;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var period = TimeSpan.FromSeconds(options.FiguresSeconds);
        while (!stoppingToken.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            // The check runs first and separately: reading metrics may be slow or forbidden although the database works.
            var answers = await LookAsync(
                "database's answer", cancellation => DatabaseMetricsSample.AskAsync(source, cancellation), stoppingToken);
            if (!stoppingToken.IsCancellationRequested)
                database.Observe(answers);
            if (answers)
            {
                await LookAsync(
                    "shop", async cancellation => shop.Observe(await ShopMetricsSample.ReadAsync(source, cancellation)), stoppingToken);
                await LookAtDatabaseAsync(stoppingToken);
            }
            var pause = Stopwatch.GetElapsedTime(started) * MaxShare;
            await Task.Delay(pause > period ? pause : period, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAtDatabaseAsync(CancellationToken stopping)
    {
        var isWhole = await LookAsync(
            "database", async cancellation => database.Observe(await DatabaseMetricsSample.ReadAsync(source, cancellation)), stopping);
        isWhole &= await LookAsync(
            "database's connections",
            async cancellation => database.Observe(await DatabaseMetricsSample.ReadConnectionsAsync(source, cancellation)), stopping);
        isWhole &= await LookAsync(
            "database's tables", async cancellation => database.Observe(await DatabaseMetricsSample.ReadTablesAsync(source, cancellation)),
            stopping);
        if (isWhole)
            shop.DatabaseObserved();
    }

    private async Task<bool> LookAsync(string what, Func<CancellationToken, Task> read, CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(CallTimeout);
        try
        {
            await read(limit.Token);
            return true;
        }
        catch (Exception e)
        {
            if (!stopping.IsCancellationRequested)
                LogFailure(log, what, e.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The metrics of the {What} could not be read: {Reason}")]
    private static partial void LogFailure(ILogger log, string what, string reason);
}
