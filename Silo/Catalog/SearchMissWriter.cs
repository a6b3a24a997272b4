using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SoonShop.Catalog;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Catalog;

/// <summary>
/// Writes the counted searches without results every few seconds and when the silo stops. What cannot be written is dropped, because the
/// counts are statistics.
/// </summary>
internal sealed partial class SearchMissWriter(
    NpgsqlDataSource database, SearchMisses misses, IOptions<SearchOptions> options, ILogger<SearchMissWriter> log) : BackgroundService
{
    /// <summary>How long the last write may take.</summary>
    private static readonly TimeSpan LastWrite = TimeSpan.FromSeconds(3);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.MissSeconds));
        while (await timer.TickAsync(stoppingToken))
            await TryWriteAsync(stoppingToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var limit = new CancellationTokenSource(LastWrite);
        await TryWriteAsync(limit.Token);
    }

    /// <summary>Writes what was counted.</summary>
    internal async Task WriteAsync(CancellationToken cancellation)
    {
        var counted = misses.Take();
        if (counted.Count == 0)
            return;
        await using var command = database.CreateCommand("select add_search_misses($1, $2, $3, $4)");
        command.Parameters.Add(new() { Value = counted.Keys.ToArray() });
        command.Parameters.Add(new() { Value = counted.Values.Select(c => c.Searches).ToArray() });
        command.Parameters.Add(new() { Value = counted.Values.Select(c => c.LastAt.UtcDateTime).ToArray() });
        command.Parameters.Add(new() { Value = options.Value.MaxMissesPerDay });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task TryWriteAsync(CancellationToken cancellation)
    {
        try
        {
            await WriteAsync(cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailure(log, e.Message);
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Searches without results could not be recorded: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
