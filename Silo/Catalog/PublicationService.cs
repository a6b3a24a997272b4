using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SoonShop.Catalog;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Catalog;

/// <summary>
/// Puts products on sale whose time has come. Every silo runs it, by the database's clock; concurrent runs do no harm.
/// </summary>
internal sealed partial class PublicationService(
    NpgsqlDataSource database, IGrainFactory grains, TimeProvider time, ILogger<PublicationService> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private const int BatchSize = 100;

    /// <summary>The number of products that a silo puts on sale at the same time.</summary>
    private const int Parallelism = 8;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        await timer.RepeatAsync(PublishDueAsync, e => LogFailure(log, e.Message), stoppingToken);
    }

    /// <summary>Runs one round.</summary>
    internal async Task PublishDueAsync(CancellationToken cancellation)
    {
        // Goes on after the last product, so that products that fail do not delay the others.
        var after = ("", "");
        List<(string Key, string PublishAt)> due;
        do
        {
            due = await FindDueAsync(after, cancellation);
            await Parallel.ForEachAsync(
                due, new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellation },
                (d, _) => PublishAsync(d.Key, d.PublishAt));
            if (due.Count > 0)
                after = (due[^1].PublishAt, due[^1].Key);
        }
        while (due.Count == BatchSize);
    }

    private async ValueTask PublishAsync(string key, string publishAt)
    {
        try
        {
            await grains.GetGrain<IProductGrain>(key).PublishAsync(DateTimeOffset.Parse(publishAt, CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailure(log, e.Message);
        }
    }

    private async Task<List<(string Key, string PublishAt)>> FindDueAsync(
        (string PublishAt, string Key) after, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("""
            select grain_key, index ->> 'publishAt' from grain_state_product
            where state_name = 'product' and index ->> 'publishAt' is not null
              and index ->> 'publishAt' <= to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"0Z"')
              and (index ->> 'publishAt', grain_key) > ($2, $3)
            order by index ->> 'publishAt', grain_key limit $1
            """);
        command.Parameters.Add(new() { Value = BatchSize });
        command.Parameters.Add(new() { Value = after.PublishAt });
        command.Parameters.Add(new() { Value = after.Key });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var due = new List<(string, string)>();
        while (await reader.ReadAsync(cancellation))
            due.Add((reader.GetString(0), reader.GetString(1)));
        return due;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A product could not be put on sale at its time, and is tried again: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
