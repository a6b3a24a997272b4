using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Streams;
using SoonShop.Events;

namespace SoonShop.Silo.Streams;

/// <summary>Configuration section <c>Streams</c>: how the shop's events reach their handlers.</summary>
public sealed class StreamsOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Streams";

    /// <summary>Limits of the two intervals, in milliseconds.</summary>
    private const int MaxReadInterval = 1000, MaxAckInterval = 10_000;

    /// <summary>Whose the shop's streams are, in whatever cluster.</summary>
    private const string Owner = "soonshop";

    /// <summary>Queues, 1–256; see <see cref="PostgresStreamOptions.Queues"/>.</summary>
    public int Queues { get; set; } = 8;

    /// <summary>Events in one read of a queue.</summary>
    public int ReadEvents { get; set; } = 512;

    /// <summary>Events of one queue in memory.</summary>
    public int MaxPendingEvents { get; set; } = 8192;

    /// <summary>Bytes of one queue in memory.</summary>
    public int MaxPendingBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Events of one stream in memory.</summary>
    public int MaxPendingPerStream { get; set; } = 256;

    /// <summary>How long after a read of its queues a silo reads them again, in milliseconds, while events keep coming.</summary>
    public int ReadIntervalMilliseconds { get; set; } = 25;

    /// <summary>How long acknowledgements are gathered before they are written, in milliseconds.</summary>
    public int AckIntervalMilliseconds { get; set; } = 500;

    /// <summary>How long it is tried to reach a handler, in seconds, before its event waits for a delayed retry.</summary>
    public int ConsumerPatienceSeconds { get; set; } = 5;

    /// <summary>How long handing an event to a handler is tried, in seconds, before it waits for a delayed retry.</summary>
    public int MaxDeliverySeconds { get; set; } = 30;

    /// <summary>What is wrong, each with what to set.</summary>
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
            yield return $"{Section}:{nameof(MaxDeliverySeconds)} is {MaxDeliverySeconds}; set Streams__{nameof(MaxDeliverySeconds)} to 1–3600.";
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
        options.Lanes = true;
    }
}

/// <summary>Hosting of the shop's streams.</summary>
internal static class StreamsExtensions
{
    /// <summary>
    /// How long the pulling agent remembers a stream on which nothing happens; it looks as often, so up to twice as long. Registering one
    /// anew costs a call or two, and remembering it some kilobytes.
    /// </summary>
    private static readonly TimeSpan InactivityPeriod = TimeSpan.FromMinutes(1);

    /// <summary>Adds the stream provider of the shop's events, over the shared data source. Handlers subscribe by attribute alone.</summary>
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
                    // Where others than the shop's handlers subscribe, most streams are used for seconds: a customer's, an order's.
                    o.StreamInactivityPeriod = InactivityPeriod;
                }));
        });
    }
}
