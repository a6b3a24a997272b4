using Npgsql;
using Orleans.Storage;

namespace SoonShop.Silo.Storage;

/// <summary>Options of a grain storage in PostgreSQL. Either a data source or a connection string must be set.</summary>
public sealed class PostgresGrainStorageOptions : IStorageProviderSerializerOptions
{
    /// <summary>The database, shared with whoever else uses it; the storage holds two of its connections. Not disposed of.</summary>
    public NpgsqlDataSource? DataSource { get; set; }

    /// <summary>The database, for a data source of the storage's own.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Turns states into bytes and back, but for those that are an <c>IStateEnvelope</c>. Unless set, the one that is registered as a keyed service under the storage's name, or else without a name; unless there is one, Orleans' own for what it sends, which keeps every type that is marked [GenerateSerializer] and refuses others when they are first written.</summary>
    public IGrainStorageSerializer GrainStorageSerializer { get; set; } = null!;

    /// <summary>
    /// Whose the states are. Silos that name the same share them; of two that name different owners, the one that used a state's name first has
    /// the plain one, with what was kept under it before there were owners, and the other's rows have the owner before the state's name.
    /// Unless set: the cluster's service id and the storage's name.
    /// </summary>
    public string? Owner { get; set; }

    /// <summary>The stream provider whose queues the events of documents go to: a row of the table <c>stream_provider</c>.</summary>
    public string StreamProvider { get; set; } = "shop";

    /// <summary>True: clearing a state removes its row. False: the row stays, empty, with its version, so that a stale activation cannot write over what comes after.</summary>
    public bool DeleteStateOnClear { get; set; }

    /// <summary>Grains written, or read, in one statement.</summary>
    public int MaxBatchSize { get; set; } = 256;

    /// <summary>Bytes written in one statement; a larger state (up to 4 MiB) goes alone.</summary>
    public int MaxBatchBytes { get; set; } = 2 * 1024 * 1024;

    /// <summary>Writes that wait for the next batch, and as many reads. When as many do, callers wait for room.</summary>
    public int MaxQueuedWrites { get; set; } = 10_000;

    /// <summary>How long a read or write waits, for room and in line together, before it is refused.</summary>
    public TimeSpan MaxQueueTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one statement may take. After that its writes fail with an unknown outcome.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>How long a batch waits for a row that somebody else holds, before the write of that row fails.</summary>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long, when the silo stops, writes that wait may still be carried out.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The stage of the silo's life in which the storage opens.</summary>
    public int InitStage { get; set; } = ServiceLifecycleStage.ApplicationServices;
}
