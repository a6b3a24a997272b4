using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Streams;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>Creates the parts of a PostgreSQL stream provider for Orleans.</summary>
internal sealed class PostgresStreamFactory(IServiceProvider services, string provider) : IQueueAdapterFactory, IQueueAdapterCache
{
    private readonly ConcurrentDictionary<QueueId, QueueReader> readers = new();
    private readonly StreamRuntime runtime = services.GetRequiredKeyedService<StreamRuntime>(provider);
    private readonly QueueMapper mapper = new(
        provider, services.GetRequiredService<IOptionsMonitor<PostgresStreamOptions>>().Get(provider).Queues);
    private ReaderServices? forReaders;

    public static IQueueAdapterFactory Create(IServiceProvider services, string name) => new PostgresStreamFactory(services, name);

    public Task<IQueueAdapter> CreateAdapter() => CreateAdapter(CancellationToken.None);

    /// <summary>May be called again: all adapters of a provider share one runtime.</summary>
    public async Task<IQueueAdapter> CreateAdapter(CancellationToken cancellationToken)
    {
        if (services.GetService<ILocalSiloDetails>() is null)
        {
            await runtime.StartClientAsync(cancellationToken);
        }
        else
        {
            await runtime.StartSiloAsync(cancellationToken);
            forReaders ??= runtime.ForReaders(services);
        }
        return new PostgresStreamAdapter(provider, runtime, queue => readers[queue]);
    }

    public IQueueAdapterCache GetQueueAdapterCache() => this;

    public IStreamQueueMapper GetStreamQueueMapper() => mapper;

    /// <summary>
    /// Creates a cache and the reader that fills it. The agent requests the cache first, each time it takes over a queue.
    /// </summary>
    public IQueueCache CreateQueueCache(QueueId queueId)
    {
        var batchSize = services.GetRequiredService<IOptionsMonitor<StreamPullingAgentOptions>>().Get(provider).BatchContainerBatchSize;
        var reader = new QueueReader(forReaders!, runtime.Queues[queueId.GetNumericId()], batchSize);
        readers[queueId] = reader;
        return reader.Cache;
    }

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new FailureHandler(() => readers[queueId].Cache));

    /// <summary>Tells the cache which subscription failed. The cursor reports the failure itself.</summary>
    private sealed class FailureHandler(Func<StreamCache> cache) : IStreamFailureHandler
    {
        public bool ShouldFaultSubsriptionOnError => false;

        public Task OnDeliveryFailure(
            GuidId subscriptionId, string streamProviderName, StreamId streamIdentity, StreamSequenceToken? sequenceToken)
        {
            cache().FailedFor(streamIdentity, subscriptionId.Guid, sequenceToken);
            return Task.CompletedTask;
        }

        public Task OnSubscriptionFailure(
            GuidId subscriptionId, string streamProviderName, StreamId streamIdentity, StreamSequenceToken? sequenceToken) =>
            Task.CompletedTask;
    }
}

/// <summary>A PostgreSQL stream provider: events are published into the event table, and each queue has a reader.</summary>
internal sealed class PostgresStreamAdapter(string provider, StreamRuntime runtime, Func<QueueId, IQueueAdapterReceiver> reader)
    : IQueueAdapter
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public string Name => provider;

    /// <summary>False: a subscription receives the events published after it.</summary>
    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => reader(queueId);

    public async Task QueueMessageBatchAsync<T>(
        StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext)
    {
        if (token is not null)
            throw new ArgumentException(
                "The database assigns the position of this stream provider's events. Publish them without a token.", nameof(token));
        var batch = events.Select(e => (object)(e ?? throw new ArgumentNullException(nameof(events), "An event is null."))).ToArray();
        if (batch.Length == 0)
            return;
        var payload = runtime.Format.Write(batch, requestContext);
        if (payload.Length > runtime.Options.MaxEventBytes)
            throw new ArgumentException(
                $"The event has {payload.Length} bytes; {nameof(PostgresStreamOptions.MaxEventBytes)} allows "
                    + $"{runtime.Options.MaxEventBytes}.", nameof(events));
        await runtime.Publisher.PublishAsync(new OutgoingEvent(
            Guid.CreateVersion7().ToString(), batch[0].GetType().FullName!, Text(streamId.Namespace), Text(streamId.Key), payload));
        runtime.Metrics.Published(provider, batch.Length);
    }

    private static string Text(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var text = StrictUtf8.GetString(bytes.Span);
            return text.Contains('\0')
                ? throw new ArgumentException("A stream's namespace and key must not contain the character 0.")
                : text;
        }
        catch (DecoderFallbackException e)
        {
            throw new ArgumentException("A stream's namespace and key must be UTF-8 text for this stream provider.", e);
        }
    }
}
