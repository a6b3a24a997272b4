using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SoonShop.Events;

namespace SoonShop.Silo.Events;

/// <summary>
/// Brings delayed retries and replays to their handlers when they are due. Every silo runs one. Each handler has room for so
/// many at a time, and replays have room of their own at a limited rate, so that neither a handler that hangs nor a
/// replay of thousands keeps others waiting.
/// </summary>
internal sealed partial class RetryScheduler(
    RetryStore store, HandlerCalls calls, EventHandlers handlers, RetryPolicies policies, ErrorLog failures,
    EventMetrics metrics, RetrySignal signal, IOptions<EventsOptions> options, ILogger<RetryScheduler> log) : BackgroundService
{
    /// <summary>Longer than a call can take (10 s), and short enough for what a dying silo held to come soon.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(1);

    /// <summary>Replays are let through in portions of this part of a second.</summary>
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

    /// <summary>Starts what is due and has room; answers how long to wait.</summary>
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
        // What is due and finds no room waits for an attempt to end, which sets the signal, or for replays' next portion.
        return next <= TimeSpan.Zero ? TimeSpan.FromSeconds(1.0 / PortionsPerSecond)
            : next < ShortestPause ? ShortestPause
            : next > LongestPause ? LongestPause
            : next;
    }

    private async Task<int> StartAsync(bool replays, int limit, CancellationToken cancellation)
    {
        var current = underWay.Values.Where(u => u.IsReplay == replays).Select(u => u.Delivery.Handler).CountBy(h => h).ToDictionary();
        var room = names.Select(h => (Name: h, Room: options.Value.RetriesAtATime - current.GetValueOrDefault(h))).Where(h => h.Room > 0).ToDictionary(h => h.Name, h => h.Room);
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
        replayTokens = Math.Min(portion, replayTokens + (Stopwatch.GetElapsedTime(replayedAt, now).TotalSeconds * options.Value.ReplayPerSecond));
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
            // How it went could not be written down: when the lease is over it is tried again, and the handler passes over what it has done.
            LogLoss(log, delivery.Handler, delivery.HandlerKey, delivery.Event.Id, e.Message);
        }
        catch (OperationCanceledException)
        {
            // The silo stops; the lease runs out.
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
        LogRetry(log, delivery.Handler, delivery.HandlerKey, delivery.Event.Type, delivery.Event.Id, failure.Attempt, next.Kind, failure.Error.Class, failure.Error.Message);
        await store.FailedAsync(delivery, failure, next, cancellation);
        await failures.AddAsync(delivery.Event, delivery.Handler, delivery.HandlerKey, [failure]);
        if (next.Kind == NextStepKind.GiveUp)
            metrics.DeadLettered(delivery.Event, delivery.Handler, failure.Error.Class);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Delayed retries cannot be read now: {Reason}")]
    private static partial void LogFailure(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "How {Handler} {Key} did with {EventId} could not be noted, it comes again: {Reason}")]
    private static partial void LogLoss(ILogger log, string handler, string key, string eventId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Handler} {Key} failed with {EventType} {EventId} at attempt {Attempt}, next: {Next}. {Class}: {Reason}")]
    private static partial void LogRetry(
        ILogger log, string handler, string key, string eventType, string eventId, int attempt, NextStepKind next, ErrorClass @class, string reason);
}
