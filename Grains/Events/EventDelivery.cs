using Microsoft.Extensions.Logging;

namespace SoonShop.Events;

/// <summary>
/// Delivers events to one handler's grain. It retries in place, and stores what fails for delayed retries or as a dead letter. The caller
/// defines how an attempt is made.
/// </summary>
internal sealed partial class EventDelivery(HandlerRuntime runtime, EventHandlerType type, string key)
{
    /// <summary>The most events that are remembered because their delivery could not be stored.</summary>
    private const int MaxUnsettled = 256;

    /// <summary>The time from its arrival within which an event must be handled or stored: Orleans times the call out after 10 s.</summary>
    private static readonly TimeSpan InPlaceLimit = TimeSpan.FromSeconds(9);

    /// <summary>Events whose failures are in the error store but whose delivery could not be stored.</summary>
    private HashSet<string>? unsettled;

    /// <summary>Delivers an event. Returns once it is handled, or its retry or dead letter is stored.</summary>
    /// <param name="e">The event.</param>
    /// <param name="attempt">Makes an attempt with this number, in a trace. Must not throw the handler's exceptions.</param>
    /// <exception cref="Exception">The delivery could not be stored. The event is not done and must be delivered again.</exception>
    public async Task DeliverAsync(CloudEvent e, Func<int, string?, Task<AttemptResult>> attempt)
    {
        if (!type.Concerns(e, runtime.Types))
            return;
        var started = runtime.Time.GetTimestamp();
        ImmutableArray<FailedAttempt>.Builder? failures = null;
        var trace = EventTraces.Delivered(e, runtime.Time.GetUtcNow());
        while (true)
        {
            var number = (failures?.Count ?? 0) + 1;
            var result = await attempt(number, trace);
            if (result.Error is not { } error)
            {
                await SettleAsync(e, failures);
                return;
            }
            failures ??= ImmutableArray.CreateBuilder<FailedAttempt>();
            failures.Add(new FailedAttempt(number, error, runtime.Time.GetUtcNow(), result.TookMs));
            var inPlace = !result.CutOff
                && runtime.Time.GetElapsedTime(started) + runtime.AttemptLimit + EventPipeline.Grace < InPlaceLimit;
            var next = runtime.Policies.For(type.Name, e.Type, error.Class).Next(number, inPlace, Random.Shared.NextDouble());
            LogFailure(runtime.Log, type.Name, key, e.Type, e.Id, number, next.Kind, error.Class, error.Message);
            if (next.Kind == NextStepKind.RetryNow)
                continue;
            await StoreForRetryAsync(new FailedDelivery(e, type.Name, key, failures.ToImmutable(), next));
            return;
        }
    }

    /// <summary>Records the failures before a success, and marks these and earlier ones as resolved.</summary>
    private async Task SettleAsync(CloudEvent e, ImmutableArray<FailedAttempt>.Builder? failures)
    {
        if (failures is not null)
            await runtime.Failures.AddAsync(e, type.Name, key, failures, resolvedBy: "retry");
        if (unsettled?.Remove(e.Id) is true)
            await runtime.Failures.ResolveAsync(e, type.Name, key, "retry");
    }

    private async Task StoreForRetryAsync(FailedDelivery delivery)
    {
        try
        {
            await runtime.Deliveries.StoreAsync(delivery, CancellationToken.None);
        }
        catch
        {
            // The event will be delivered again and may then succeed without a stored delivery.
            if ((unsettled ??= []).Count < MaxUnsettled)
                unsettled.Add(delivery.Event.Id);
            throw;
        }
        finally
        {
            await runtime.Failures.AddAsync(delivery.Event, type.Name, key, delivery.Failures);
        }
        if (delivery.Next.Kind == NextStepKind.GiveUp)
            runtime.Metrics.DeadLettered(delivery.Event, type.Name, delivery.Failures[^1].Error.Class);
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "{Handler} {Key} failed to handle {EventType} {EventId} at attempt {Attempt}, next: {Next}. {Class}: {Reason}")]
    private static partial void LogFailure(
        ILogger log, string handler, string key, string eventType, string eventId, int attempt, NextStepKind next, ErrorClass @class,
        string reason);
}
