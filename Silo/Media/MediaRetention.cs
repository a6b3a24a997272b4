using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SoonShop.Media;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Media;

/// <summary>
/// Finds images that nothing has referred to for a time, and marks them, so that a front end deletes their files and then their rows. Every
/// silo runs it; one of them does the work of each period. What a crash interrupts is found again: a row is deleted after its files.
/// </summary>
internal sealed partial class MediaRetention(
    NpgsqlDataSource database, IOptions<MediaRetentionOptions> options, ILogger<MediaRetention> log) : BackgroundService
{
    /// <summary>An upload whose files were not all stored is removed after this time.</summary>
    private static readonly TimeSpan UploadLimit = TimeSpan.FromDays(1);

    /// <summary>The longest time for reading all products.</summary>
    private const int ScanSeconds = 600;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Looks more often than the period, because another silo may have done the last work.
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(options.Value.SweepMinutes / 4));
        await timer.RepeatAsync(SweepAsync, e => LogFailure(log, e.Message), stoppingToken);
    }

    private async Task SweepAsync(CancellationToken cancellation)
    {
        if (await ClaimAsync(cancellation))
            await MarkAsync(cancellation);
    }

    private async Task<bool> ClaimAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "update media_sweep set at = clock_timestamp() where at < clock_timestamp() - $1");
        command.Parameters.Add(new() { Value = TimeSpan.FromMinutes(options.Value.SweepMinutes) });
        return await command.ExecuteNonQueryAsync(cancellation) > 0;
    }

    /// <summary>Marks what is to be removed.</summary>
    /// <returns>The number of images that were marked.</returns>
    internal async Task<int> MarkAsync(CancellationToken cancellation)
    {
        // States are JSON in UTF-8; read as Latin-1, every byte is a character, and ids are ASCII. A product that is about to refer to an
        // image sets used_at, which PostgreSQL checks again if the row was locked meanwhile.
        await using var command = database.CreateCommand("""
            with used as materialized (
              select distinct found[1] as id
              from grain_state s, regexp_matches(convert_from(s.state, 'LATIN1'), '/media/([a-z0-9-]{30,60})/', 'g') found
              where s.state_name in ('product', 'product-group') and position('/media/'::bytea in s.state) > 0),
            again as (
              update media set unused_since = null
              where unused_since is not null and status = 'stored' and id in (select id from used)),
            unused as (
              update media set unused_since = clock_timestamp()
              where unused_since is null and status = 'stored' and id not in (select id from used))
            update media set status = 'removing'
            where status <> 'removing' and used_at < clock_timestamp() - interval '1 minute'
              and unused_since < clock_timestamp() - case when status = 'storing' then $2 else $1 end
              and id not in (select id from used)
            """);
        command.CommandTimeout = ScanSeconds;
        command.Parameters.Add(new() { Value = TimeSpan.FromDays(options.Value.Days) });
        command.Parameters.Add(new() { Value = UploadLimit });
        var marked = await command.ExecuteNonQueryAsync(cancellation);
        if (marked > 0)
            LogMarked(log, marked);
        return marked;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} images that nothing uses are being removed.")]
    private static partial void LogMarked(ILogger log, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Images that nothing uses could not be looked for: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);
}
