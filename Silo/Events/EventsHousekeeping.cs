using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SoonShop.Events;
using SoonShop.Notifications;
using SoonShop.ServiceDefaults;

namespace SoonShop.Silo.Events;

/// <summary>Removes records of events after their retention time. Every silo runs it; concurrent runs do no harm.</summary>
internal sealed partial class EventsHousekeeping(
    NpgsqlDataSource database, IErrorStore failures, IOptions<EventsOptions> options, IOptions<NotificationsOptions> notifications,
    ILogger<EventsHousekeeping> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(10);
    private const int BatchSize = 5000;

    /// <summary>The most attempts to post to webhook endpoints that are kept, however young they are.</summary>
    private const int MaxWebhookAttempts = 1_000_000;

    /// <summary>The most batches of one kind in one round. The rest waits for the next round.</summary>
    private const int MaxBatches = 200;

    private const string Horizon = """
        update integrity_audit set removed_before = now() - make_interval(days => $1)
        where removed_before < now() - make_interval(days => $1)
        """;

    /// <summary>
    /// What was not sent to RabbitMQ stays while silos with RabbitMQ turned on run, and some time after that.
    /// </summary>
    private const string Sent =
        "position <= coalesce((select position from rabbitmq_cursor where keep_until > clock_timestamp()), 9223372036854775807)";

    /// <summary>Each statement takes the days to keep as <c>$1</c> and removes or ends at most one batch.</summary>
    private IEnumerable<(string What, string Sql, int Days)> Steps =>
    [
        // Before the events are removed, because the integrity check must know that they are gone, even if the retention is later extended.
        ("horizon", Horizon, Math.Min(options.Value.RetentionDays, options.Value.AuditRetentionDays)),
        // The events of a queue up to its watermark are done. Scheduled events wait and have no position in the queue yet. Only the lowest
        // positions are read, because positions follow time closely enough.
        ("events", $"""
            delete from event where ctid = any (array(
              select e.ctid from stream_queue q cross join lateral (
                select ctid, coalesce(not_before, time) as time from event
                where queue = q.id and due_at is null and position <= q.watermark and {Sent} order by position limit {BatchSize}) e
              where q.provider = '{ShopStreams.Provider}' and e.time < now() - make_interval(days => $1) limit {BatchSize}))
            """, options.Value.RetentionDays),
        // Events of queues that were removed when the number of queues was reduced. Their pending events moved to other queues at that time
        // and have higher positions. The recursive query finds the queues one by one, without reading all events.
        ("events of no queue", $"""
            with recursive found as (
              (select queue from event where queue is not null and due_at is null order by queue limit 1)
              union all
              select (select queue from event where queue > f.queue and due_at is null order by queue limit 1) from found f
              where f.queue is not null)
            delete from event where ctid = any (array(
              select e.ctid from found f cross join lateral (
                select ctid, coalesce(not_before, time) as time from event
                where queue = f.queue and due_at is null
                  and position <= (select min(watermark) from stream_queue where provider = '{ShopStreams.Provider}')
                  and {Sent}
                order by position limit {BatchSize}) e
              where f.queue not in (select id from stream_queue) and e.time < now() - make_interval(days => $1) limit {BatchSize}))
            """, options.Value.RetentionDays),
        ("dead letters", $"""
            update event_delivery set status = 'discarded', ended_at = clock_timestamp(), ended_by = 'retention',
                end_reason = 'nobody cared for it in time'
            where id in (select id from event_delivery where status = 'dead' and dead_at < now() - make_interval(days => $1)
                order by dead_at limit {BatchSize})
            """, options.Value.DeadLetterRetentionDays),
        ("deliveries", $"""
            delete from event_delivery where id in (
              select id from event_delivery where ended_at < now() - make_interval(days => $1) order by ended_at limit {BatchSize})
            """, options.Value.RetentionDays),
        // Only the oldest are read, because numbers follow time closely enough.
        ("webhook attempts", $"""
            delete from webhook_delivery where id in (
              select id from (select id, at from webhook_delivery order by id limit {BatchSize}) d
              where at < now() - make_interval(days => $1) or id <= (select max(id) from webhook_delivery) - {MaxWebhookAttempts})
            """, notifications.Value.Webhooks.LogRetentionDays),
        ("metrics", $"""
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

    /// <summary>Runs one round.</summary>
    internal async Task CleanAsync(CancellationToken cancellation)
    {
        foreach (var (what, sql, days) in Steps)
            await TryAsync(what, () => RepeatAsync(sql, days, cancellation));
        await TryAsync("failures", () =>
            failures.TrimAsync(TimeSpan.FromDays(options.Value.FailureRetentionDays), options.Value.MaxFailures, cancellation));
    }

    private async Task RepeatAsync(string sql, int days, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new() { Value = days });
        for (var batches = 0; batches < MaxBatches && await command.ExecuteNonQueryAsync(cancellation) == BatchSize; batches++)
        {
            // Continues with the next batch in a new transaction.
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
