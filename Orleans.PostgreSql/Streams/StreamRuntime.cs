using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using Orleans.Serialization;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>The services of one provider in one process: its database, its signal and, on a silo, its background work.</summary>
internal sealed partial class StreamRuntime : IAsyncDisposable
{
    private readonly NpgsqlDataSource? ownSource;
    private readonly ILogger log;
    private readonly Lock gate = new();
    private Task? started;

    public StreamRuntime(IServiceProvider services, string provider)
    {
        Options = services.GetRequiredService<IOptionsMonitor<PostgresStreamOptions>>().Get(provider);
        if (Options is { DataSource: null, ConnectionString: { } text })
            ownSource = NpgsqlDataSource.Create(text);
        Database = new StreamDatabase(Options.DataSource ?? ownSource ?? services.GetRequiredService<NpgsqlDataSource>(), provider,
            Options.Owner ?? services.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId);
        log = services.GetRequiredService<ILoggerFactory>().CreateLogger($"{typeof(StreamRuntime).Namespace}.{provider}");
        Signal = new EventSignal(Database, log);
        Acks = new AckWriter(Database.AcknowledgeAsync, Options.AckInterval, log);
        Releaser = new DueEventReleaser(Database, Signal, log);
        Format = new EventFormat(services.GetRequiredService<Serializer<PublishedBatch>>(), Options.ReadCommitted);
        Publisher = new EventPublisher(Database, Signal, Options);
        Metrics = new StreamMetrics(services.GetService<IMeterFactory>(), provider, () => Signal.Readers, () => Publisher.Depth);
        Provider = provider;
    }

    public string Provider { get; }
    public PostgresStreamOptions Options { get; }
    public StreamDatabase Database { get; }
    public EventSignal Signal { get; }
    public AckWriter Acks { get; }
    public DueEventReleaser Releaser { get; }
    public EventFormat Format { get; }
    public StreamMetrics Metrics { get; }
    public EventPublisher Publisher { get; }

    /// <summary>The ids of the queues by number; set on silos after the start.</summary>
    public int[] Queues { get; private set; } = [];

    /// <summary>Starts the provider on a silo, which reads and publishes. Runs once; a failed start is retried by the next call.</summary>
    public Task StartSiloAsync(CancellationToken cancellation) => StartOnceAsync(async () =>
    {
        await Database.FindNameAsync(cancellation);
        await Signal.StartListeningAsync(Options.Queues, cancellation);
        Queues = await Database.QueuesAsync(cancellation);
        Acks.Start();
        Releaser.Start();
    });

    /// <summary>Starts the provider on a client, which only publishes. Runs once; a failed start is retried by the next call.</summary>
    public Task StartClientAsync(CancellationToken cancellation) => StartOnceAsync(async () =>
    {
        try
        {
            await Database.FindNameAsync(cancellation);
        }
        catch (NpgsqlException e) when (e is not PostgresException)
        {
            // A client may start and consume while the database is unreachable.
            LogNoDatabase(log, Provider, e.Message);
        }
        Signal.Start();
    });

    private Task StartOnceAsync(Func<Task> start)
    {
        lock (gate)
            return started = started is null or { IsFaulted: true } or { IsCanceled: true } ? start() : started;
    }

    /// <summary>Creates the services that the readers of a silo share.</summary>
    public ReaderServices ForReaders(IServiceProvider services) => ForReaders(services, Options.Lanes?.Invoke(services));

    private ReaderServices ForReaders(IServiceProvider services, IQueueLanes? lanes) => new(
        Provider, services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToString(), Database, Options, Format, Signal,
        new QueueReads(
            reads => Database.ReadQueuesAsync(
                reads, Math.Min(Options.ReadEvents, Options.MaxPendingEvents), Options.ReadBytes, CancellationToken.None),
            Options.ReadInterval),
        Acks, new Consumers(services, Provider, lanes), lanes,
        services.GetKeyedService<IUndeliveredEvents>(Provider) ?? services.GetService<IUndeliveredEvents>()
            ?? new UndeliveredTable(Database, log),
        Metrics, log);

    public async ValueTask DisposeAsync()
    {
        await Publisher.DisposeAsync();
        await Releaser.DisposeAsync();
        await Acks.DisposeAsync();
        await Signal.StopAsync();
        await Database.DisposeAsync();
        if (ownSource is not null)
            await ownSource.DisposeAsync();
    }

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "The database of stream provider {Provider} is unreachable. Published events wait for it: {Reason}")]
    private static partial void LogNoDatabase(ILogger log, string provider, string reason);
}

/// <summary>Stores undelivered events in a table, unless another implementation is registered.</summary>
internal sealed partial class UndeliveredTable(StreamDatabase database, ILogger log) : IUndeliveredEvents
{
    public async Task TakeAsync(UndeliveredEvent undelivered, CancellationToken cancellation)
    {
        await database.StoreUndeliveredAsync(undelivered, cancellation);
        LogKept(log, undelivered.EventId, undelivered.EventType, undelivered.Provider, undelivered.Reason);
    }

    [LoggerMessage(Level = LogLevel.Error,
        Message = "Event {EventId} of type {EventType} in {Provider} was not delivered ({Reason}). It is stored in the table "
            + "stream_undelivered.")]
    private static partial void LogKept(ILogger log, string eventId, string eventType, string provider, UndeliveredReason reason);
}
