using Npgsql;
using Orleans.Storage;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>Options of a grain storage in PostgreSQL. Either a data source or a connection string must be set.</summary>
public sealed class PostgresGrainStorageOptions : IStorageProviderSerializerOptions
{
    /// <summary>The database. Others may share it, and the storage does not dispose it. The storage holds two of its connections.</summary>
    public NpgsqlDataSource? DataSource { get; set; }

    /// <summary>The database, as a connection string. The storage creates its own data source.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>
    /// Converts states to bytes and back, except those of <see cref="StateFormat"/>. Default: the keyed service under the storage's name,
    /// otherwise the service without a name, otherwise Orleans' own message serializer. Orleans' serializer stores every type that is
    /// marked [GenerateSerializer] and rejects any other at its first write.
    /// </summary>
    public IGrainStorageSerializer GrainStorageSerializer { get; set; } = null!;

    /// <summary>
    /// The owner of the states. Silos with the same owner share them. When two owners use the same state name, the first one gets the plain
    /// name and the rows from before owners existed. The second one's rows have the owner as a prefix of the state name.
    /// Default: the cluster's service id and the storage's name.
    /// </summary>
    public string? Owner { get; set; }

    /// <summary>
    /// Converts states that are committed together with an index, events or rows of other tables. Null: there are no such states.
    /// </summary>
    public IStateFormat? StateFormat { get; set; }

    /// <summary>
    /// The stream provider whose queues receive the events of <see cref="StateFormat"/>: a row of the table <c>stream_provider</c>. Null:
    /// no state has events.
    /// </summary>
    public string? StreamProvider { get; set; }

    /// <summary>
    /// The state names whose rows are in a partition of <c>grain_state</c> that has no other rows, with the partition's name. A partition
    /// makes reads and writes of a state name cheaper. Create it before the first row of that state name, with
    /// <c>create table grain_state_cart partition of grain_state for values in ('cart')</c>.
    /// </summary>
    public IDictionary<string, string> Partitions { get; } = new Dictionary<string, string>();

    /// <summary>
    /// True: clearing a state removes its row. False: an empty row stays with its version, so that a stale activation cannot overwrite a
    /// later state.
    /// </summary>
    public bool DeleteStateOnClear { get; set; }

    /// <summary>The maximum number of grains that one statement writes or reads.</summary>
    public int MaxBatchSize { get; set; } = 256;

    /// <summary>The maximum number of bytes that one statement writes. A larger state (up to 4 MiB) is written alone.</summary>
    public int MaxBatchBytes { get; set; } = 2 * 1024 * 1024;

    /// <summary>The maximum number of writes, and of reads, that wait for the next batch. Beyond that, callers wait for room.</summary>
    public int MaxQueuedWrites { get; set; } = 10_000;

    /// <summary>How long a read or write waits, for room and in the queue together, before it is rejected.</summary>
    public TimeSpan MaxQueueTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one statement may take. After that, its writes fail with an unknown outcome.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>How long a batch waits for a row that another transaction has locked, before the write of that row fails.</summary>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long waiting writes may still be executed when the silo stops.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The stage of the silo's lifecycle in which the storage starts.</summary>
    public int InitStage { get; set; } = ServiceLifecycleStage.ApplicationServices;
}
