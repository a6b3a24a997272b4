using System.Collections.Concurrent;
using Orleans.Concurrency;
using Orleans.Serialization.Invocation;
using Orleans.Streams;
using Orleans.Streams.Core;
using SoonShop.Events;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Streams;

/// <summary>What arrived in this process, by stream key.</summary>
internal static class Arrivals
{
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<string>> ByKey = new();
    private static readonly ConcurrentDictionary<string, TaskCompletionSource> Gates = new();

    public static void Add(string key, string item) => ByKey.GetOrAdd(key, _ => new()).Enqueue(item);

    public static string[] Of(string key) => ByKey.TryGetValue(key, out var items) ? [.. items] : [];

    public static int CountOf(string key) => ByKey.TryGetValue(key, out var items) ? items.Count : 0;

    public static Task AreAsync(string key, int count) => Until.TrueAsync(
        $"{count} arrived for {key}", TimeSpan.FromSeconds(30), () => Task.FromResult(CountOf(key) >= count));

    /// <summary>A consumer whose key begins with <c>stuck</c> waits for this.</summary>
    public static TaskCompletionSource GateOf(string key) =>
        Gates.GetOrAdd(key, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
}

/// <summary>Remembers what was not delivered; fails as often as it is told to.</summary>
internal sealed class Undelivered : IUndeliveredEvents
{
    private int failures;

    public ConcurrentQueue<UndeliveredEvent> All { get; } = new();

    public int Failures { set => failures = value; }

    public Task TakeAsync(UndeliveredEvent undelivered, CancellationToken cancellation)
    {
        if (Interlocked.Decrement(ref failures) >= 0)
            throw new InvalidOperationException("not now");
        All.Enqueue(undelivered);
        return Task.CompletedTask;
    }

    public Task HasAsync(string key, int count) => Until.TrueAsync(
        $"{count} of {key} are put aside", TimeSpan.FromSeconds(30), () => Task.FromResult(Of(key).Length >= count));

    public UndeliveredEvent[] Of(string key) => [.. All.Where(u => u.Stream.GetKeyAsString() == key)];
}

[Alias("test-plain-event"), GenerateSerializer]
internal sealed record PlainEvent([property: Id(0)] int Number);

/// <summary>
/// Consumes the namespace <c>plain</c>. The key says how: <c>dead…</c> cannot be activated, <c>failing…</c> throws,
/// <c>stuck…</c> waits for its gate.
/// </summary>
[ImplicitStreamSubscription("plain"), GrainType("test-implicit")]
internal sealed class ImplicitConsumer : Grain, IGrainWithStringKey, IStreamSubscriptionObserver
{
    private string Key => this.GetPrimaryKeyString();

    public override Task OnActivateAsync(CancellationToken cancellationToken) =>
        Key.StartsWith("dead", StringComparison.Ordinal) ? throw new InvalidOperationException("cannot be activated") : Task.CompletedTask;

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<PlainEvent>().ResumeAsync(async (e, _) =>
        {
            if (Key.StartsWith("failing", StringComparison.Ordinal))
                throw new InvalidOperationException("fails");
            if (Key.StartsWith("stuck", StringComparison.Ordinal))
                await Arrivals.GateOf(Key).Task;
            Arrivals.Add(Key, $"{e.Number}");
        });
}

/// <summary>Consumes committed events in the namespace <c>committed</c>.</summary>
[ImplicitStreamSubscription("committed"), GrainType("test-committed")]
internal sealed class CommittedConsumer : Grain, IGrainWithStringKey, IStreamSubscriptionObserver
{
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<CommittedEvent>().ResumeAsync((e, _) =>
        {
            Arrivals.Add(this.GetPrimaryKeyString(), e.Id);
            return Task.CompletedTask;
        });
}

/// <summary>Consumes two namespaces as the shop's handlers do; what comes on <c>busy-a</c> waits for the gate of its key.</summary>
[MayInterleave(nameof(MayInterleave))]
[ImplicitStreamSubscription("busy-a"), ImplicitStreamSubscription("busy-b"), GrainType("test-busy")]
internal sealed class BusyConsumer : Grain, IGrainWithStringKey, IStreamSubscriptionObserver
{
    public static bool MayInterleave(IInvokable request) => StreamHandshake.Includes(request);

    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory)
    {
        var (streamNamespace, key) = (handleFactory.StreamId.GetNamespace(), this.GetPrimaryKeyString());
        return handleFactory.Create<PlainEvent>().ResumeAsync(async (e, _) =>
        {
            if (streamNamespace == "busy-a")
            {
                Arrivals.Add($"{key} begun", $"{e.Number}");
                await Arrivals.GateOf(key).Task;
            }
            Arrivals.Add(key, $"{streamNamespace} {e.Number}");
        });
    }
}
