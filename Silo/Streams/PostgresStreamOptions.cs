using Npgsql;

namespace SoonShop.Silo.Streams;

/// <summary>Options of one PostgreSQL stream provider. Limits are for one queue unless they say otherwise.</summary>
public sealed class PostgresStreamOptions
{
    /// <summary>The most queues that a provider may have.</summary>
    public const int MaxQueues = 256;

    /// <summary>The database. Null: what <see cref="ConnectionString"/> says, or else the data source among the services.</summary>
    public NpgsqlDataSource? DataSource { get; set; }

    /// <summary>The database, if not given by <see cref="DataSource"/>.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// Whose the provider is. Silos and clients that name the same share its queues; of two that name different owners, the one that used the
    /// provider's name first has it in the database, and the other's has the owner before it. Unless set: the cluster's service id.
    /// </summary>
    public string? Owner { get; set; }

    /// <summary>
    /// Queues, 1–256: how many readers can work side by side. It can be changed while no silo runs: the first one that
    /// starts then assigns what is pending to the new queues.
    /// </summary>
    public int Queues { get; set; } = 8;

    /// <summary>Events in one read, at most.</summary>
    public int ReadEvents { get; set; } = 512;

    /// <summary>Bytes in one read, at most (a single event may be larger).</summary>
    public int ReadBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Events in memory that are not done with. Reading pauses when there are as many.</summary>
    public int MaxPendingEvents { get; set; } = 8192;

    /// <summary>Bytes in memory that are not done with.</summary>
    public int MaxPendingBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Events of one stream in memory. Further ones stay in the database until these are done with, and hold up no other stream.</summary>
    public int MaxPendingPerStream { get; set; } = 256;

    /// <summary>How often a queue is looked at when no signal comes.</summary>
    public TimeSpan IdlePoll { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long after a read of this silo's queues they are read again, in one statement, when signals of new events come one after the other.
    /// </summary>
    public TimeSpan ReadInterval { get; set; } = TimeSpan.FromMilliseconds(25);

    /// <summary>How long acknowledgements are gathered before they are written.</summary>
    public TimeSpan AckInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long activating a consumer of a stream is tried before its events go to <see cref="IUndeliveredEvents"/>.</summary>
    public TimeSpan ConsumerPatience { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Publishing: events in one insert statement, at most.</summary>
    public int PublishEvents { get; set; } = 256;

    /// <summary>Publishing: events of this process that wait to be inserted; who publishes more, waits.</summary>
    public int MaxPublishing { get; set; } = 8192;

    /// <summary>Publishing: how long an event waits for room and for its insert statement, before its publisher is told that the database does not keep up.</summary>
    public TimeSpan PublishPatience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Publishing: bytes of one event, at most.</summary>
    public int MaxEventBytes { get; set; } = 1024 * 1024;

    /// <summary>True when event handlers of the shop get their events by the queues' lanes. It needs the shop's services.</summary>
    internal bool Lanes { get; set; }

    /// <summary>What is wrong, each with what to set.</summary>
    /// <param name="section">How a setting's name begins, such as <c>Streams:</c>.</param>
    public IEnumerable<string> Problems(string section)
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
