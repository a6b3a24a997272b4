using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans.Configuration;
using Orleans.Serialization;
using SoonShop.Events;

namespace SoonShop.Silo.Streams;

/// <summary>What one provider has in one process: its database, its signal, and, on a silo, what works in the background.</summary>
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
        Format = new EventFormat(services.GetRequiredService<Serializer<PublishedBatch>>());
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

    /// <summary>Ids of the queues by number; known on silos, once started.</summary>
    public int[] Queues { get; private set; } = [];

    /// <summary>Starts what a silo needs: it reads and publishes. Once, however often it is asked for; a start that failed is tried again.</summary>
    public Task StartSiloAsync(CancellationToken cancellation) => StartOnceAsync(async () =>
    {
        await Database.FindNameAsync(cancellation);
        await Signal.StartListeningAsync(Options.Queues, cancellation);
        Queues = await Database.QueuesAsync(cancellation);
        Acks.Start();
        Releaser.Start();
    });

    /// <summary>Starts what a client needs: it only publishes. Once, as above.</summary>
    public Task StartClientAsync(CancellationToken cancellation) => StartOnceAsync(async () =>
    {
        try
        {
            await Database.FindNameAsync(cancellation);
        }
        catch (NpgsqlException e) when (e is not PostgresException)
        {
            // A client may well begin while the database is away, and consume.
            LogNoDatabase(log, Provider, e.Message);
        }
        Signal.Start();
    });

    private Task StartOnceAsync(Func<Task> start)
    {
        lock (gate)
            return started = started is null or { IsFaulted: true } or { IsCanceled: true } ? start() : started;
    }

    /// <summary>What the readers of a silo share.</summary>
    public ReaderServices ForReaders(IServiceProvider services) => new(
        Provider, services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToString(), Database, Options, Format, Signal,
        new QueueReads(
            reads => Database.ReadQueuesAsync(
                reads, Math.Min(Options.ReadEvents, Options.MaxPendingEvents), Options.ReadBytes, CancellationToken.None),
            Options.ReadInterval),
        Acks, new Consumers(services, Provider, Options.Lanes ? services.GetRequiredService<EventHandlers>() : null),
        services.GetKeyedService<IUndeliveredEvents>(Provider) ?? services.GetService<IUndeliveredEvents>() ?? new UndeliveredTable(Database, log),
        Metrics, log);

    public async ValueTask DisposeAsync()
    {
        await Publisher.DisposeAsync();
        await Releaser.DisposeAsync();
        await Acks.DisposeAsync();
        await Signal.StopAsync();
        if (ownSource is not null)
            await ownSource.DisposeAsync();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database of stream provider {Provider} does not answer now; what is published waits for it: {Reason}")]
    private static partial void LogNoDatabase(ILogger log, string provider, string reason);
}

/// <summary>Keeps undelivered events in a table, where no other place for them was configured.</summary>
internal sealed partial class UndeliveredTable(StreamDatabase database, ILogger log) : IUndeliveredEvents
{
    public async Task TakeAsync(UndeliveredEvent undelivered, CancellationToken cancellation)
    {
        await database.KeepUndeliveredAsync(undelivered, cancellation);
        LogKept(log, undelivered.EventId, undelivered.EventType, undelivered.Provider, undelivered.Reason);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Event {EventId} of type {EventType} in {Provider} was not delivered ({Reason}); it stands in the table stream_undelivered.")]
    private static partial void LogKept(ILogger log, string eventId, string eventType, string provider, UndeliveredReason reason);
}
