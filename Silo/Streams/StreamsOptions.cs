using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Streams;
using SoonShop.Events;
using SoonShop.Orleans.PostgreSql.Streams;

namespace SoonShop.Silo.Streams;

/// <summary>Configuration section <c>Streams</c>: how events are read from the event table and delivered to their handlers.</summary>
public sealed class StreamsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Streams";

    /// <summary>The upper limits of the two intervals, in milliseconds.</summary>
    private const int MaxReadInterval = 1000, MaxAckInterval = 10_000;

    /// <summary>The owner of the shop's streams, the same in every cluster.</summary>
    private const string Owner = "soonshop";

    /// <summary>The number of queues of the event table. One silo reads a queue at a time. Change it only while no silo runs.</summary>
    public int Queues { get; set; } = 8;

    /// <summary>The maximum number of events in one read of a queue.</summary>
    public int ReadEvents { get; set; } = 512;

    /// <summary>The maximum number of events of one queue that a silo holds in memory.</summary>
    public int MaxPendingEvents { get; set; } = 8192;

    /// <summary>The maximum number of bytes of events of one queue that a silo holds in memory.</summary>
    public int MaxPendingBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>The maximum number of events of one stream that a silo holds in memory.</summary>
    public int MaxPendingPerStream { get; set; } = 256;

    /// <summary>The shortest time between two reads of a silo's queues, in milliseconds.</summary>
    public int ReadIntervalMilliseconds { get; set; } = 25;

    /// <summary>The time over which acknowledgements are collected before they are written, in milliseconds.</summary>
    public int AckIntervalMilliseconds { get; set; } = 500;

    /// <summary>How long a silo tries to reach a handler, in seconds (1–3600). After that, the event becomes a delayed retry.</summary>
    public int ConsumerPatienceSeconds { get; set; } = 5;

    /// <summary>
    /// How long Orleans tries to deliver an event to a handler, in seconds. After that, the event becomes a delayed retry.
    /// </summary>
    public int MaxDeliverySeconds { get; set; } = 30;

    /// <summary>Returns the invalid settings, each with what to set.</summary>
    public IEnumerable<string> Problems()
    {
        var options = new PostgresStreamOptions();
        Apply(options);
        foreach (var problem in options.Problems($"{Section}:"))
            yield return problem;
        foreach (var (name, value, min, max) in new[]
        {
            (nameof(ReadIntervalMilliseconds), ReadIntervalMilliseconds, 0, MaxReadInterval),
            (nameof(AckIntervalMilliseconds), AckIntervalMilliseconds, 1, MaxAckInterval),
        })
        {
            if (value < min || value > max)
                yield return $"{Section}:{name} is {value}; set Streams__{name} to {min}–{max}.";
        }
        if (MaxDeliverySeconds is < 1 or > 3600)
            yield return $"{Section}:{nameof(MaxDeliverySeconds)} is {MaxDeliverySeconds}; set Streams__{nameof(MaxDeliverySeconds)} to "
                + "1–3600.";
    }

    internal void Apply(PostgresStreamOptions options)
    {
        options.Owner = Owner;
        options.Queues = Queues;
        options.ReadEvents = ReadEvents;
        options.MaxPendingEvents = MaxPendingEvents;
        options.MaxPendingBytes = MaxPendingBytes;
        options.MaxPendingPerStream = MaxPendingPerStream;
        options.ReadInterval = TimeSpan.FromMilliseconds(Math.Clamp(ReadIntervalMilliseconds, 0, MaxReadInterval));
        options.AckInterval = TimeSpan.FromMilliseconds(Math.Clamp(AckIntervalMilliseconds, 1, MaxAckInterval));
        options.ConsumerPatience = TimeSpan.FromSeconds(ConsumerPatienceSeconds);
        options.ReadCommitted = e => new CloudEvent(
            e.Id, e.Source, e.Sequence, e.Type, e.Subject, e.StreamNamespace, e.StreamKey, e.Time, e.NotBefore, e.CorrelationId,
            e.CausationId, e.TraceParent, e.Data);
        options.Lanes = services => new EventLaneBatches(services.GetRequiredService<EventHandlers>());
    }
}

/// <summary>Hosting of the shop's streams.</summary>
internal static class StreamsExtensions
{
    /// <summary>
    /// How long the pulling agent keeps an inactive stream. It checks at the same interval, so a stream may stay twice as long. Registering
    /// a stream again costs a call or two; keeping it costs some kilobytes.
    /// </summary>
    private static readonly TimeSpan InactivityPeriod = TimeSpan.FromMinutes(1);

    /// <summary>Adds the stream provider of the shop's events, on the shared data source. Handlers subscribe by attribute.</summary>
    public static ISiloBuilder AddShopStreams(this ISiloBuilder silo, StreamsOptions configuration)
    {
        var patience = TimeSpan.FromSeconds(configuration.ConsumerPatienceSeconds);
        silo.Services.AddSingleton(LaneOptions.Default with { HandlerPatience = patience });
        return silo.AddPostgresStreams(ShopStreams.Provider, configuration.Apply, stream =>
        {
            stream.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly);
            stream.ConfigurePullingAgent(agent => agent.Configure(
                (StreamPullingAgentOptions o) =>
                {
                    o.MaxEventDeliveryTime = TimeSpan.FromSeconds(configuration.MaxDeliverySeconds);
                    // Most streams with other subscribers, such as a customer's or an order's, are used for seconds.
                    o.StreamInactivityPeriod = InactivityPeriod;
                }));
        });
    }
}
