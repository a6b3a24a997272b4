using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Events;

namespace SoonShop.Silo.Events;

/// <summary>
/// Sends delayed retries and replays to their handlers when they are due. Every silo runs one. Each handler has a limited number of retries
/// at a time. Replays have a limit of their own and a limited rate. So neither a hanging handler nor a replay of thousands delays the
/// others.
/// </summary>
internal sealed partial class RetryScheduler(
    RetryStore store, HandlerCalls calls, EventHandlers handlers, RetryPolicies policies, ErrorLog failures,
    EventMetrics metrics, RetrySignal signal, IOptions<EventsOptions> options, ILogger<RetryScheduler> log) : BackgroundService
{
    /// <summary>Longer than the longest call (10 s), and short enough that another silo soon continues a dead silo's deliveries.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(1);

    /// <summary>Replays are released this many times per second, in equal portions.</summary>
    private const int PortionsPerSecond = 10;

    private readonly ConcurrentDictionary<Guid, (ClaimedDelivery Delivery, bool IsReplay)> underWay = new();
    private readonly string[] names = [.. handlers.All.Select(h => h.Name)];
    private long replayedAt = Stopwatch.GetTimestamp();
    private double replayTokens;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested && names.Length > 0)
        {
            try
            {
                var pause = await StartDueAsync(stoppingToken);
                await signal.WaitAsync(pause, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception e)
            {
                LogFailure(log, e.Message);
                await Task.Delay(FailurePause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Starts the due deliveries that have room. Returns how long to wait.</summary>
    private async Task<TimeSpan> StartDueAsync(CancellationToken cancellation)
    {
        var started = await StartAsync(replays: false, int.MaxValue, cancellation);
        if (TakeReplayTokens() is > 0 and var allowed)
        {
            var replayed = await StartAsync(replays: true, allowed, cancellation);
            replayTokens -= replayed;
            started += replayed;
        }
        if (started > 0)
            return ShortestPause;
        var next = await store.NextDueAsync(names, cancellation) ?? LongestPause;
        // A due delivery without room waits until an attempt ends, which sets the signal, or until the next portion of replays.
        return next <= TimeSpan.Zero ? TimeSpan.FromSeconds(1.0 / PortionsPerSecond)
            : next < ShortestPause ? ShortestPause
            : next > LongestPause ? LongestPause
            : next;
    }

    private async Task<int> StartAsync(bool replays, int limit, CancellationToken cancellation)
    {
        var current = underWay.Values.Where(u => u.IsReplay == replays).Select(u => u.Delivery.Handler).CountBy(h => h).ToDictionary();
        var room = names.Select(h => (Name: h, Room: options.Value.RetriesAtATime - current.GetValueOrDefault(h)))
            .Where(h => h.Room > 0).ToDictionary(h => h.Name, h => h.Room);
        if (room.Count == 0)
            return 0;
        var busy = underWay.Values.Select(u => u.Delivery.HandlerKey).Distinct().ToArray();
        var claimed = await store.ClaimAsync(replays, room, busy, limit, Lease, cancellation);
        foreach (var delivery in claimed)
        {
            underWay[delivery.Id] = (delivery, replays);
            _ = AttemptAsync(delivery, cancellation);
        }
        return claimed.Count;
    }

    private int TakeReplayTokens()
    {
        var now = Stopwatch.GetTimestamp();
        var portion = Math.Max(1, (double)options.Value.ReplayPerSecond / PortionsPerSecond);
        replayTokens = Math.Min(
            portion, replayTokens + (Stopwatch.GetElapsedTime(replayedAt, now).TotalSeconds * options.Value.ReplayPerSecond));
        replayedAt = now;
        return (int)replayTokens;
    }

    private async Task AttemptAsync(ClaimedDelivery delivery, CancellationToken cancellation)
    {
        try
        {
            var attempt = delivery.Attempts + 1;
            var result = await calls.AttemptAsync(delivery.Handler, delivery.HandlerKey, delivery.Event, attempt);
            if (result.Error is { } error)
                await FailedAsync(delivery, new FailedAttempt(attempt, error, DateTimeOffset.UtcNow, result.TookMs), cancellation);
            else
            {
                await store.SucceededAsync(delivery, cancellation);
                await failures.ResolveAsync(delivery.Event, delivery.Handler, delivery.HandlerKey, delivery.WasDead ? "replay" : "retry");
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // The outcome could not be stored. The delivery is retried after the lease, and the handler skips events that it has processed.
            LogLoss(log, delivery.Handler, delivery.HandlerKey, delivery.Event.Id, e.Message);
        }
        catch (OperationCanceledException)
        {
            // The silo stops, and the lease expires.
        }
        finally
        {
            underWay.TryRemove(delivery.Id, out _);
            signal.Set();
        }
    }

    private async Task FailedAsync(ClaimedDelivery delivery, FailedAttempt failure, CancellationToken cancellation)
    {
        var next = policies.For(delivery.Handler, delivery.Event.Type, failure.Error.Class)
            .Next(failure.Attempt, inPlace: false, Random.Shared.NextDouble());
        LogRetry(
            log, delivery.Handler, delivery.HandlerKey, delivery.Event.Type, delivery.Event.Id, failure.Attempt, next.Kind,
            failure.Error.Class, failure.Error.Message);
        await store.FailedAsync(delivery, failure, next, cancellation);
        await failures.AddAsync(delivery.Event, delivery.Handler, delivery.HandlerKey, [failure]);
        if (next.Kind == NextStepKind.GiveUp)
            metrics.DeadLettered(delivery.Event, delivery.Handler, failure.Error.Class);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Delayed retries cannot be read now: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The outcome of {Handler} {Key} for {EventId} could not be stored, so it is retried: {Reason}")]
    private static partial void LogLoss(ILogger log, string handler, string key, string eventId, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Handler} {Key} failed to handle {EventType} {EventId} at attempt {Attempt}, next: {Next}. {Class}: {Reason}")]
    private static partial void LogRetry(
        ILogger log, string handler, string key, string eventType, string eventId, int attempt, NextStepKind next, ErrorClass @class,
        string reason);
}
