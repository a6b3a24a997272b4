using System.Collections.Concurrent;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace SoonShop.Tests.Streams;

/// <summary>What arrived in this process, by stream key.</summary>
internal static class Arrivals
{
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<string>> ByKey = new();

    public static void Add(string key, string item) => ByKey.GetOrAdd(key, _ => new()).Enqueue(item);

    public static string[] Of(string key) => ByKey.TryGetValue(key, out var items) ? [.. items] : [];

    public static int CountOf(string key) => ByKey.TryGetValue(key, out var items) ? items.Count : 0;
}

[Alias("test-plain-event"), GenerateSerializer]
internal sealed record PlainEvent([property: Id(0)] int Number);

[Alias("test-implicit-consumer")]
internal interface IImplicitConsumer : IGrainWithStringKey;

/// <summary>Consumes what is published in the namespace <c>plain</c>.</summary>
[ImplicitStreamSubscription("plain"), GrainType("test-implicit")]
internal sealed class ImplicitConsumer : Grain, IImplicitConsumer, IStreamSubscriptionObserver
{
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) =>
        handleFactory.Create<PlainEvent>().ResumeAsync((e, _) =>
        {
            Arrivals.Add(this.GetPrimaryKeyString(), $"{e.Number}");
            return Task.CompletedTask;
        });
}
