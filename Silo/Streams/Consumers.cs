using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Streams;
using Orleans.Streams.Core;

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

    public Consumers(IServiceProvider services, string provider)
    {
        var type = services.GetRequiredService<IOptionsMonitor<StreamPubSubOptions>>().Get(provider).PubSubType;
        grains = services.GetRequiredService<IGrainFactory>();
        this.provider = provider;
        HasExplicit = type != StreamPubSubType.ImplicitOnly;
        pubSub = PubSubOf(services, type);
    }

    /// <summary>True when consumers can subscribe and unsubscribe at any time.</summary>
    public bool HasExplicit { get; }

    /// <summary>The stream's subscriptions at present.</summary>
    public Task<List<StreamSubscription>> OfAsync(StreamId stream) => pubSub.GetAllSubscriptions(new QualifiedStreamId(provider, stream));

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
