using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>A grain extension that does nothing: calling it activates the grain.</summary>
[Alias("stream-consumer-wake")]
internal interface IWakeExtension : IGrainExtension
{
    /// <summary>Completes when the grain is active and has executed this call.</summary>
    [Alias("wake")]
    Task WakeAsync();
}

/// <inheritdoc cref="IWakeExtension"/>
internal sealed class WakeExtension : IWakeExtension
{
    public Task WakeAsync() => Task.CompletedTask;
}

/// <summary>
/// Finds the consumers of a stream and activates them. While the pulling agent registers a stream, it waits until the consumers are
/// active and reads nothing from the queue. Therefore they are activated before the agent sees the stream.
/// </summary>
internal sealed class Consumers
{
    private readonly IStreamPubSub pubSub;
    private readonly IGrainFactory grains;
    private readonly string provider;

    private readonly IQueueLanes? lanes;

    /// <param name="services">The silo's services.</param>
    /// <param name="provider">The stream provider.</param>
    /// <param name="lanes">The provider's lanes; null for none.</param>
    public Consumers(IServiceProvider services, string provider, IQueueLanes? lanes)
    {
        var type = services.GetRequiredService<IOptionsMonitor<StreamPubSubOptions>>().Get(provider).PubSubType;
        grains = services.GetRequiredService<IGrainFactory>();
        this.provider = provider;
        HasExplicit = type != StreamPubSubType.ImplicitOnly;
        this.lanes = lanes;
        pubSub = PubSubOf(services, type);
    }

    /// <summary>True when consumers can subscribe and unsubscribe at any time.</summary>
    public bool HasExplicit { get; }

    /// <summary>Returns the stream's current subscriptions.</summary>
    public Task<List<StreamSubscription>> OfAsync(StreamId stream) => pubSub.GetAllSubscriptions(new QualifiedStreamId(provider, stream));

    /// <summary>
    /// Decides how events of the stream are delivered. If the lanes do not serve every subscriber, all subscribers receive the events
    /// through the stream itself.
    /// </summary>
    public async ValueTask<Route> RouteAsync(StreamId stream)
    {
        if (HasExplicit)
            return Route.Stream;
        var subscriptions = await OfAsync(stream);
        return subscriptions.Count == 0 ? Route.Nobody
            : lanes is not null && subscriptions.TrueForAll(s => lanes.Serve(s.GrainId.Type)) ? Route.Lane
            : Route.Stream;
    }

    /// <summary>Activates a consumer. Clients are skipped: the agent detects quickly whether one is connected.</summary>
    public Task ActivateAsync(GrainId consumer) =>
        consumer.IsClient() ? Task.CompletedTask : grains.GetGrain(consumer).AsReference<IWakeExtension>().WakeAsync();

    /// <summary>Returns the pub/sub that the agent uses. Orleans exposes it only through an internal interface.</summary>
    private static IStreamPubSub PubSubOf(IServiceProvider services, StreamPubSubType type)
    {
        var runtime = typeof(IStreamPubSub).Assembly.GetType("Orleans.Streams.IStreamProviderRuntime");
        var method = runtime?.GetMethod(
            "PubSub", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, [typeof(StreamPubSubType)]);
        return method?.Invoke(services.GetRequiredService(runtime!), [type]) as IStreamPubSub
            ?? throw new NotSupportedException($"This version of Orleans does not expose subscriptions of type {type} to stream providers. "
                + "Use the version that this provider was built for.");
    }
}
