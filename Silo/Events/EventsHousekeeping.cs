using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SoonShop.Events;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Events;

/// <summary>Removes what is known of events and nobody needs any more. Every silo does; doing it twice at a time does no harm.</summary>
internal sealed partial class EventsHousekeeping(
    NpgsqlDataSource database, IErrorStore failures, IOptions<EventsOptions> options, ILogger<EventsHousekeeping> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(10);
    private const int BatchSize = 5000;

    /// <summary>Batches of one kind in one round: the rest waits for the next.</summary>
    private const int MaxBatches = 200;

    private const string Horizon = """
        update integrity_audit set removed_before = now() - make_interval(days => $1) where removed_before < now() - make_interval(days => $1)
        """;

    /// <summary>Each takes the days to keep as <c>$1</c> and removes, or ends, no more than a batch.</summary>
    private IEnumerable<(string What, string Sql, int Days)> Steps =>
    [
        // Before they go: the integrity check must not miss them, even if the retention is raised later.
        ("horizon", Horizon, Math.Min(options.Value.RetentionDays, options.Value.AuditRetentionDays)),
        // A queue's events up to its watermark are done with. Scheduled ones wait, and have no place in the queue yet. Only the oldest
        // places are looked at: they follow time closely enough.
        ("events", $"""
            delete from event where ctid = any (array(
              select e.ctid from stream_queue q cross join lateral (
                select ctid, coalesce(not_before, time) as time from event
                where queue = q.id and due_at is null and position <= q.watermark order by position limit {BatchSize}) e
              where q.provider = '{ShopStreams.Provider}' and e.time < now() - make_interval(days => $1) limit {BatchSize}))
            """, options.Value.RetentionDays),
        // Those of queues that a smaller number of them has removed: what was not done with went to another queue then, and has a place
        // behind all of these. The queues that there are events of are found one by one, not by reading the events.
        ("events of no queue", $"""
            with recursive found as (
              (select queue from event where queue is not null and due_at is null order by queue limit 1)
              union all
              select (select queue from event where queue > f.queue and due_at is null order by queue limit 1) from found f where f.queue is not null)
            delete from event where ctid = any (array(
              select e.ctid from found f cross join lateral (
                select ctid, coalesce(not_before, time) as time from event
                where queue = f.queue and due_at is null and position <= (select min(watermark) from stream_queue where provider = '{ShopStreams.Provider}')
                order by position limit {BatchSize}) e
              where f.queue not in (select id from stream_queue) and e.time < now() - make_interval(days => $1) limit {BatchSize}))
            """, options.Value.RetentionDays),
        ("dead letters", $"""
            update event_delivery set status = 'discarded', ended_at = clock_timestamp(), ended_by = 'retention', end_reason = 'nobody cared for it in time'
            where id in (select id from event_delivery where status = 'dead' and dead_at < now() - make_interval(days => $1) order by dead_at limit {BatchSize})
            """, options.Value.DeadLetterRetentionDays),
        ("deliveries", $"""
            delete from event_delivery where id in (
              select id from event_delivery where ended_at < now() - make_interval(days => $1) order by ended_at limit {BatchSize})
            """, options.Value.RetentionDays),
        ("figures", $"""
            delete from event_stat where ctid = any (array(
              select ctid from event_stat where minute < now() - make_interval(days => $1) order by minute limit {BatchSize}))
            """, options.Value.StatsRetentionDays),
        ("audit entries", $"""
            delete from audit_log where (select set_config('soonshop.audit_retention', 'on', true)) = 'on'
              and id in (select id from audit_log where at < now() - make_interval(days => $1) order by at limit {BatchSize})
            """, options.Value.AuditRetentionDays),
    ];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period);
        while (await timer.TickAsync(stoppingToken))
            await CleanAsync(stoppingToken);
    }

    /// <summary>One round.</summary>
    internal async Task CleanAsync(CancellationToken cancellation)
    {
        foreach (var (what, sql, days) in Steps)
            await TryAsync(what, () => RepeatAsync(sql, days, cancellation));
        await TryAsync("failures", () => failures.TrimAsync(TimeSpan.FromDays(options.Value.FailureRetentionDays), options.Value.MaxFailures, cancellation));
    }

    private async Task RepeatAsync(string sql, int days, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new() { Value = days });
        for (var batches = 0; batches < MaxBatches && await command.ExecuteNonQueryAsync(cancellation) == BatchSize; batches++)
        {
            // On to the next batch: each is a transaction of its own.
        }
    }

    private async Task TryAsync(string what, Func<Task> clean)
    {
        try
        {
            await clean();
        }
        catch (Exception e)
        {
            LogFailure(log, what, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old {What} could not be removed now: {Reason}")]
    private static partial void LogFailure(ILogger log, string what, string reason);
}
