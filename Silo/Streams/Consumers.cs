using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Streams;
using Orleans.Streams.Core;
using SoonShop.Events;

namespace SoonShop.Silo.Streams;

/// <summary>A grain extension that does nothing: calling it activates the grain.</summary>
[Alias("stream-consumer-wake")]
internal interface IWakeExtension : IGrainExtension
{
    /// <summary>Ends when the grain is active and has its turn, or lets this call interleave.</summary>
    [Alias("wake")]
    Task WakeAsync();
}

/// <inheritdoc cref="IWakeExtension"/>
internal sealed class WakeExtension : IWakeExtension
{
    public Task WakeAsync() => Task.CompletedTask;
}

/// <summary>
/// Who consumes a stream, and whether they can be reached. The pulling agent reads nothing more of a queue while it
/// registers a stream, which takes until its consumers are active; so they are activated before it sees the stream.
/// </summary>
internal sealed class Consumers
{
    private readonly IStreamPubSub pubSub;
    private readonly IGrainFactory grains;
    private readonly string provider;

    private readonly EventHandlers? handlers;

    /// <param name="services">The silo's.</param>
    /// <param name="provider">The stream provider.</param>
    /// <param name="handlers">Those who are served by lanes; null for a provider without lanes.</param>
    public Consumers(IServiceProvider services, string provider, EventHandlers? handlers)
    {
        var type = services.GetRequiredService<IOptionsMonitor<StreamPubSubOptions>>().Get(provider).PubSubType;
        grains = services.GetRequiredService<IGrainFactory>();
        this.provider = provider;
        HasExplicit = type != StreamPubSubType.ImplicitOnly;
        this.handlers = handlers;
        pubSub = PubSubOf(services, type);
    }

    /// <summary>True when consumers can subscribe and unsubscribe at any time.</summary>
    public bool HasExplicit { get; }

    /// <summary>The stream's subscriptions at present.</summary>
    public Task<List<StreamSubscription>> OfAsync(StreamId stream) => pubSub.GetAllSubscriptions(new QualifiedStreamId(provider, stream));

    /// <summary>
    /// Which way events of the stream's namespace go. A subscriber that is no handler, or is one only on silos of another version, gets
    /// them by their own stream, and so does everybody else who subscribes to it.
    /// </summary>
    public async ValueTask<Route> RouteAsync(StreamId stream)
    {
        if (HasExplicit)
            return Route.Stream;
        var subscriptions = await OfAsync(stream);
        return subscriptions.Count == 0 ? Route.Nobody
            : handlers is not null && subscriptions.TrueForAll(s => handlers.Find(s.GrainId.Type.ToString()!) is not null) ? Route.Lane
            : Route.Stream;
    }

    /// <summary>Activates a consumer. A client is there or is not; the agent finds out quickly.</summary>
    public Task WakeAsync(GrainId consumer) =>
        consumer.IsClient() ? Task.CompletedTask : grains.GetGrain(consumer).AsReference<IWakeExtension>().WakeAsync();

    /// <summary>The subscriptions as the agent sees them: Orleans has them behind an internal interface only.</summary>
    private static IStreamPubSub PubSubOf(IServiceProvider services, StreamPubSubType type)
    {
        var runtime = typeof(IStreamPubSub).Assembly.GetType("Orleans.Streams.IStreamProviderRuntime");
        var method = runtime?.GetMethod("PubSub", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, [typeof(StreamPubSubType)]);
        return method?.Invoke(services.GetRequiredService(runtime!), [type]) as IStreamPubSub
            ?? throw new NotSupportedException($"This version of Orleans shows no subscriptions of type {type} to stream providers; use the version that this provider was built for.");
    }
}
