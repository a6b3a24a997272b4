using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Streams;
using SoonShop.Aggregates;
using SoonShop.Auditing;
using SoonShop.Events;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Events;

/// <summary>A silo whose streams are in memory. Its handlers get all the time there is, except in tests that ask for less.</summary>
public sealed class EventsSilo : InProcessSilo
{
    private const string Streams = "memory";

    protected override Dictionary<string, string?> Settings => new()
    {
        ["Events:AttemptSeconds"] = "8",
        ["Events:ReplayPerSecond"] = "500",
    };

    protected override void Configure(ISiloBuilder silo) =>
        silo.AddMemoryStreams(Streams, s => s.ConfigureStreamPubSub(StreamPubSubType.ImplicitOnly));

    /// <summary>An event as it comes from the event table.</summary>
    internal static CloudEvent Event(
        string streamNamespace, string key, int number = 1, string type = "test.happened", byte[]? data = null) =>
        new(
            $"/test/{key}#{number}", $"/test/{key}", number, type, key, streamNamespace, key, DateTimeOffset.UtcNow, null,
            "0af7651916cd43dd8448eb211c80319c", null, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            data ?? JsonSerializer.SerializeToUtf8Bytes(new Happened(key, number), StateJson.Options));

    internal static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>A key that no other test has.</summary>
    internal static string NewKey() => $"k-{Guid.NewGuid():N}";

    /// <summary>Publishes an event to its stream.</summary>
    internal Task PublishAsync(CloudEvent e) => Services.GetRequiredKeyedService<IStreamProvider>(Streams)
        .GetStream<CloudEvent>(StreamId.Create(e.StreamNamespace, e.StreamKey)).OnNextAsync(e);

    internal IEventHandler Handler(string name, string key) => Grains.GetGrain(GrainId.Create(name, key)).AsReference<IEventHandler>();

    /// <summary>Cuts attempts off after a second, until this is disposed of.</summary>
    internal ShortAttempts CutAttempts() => new(Services.GetRequiredService<HandlerRuntime>());

    internal IEventAdminGrain Admin => Grains.GetGrain<IEventAdminGrain>(0);

    /// <summary>What the audit log says of an action, newest first.</summary>
    internal async Task<ImmutableArray<AuditEntry>> AuditedAsync(string action) =>
        (await Grains.GetGrain<IAuditGrain>(
            0).ListAsync(new AuditFilter(Action: action), new PageRequest(100), TestContext.Current.CancellationToken)).Value!.Items;

    /// <summary>Waits until the delivery to a handler has a status, or is gone.</summary>
    internal Task StatusIsAsync(string key, string status, double seconds = 20) => Until.TrueAsync(
        $"the delivery to {key} is {status}", TimeSpan.FromSeconds(seconds), async () => await StatusAsync(key) == status);

    /// <summary>The status of the delivery to a handler of this key, or <c>none</c>.</summary>
    internal Task<string> StatusAsync(string key) =>
        QueryAsync<string>("select coalesce((select status from event_delivery where handler_key = $1), 'none')", key);

    /// <summary>The only dead letter of a key.</summary>
    internal async Task<DeadLetterDetails> DeadLetterAsync(string key) => (await Admin.GetDeadLetterAsync(
        await QueryAsync<Guid>("select id from event_delivery where handler_key = $1", key))).Value!;

    /// <summary>The time in which attempts get a second each.</summary>
    internal sealed class ShortAttempts : IDisposable
    {
        private readonly HandlerRuntime runtime;
        private readonly TimeSpan usual;

        public ShortAttempts(HandlerRuntime runtime)
        {
            (this.runtime, usual) = (runtime, runtime.AttemptLimit);
            runtime.AttemptLimit = TimeSpan.FromSeconds(1);
        }

        public void Dispose() => runtime.AttemptLimit = usual;
    }
}

/// <summary>The tests of this collection share a silo.</summary>
[CollectionDefinition(nameof(EventsSilo))]
public sealed class EventsSiloCollection : ICollectionFixture<EventsSilo>;
