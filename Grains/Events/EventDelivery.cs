using Microsoft.Extensions.Logging;

namespace SoonShop.Events;

/// <summary>
/// Brings events to one handler's grain: retries in place, and hands over what failed for delayed retries or as a dead letter. Whoever has
/// it says how an attempt is made.
/// </summary>
internal sealed partial class EventDelivery(HandlerRuntime runtime, EventHandlerType type, string key)
{
    /// <summary>How many events it remembers whose delivery could not be stored.</summary>
    private const int MaxUnsettled = 256;

    /// <summary>Within this time from its arrival an event must be handled or handed over: Orleans gives the call up after 10 s.</summary>
    private static readonly TimeSpan InPlaceLimit = TimeSpan.FromSeconds(9);

    /// <summary>Events whose failures are recorded, but whose delivery could not be stored.</summary>
    private HashSet<string>? unsettled;

    /// <summary>Returns once the event is handled, or stored for what follows.</summary>
    /// <param name="e">The event.</param>
    /// <param name="attempt">Makes an attempt of this number, in a trace. Throws nothing that the handler throws.</param>
    /// <exception cref="Exception">It could not be stored: it is not done with, and must come again.</exception>
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

    /// <summary>Records the failures before the success, which resolves them and those before them.</summary>
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
            // The event will come again, and may then succeed without anybody else knowing.
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Handler} {Key} failed with {EventType} {EventId} at attempt {Attempt}, next: {Next}. {Class}: {Reason}")]
    private static partial void LogFailure(
        ILogger log, string handler, string key, string eventType, string eventId, int attempt, NextStepKind next, ErrorClass @class, string reason);
}
