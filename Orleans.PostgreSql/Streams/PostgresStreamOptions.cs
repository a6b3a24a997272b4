using Npgsql;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>Options of one PostgreSQL stream provider. Limits are for one queue unless they say otherwise.</summary>
public sealed class PostgresStreamOptions
{
    /// <summary>The maximum number of queues that a provider may have.</summary>
    public const int MaxQueues = 256;

    /// <summary>The database. When null, <see cref="ConnectionString"/> is used, or else the registered data source.</summary>
    public NpgsqlDataSource? DataSource { get; set; }

    /// <summary>The database, unless <see cref="DataSource"/> is set.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// The provider's owner. Silos and clients with the same owner share its queues. When two owners use one provider name, the first
    /// keeps the name in the database, and the second's is prefixed with its owner. Default: the cluster's service id.
    /// </summary>
    public string? Owner { get; set; }

    /// <summary>
    /// The number of queues, 1–256: how many readers work in parallel. Change it while no silo runs: the first silo that starts
    /// assigns pending events to the new queues.
    /// </summary>
    public int Queues { get; set; } = 8;

    /// <summary>The maximum number of events in one read.</summary>
    public int ReadEvents { get; set; } = 512;

    /// <summary>The maximum number of bytes in one read (a single event may be larger).</summary>
    public int ReadBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>The maximum number of events in memory that are not done. Reading pauses at this limit.</summary>
    public int MaxPendingEvents { get; set; } = 8192;

    /// <summary>The maximum number of bytes in memory that are not done.</summary>
    public int MaxPendingBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// The maximum number of events of one stream in memory. Later ones stay in the database until these are done, and do not delay other
    /// streams.
    /// </summary>
    public int MaxPendingPerStream { get; set; } = 256;

    /// <summary>How often a queue is polled when no signal arrives.</summary>
    public TimeSpan IdlePoll { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The shortest time between two reads of this silo's queues. One statement reads them all.
    /// </summary>
    public TimeSpan ReadInterval { get; set; } = TimeSpan.FromMilliseconds(25);

    /// <summary>How long acknowledgements are collected before they are written.</summary>
    public TimeSpan AckInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a consumer's activation is retried before its events go to <see cref="IUndeliveredEvents"/>.</summary>
    public TimeSpan ConsumerPatience { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Publishing: the most events in one insert statement.</summary>
    public int PublishEvents { get; set; } = 256;

    /// <summary>Publishing: the most events of this process that wait for their insert. Further publishers wait.</summary>
    public int MaxPublishing { get; set; } = 8192;

    /// <summary>Publishing: how long an event waits for its insert before its publisher gets a <see cref="TimeoutException"/>.</summary>
    public TimeSpan PublishPatience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Publishing: the most bytes of one event.</summary>
    public int MaxEventBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// Converts an event that was committed with a grain's state to the object that consumers of its stream receive. Default: the
    /// <see cref="CommittedEvent"/> itself.
    /// </summary>
    public Func<CommittedEvent, object> ReadCommitted { get; set; } = e => e;

    /// <summary>
    /// How long a reader that lost its queue waits before it claims it again, if Orleans still assigns it and another silo keeps it.
    /// </summary>
    internal TimeSpan ReclaimAfter { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Creates the lanes for committed events; null for none.</summary>
    internal Func<IServiceProvider, IQueueLanes>? Lanes { get; set; }

    /// <summary>Returns the invalid settings, each with what to set.</summary>
    /// <param name="section">The prefix of a setting's name, such as <c>Streams:</c>.</param>
    internal IEnumerable<string> Problems(string section)
    {
        if (Queues is < 1 or > MaxQueues)
            yield return $"{section}{nameof(Queues)} is {Queues}; set it to 1–{MaxQueues}.";
        if (Owner is { Length: 0 or > 200 })
            yield return $"{section}{nameof(Owner)} must be 1–200 characters.";
        foreach (var (name, value, min, max) in new (string, long, long, long)[]
        {
            (nameof(ReadEvents), ReadEvents, 1, 10_000),
            (nameof(ReadBytes), ReadBytes, 1024, 256 * 1024 * 1024),
            (nameof(MaxPendingEvents), MaxPendingEvents, ReadEvents, 1_000_000),
            (nameof(MaxPendingBytes), MaxPendingBytes, ReadBytes, int.MaxValue),
            (nameof(MaxPendingPerStream), MaxPendingPerStream, 1, 100_000),
            (nameof(PublishEvents), PublishEvents, 1, 10_000),
            (nameof(MaxPublishing), MaxPublishing, PublishEvents, 1_000_000),
            (nameof(MaxEventBytes), MaxEventBytes, 1024, 256 * 1024 * 1024),
        })
        {
            if (value < min || value > max)
                yield return $"{section}{name} is {value}; set it to {min}–{max}.";
        }
        foreach (var (name, value, min, max) in new (string, TimeSpan, double, double)[]
        {
            (nameof(IdlePoll), IdlePoll, 0.01, 60),
            (nameof(ReadInterval), ReadInterval, 0, 1),
            (nameof(AckInterval), AckInterval, 0.001, 10),
            (nameof(ConsumerPatience), ConsumerPatience, 0.1, 3600),
            (nameof(PublishPatience), PublishPatience, 0.1, 600),
        })
        {
            if (value.TotalSeconds < min || value.TotalSeconds > max)
                yield return $"{section}{name} is {value}; set it to {min}–{max} seconds (as hh:mm:ss).";
        }
    }
}
