using System.Collections.Concurrent;
using System.Text.Json.Serialization;
using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Tests.Events;

/// <summary>An event that only tests publish.</summary>
public sealed record Happened(string Key, int Number) : IShopEvent
{
    [JsonIgnore] public string Type => "test.happened";
}

/// <summary>What the handlers of the tests do, by the key of their grain, and what they did.</summary>
internal static class Script
{
    private static readonly ConcurrentDictionary<string, Func<Happened, EventContext, Task>> Actions = new();
    private static readonly ConcurrentQueue<(string Key, string EventId, int Attempt)> Log = new();

    /// <summary>From now on handlers of this key do this.</summary>
    public static void For(string key, Func<Happened, EventContext, Task> action) => Actions[key] = action;

    /// <summary>From now on handlers of this key succeed.</summary>
    public static void Repair(string key) => Actions.TryRemove(key, out _);

    /// <summary>The attempts that were begun.</summary>
    public static int Attempts(string key) => Log.Count(l => l.Key == key);

    public static (string EventId, int Attempt)[] LogOf(string key) =>
        [.. Log.Where(l => l.Key == key).Select(l => (l.EventId, l.Attempt))];

    public static Task RunAsync(Happened e, EventContext context)
    {
        Log.Enqueue((e.Key, context.EventId, context.Attempt));
        return Actions.TryGetValue(e.Key, out var action) ? action(e, context) : Task.CompletedTask;
    }
}

/// <summary>A handler without state.</summary>
[GrainType("test-plain"), ImplicitStreamSubscription("test")]
[Retry(Immediate = 1, Backoff = Backoff.Fixed, Retries = 2, FirstSeconds = 0.2)]
internal sealed class PlainHandler : EventHandlerGrain, IHandle<Happened>
{
    public Task HandleAsync(Happened e, EventContext context) => Script.RunAsync(e, context);
}

/// <summary>Another, whose retries are due long after the test.</summary>
[GrainType("test-patient"), ImplicitStreamSubscription("test-patient")]
[Retry(Backoff = Backoff.Fixed, Retries = 3, FirstSeconds = 3600)]
internal sealed class PatientHandler : EventHandlerGrain, IHandle<Happened>
{
    public Task HandleAsync(Happened e, EventContext context) => Script.RunAsync(e, context);
}

/// <summary>What a counting handler keeps.</summary>
public sealed record Count(int Value);

/// <summary>Its own interface.</summary>
[Alias("test-counter")]
internal interface ICounter : IGrainWithStringKey
{
    [Alias("get")]
    Task<int> GetAsync();
}

/// <summary>A handler that counts the events, in its state; what the script does comes after.</summary>
[GrainType("test-counting"), ImplicitStreamSubscription("test-counting")]
[Retry(Backoff = Backoff.Fixed, Retries = 3, FirstSeconds = 0.2)]
internal sealed class CountingHandler([LazyState("test-counting")] IPersistentState<StateEnvelope<Count>> state, TimeProvider time)
    : EventHandlerGrain<Count>(state, time), IHandle<Happened>, ICounter
{
    public async Task HandleAsync(Happened e, EventContext context)
    {
        await CommitAsync(new Count((State?.Value ?? 0) + 1), []);
        await Script.RunAsync(e, context);
    }

    Task<int> ICounter.GetAsync() => Task.FromResult(State?.Value ?? 0);
}

/// <summary>A handler whose script runs before it commits.</summary>
[GrainType("test-late-counting"), ImplicitStreamSubscription("test-late-counting")]
[Retry(Backoff = Backoff.Fixed, Retries = 3, FirstSeconds = 0.2)]
internal sealed class LateCountingHandler([LazyState("test-late-counting")] IPersistentState<StateEnvelope<Count>> state, TimeProvider time)
    : EventHandlerGrain<Count>(state, time), IHandle<Happened>, ICounter
{
    public async Task HandleAsync(Happened e, EventContext context)
    {
        await Script.RunAsync(e, context);
        await CommitAsync(new Count((State?.Value ?? 0) + 1), []);
    }

    Task<int> ICounter.GetAsync() => Task.FromResult(State?.Value ?? 0);
}
