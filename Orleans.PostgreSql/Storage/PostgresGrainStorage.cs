using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using SoonShop.Orleans.PostgreSql.Streams;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>
/// Grain storage in PostgreSQL with group commit: writes that arrive while one transaction commits go into the next one. A grain's state,
/// events and rows of other tables are in the same transaction. Reads are grouped as well.
/// </summary>
/// <remarks>
/// The row's version is the ETag. As with Orleans' ADO.NET provider, a row is named by state name and grain key, without the grain's class:
/// classes that share a storage need different state names. <see cref="OwnedNames"/> tells who owns a state name.
/// </remarks>
internal sealed class PostgresGrainStorage : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>, IAsyncDisposable
{
    private const string DeleteSql = "delete from grain_state where state_name = $1 and grain_key = $2 and version = $3";

    private readonly string name;
    private readonly PostgresGrainStorageOptions options;
    private readonly IActivatorProvider activators;
    private readonly NpgsqlDataSource database;
    private readonly OwnedNames? names;
    private readonly StateSerializer serializer;
    private readonly StorageMetrics metrics;
    private readonly GroupCommitWriter writer;
    private readonly BatchQueue<PendingWrite> writes;
    private readonly GroupReader reader;
    private readonly BatchQueue<PendingRead> reads;

    public PostgresGrainStorage(
        string name, PostgresGrainStorageOptions options, IActivatorProvider activators, IEventSignal? signal,
        ILogger<PostgresGrainStorage> log)
    {
        (this.name, this.options, this.activators) = (name, options, activators);
        database = options.DataSource ?? NpgsqlDataSource.Create(options.ConnectionString!);
        names = options.Owner is { } owner ? new OwnedNames(database, "state", owner) : null;
        serializer = new StateSerializer(options.GrainStorageSerializer, options.StateFormat);
        var tables = new StateTables(options.Partitions);
        metrics = new StorageMetrics(name, () => writes!.Depth);
        writer = new GroupCommitWriter(
            new BatchConnection(database, options.CommandTimeout, options.LockTimeout), new WriteStatements(options.StreamProvider, tables),
            signal, metrics, log);
        var limits = new BatchLimits(options.MaxBatchSize, options.MaxBatchBytes, options.MaxQueuedWrites, options.MaxQueueTime);
        writes = new BatchQueue<PendingWrite>(limits, writer.WriteAsync);
        reader = new GroupReader(database, options.CommandTimeout, options.LockTimeout, tables, log);
        reads = new BatchQueue<PendingRead>(limits, reader.ReadAsync);
    }

    /// <summary>Creates the storage with a name from its options.</summary>
    public static PostgresGrainStorage Create(IServiceProvider services, string name)
    {
        var options = services.GetRequiredService<IOptionsMonitor<PostgresGrainStorageOptions>>().Get(name);
        // The silo creates its storages before it runs the validators.
        new PostgresGrainStorageOptionsValidator(options, name).ValidateConfiguration();
        return new PostgresGrainStorage(
            name, options, services.GetRequiredService<IActivatorProvider>(), services.GetService<IEventSignal>(),
            services.GetRequiredService<ILogger<PostgresGrainStorage>>());
    }

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        $"{nameof(PostgresGrainStorage)} {name}", options.InitStage, StartAsync, StopAsync);

    /// <summary>Checks that the schema exists, then accepts reads and writes.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select to_regclass('grain_state') is not null and to_regclass('owned_name') is not null");
        if (await command.ExecuteScalarAsync(cancellation) is not true)
        {
            throw new OrleansConfigurationException(
                $"PostgreSQL grain storage '{name}': the database has no schema, or an older one; run PostgresSchema.MigrateAsync.");
        }
        writes.Start();
        reads.Start();
    }

    /// <summary>Accepts no further operations and executes the waiting ones within the drain timeout.</summary>
    public Task StopAsync(CancellationToken cancellation) => StopAsync(options.DrainTimeout, cancellation);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    // Runs on the grain's own scheduler: a call that interleaves with a read sees the state and version from before the read, or those from
    // after it.
    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        StoredState stored;
        try
        {
            var read = new PendingRead(await KeyAsync(stateName, grainId, cancellationToken));
            await using var giveUp = cancellationToken.UnsafeRegister(static (o, c) => ((PendingRead)o!).TrySetCanceled(c), read);
            await reads.EnqueueAsync(read, cancellationToken);
            stored = await read.Task;
        }
        catch (StorageFailedException e)
        {
            // An error during activation reaches the grain's caller unchanged. The caller may be a client without this assembly, which
            // could not deserialize our own exception type and would not learn the cause.
            throw new OrleansException(e.Message);
        }
        var (version, state) = stored;
        var value = state is null ? default : serializer.Read<T>(state);
        Set(grainState, value ?? NewState<T>(), version is { } v ? Text(v) : null, exists: state is not null);
    }

    /// <remarks>
    /// The caller awaits the batch itself, which sets the version. Each further level of awaits would return to the grain's scheduler once
    /// more, which costs more than everything else in this method.
    /// </remarks>
    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled || !IsKnown(stateName, grainId, out var key))
            return WriteAsync(stateName, grainId, grainState, cancellationToken);
        PendingStateWrite<T> write;
        try
        {
            write = new PendingStateWrite<T>(key, Version(key, grainState.ETag), serializer.Write(grainState.State), grainState);
        }
        catch (Exception e)
        {
            return Task.FromException(e);
        }
        var inLine = writes.EnqueueAsync(write, CancellationToken.None);
        return inLine.IsCompletedSuccessfully ? write.Task : WhenInLineAsync(inLine, write);
    }

    private static async Task WhenInLineAsync(ValueTask inLine, PendingWrite write)
    {
        await inLine.ConfigureAwait(false);
        await write.Task.ConfigureAwait(false);
    }

    private async Task WriteAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var key = await KeyAsync(stateName, grainId, cancellationToken);
        var write = new PendingWrite(key, Version(key, grainState.ETag), serializer.Write(grainState.State));
        grainState.ETag = Text(await InBatchAsync(write, cancellationToken));
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var key = await KeyAsync(stateName, grainId, cancellationToken);
        if (string.IsNullOrWhiteSpace(grainState.ETag))
        {
            await ReadStateAsync(stateName, grainId, grainState, cancellationToken);
            if (grainState.ETag is null)
                return;
        }
        var version = Version(key, grainState.ETag);
        if (options.DeleteStateOnClear)
            await DeleteAsync(key, version, cancellationToken);
        else
            await InBatchAsync(new PendingWrite(key, version, StateParts.None), cancellationToken);
        Set(grainState, NewState<T>(), options.DeleteStateOnClear ? null : Text(version + 1), exists: false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero, CancellationToken.None);
        await writer.DisposeAsync();
        await reader.DisposeAsync();
        metrics.Dispose();
        if (options.DataSource is null)
            await database.DisposeAsync();
    }

    private Task StopAsync(TimeSpan limit, CancellationToken cancellation) =>
        Task.WhenAll(writes.StopAsync(limit, cancellation), reads.StopAsync(limit, cancellation));

    /// <summary>The row of a grain's state.</summary>
    private ValueTask<StateKey> KeyAsync(string stateName, GrainId grain, CancellationToken cancellation) =>
        IsKnown(stateName, grain, out var key) ? new(key) : AskAsync(key, cancellation);

    /// <summary>Tells whether the row is known without a query. If not, the key contains the grain's own state name.</summary>
    private bool IsKnown(string stateName, GrainId grain, out StateKey key)
    {
        key = StateKey.Of(stateName, grain);
        if (names is null)
            return true;
        if (!names.TryGet(key.Name, out var own))
            return false;
        key = key with { Name = own };
        return true;
    }

    private async ValueTask<StateKey> AskAsync(StateKey key, CancellationToken cancellation)
    {
        try
        {
            return key with { Name = await names!.OfAsync(key.Name, cancellation).ConfigureAwait(false) };
        }
        catch (NpgsqlException e)
        {
            throw new StorageFailedException(
                $"{key} cannot be resolved: the database does not answer ({e.Message}). Try again later.", inner: e);
        }
    }

    private async Task<int> InBatchAsync(PendingWrite write, CancellationToken cancellation)
    {
        await using var giveUp = cancellation.UnsafeRegister(static (o, c) => ((PendingWrite)o!).TrySetCanceled(c), write)
            .ConfigureAwait(false);
        await writes.EnqueueAsync(write, cancellation).ConfigureAwait(false);
        return await write.Task.ConfigureAwait(false);
    }

    private async Task DeleteAsync(StateKey key, int version, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(DeleteSql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.Name });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.Key });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = version, NpgsqlDbType = NpgsqlDbType.Integer });
        if (await command.ExecuteNonQueryAsync(cancellation) == 0)
            throw StateConflict.Of(key, null, version);
    }

    private T NewState<T>() => activators.GetActivator<T>().Create();

    private static void Set<T>(IGrainState<T> grainState, T state, string? etag, bool exists) =>
        (grainState.State, grainState.ETag, grainState.RecordExists) = (state, etag, exists);

    private static string Text(int version) => version.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// Returns the version that an ETag stands for, 0 for none. An ETag that this storage cannot have issued conflicts with every row.
    /// </summary>
    private static int Version(StateKey key, string? etag) =>
        string.IsNullOrWhiteSpace(etag) ? 0
        : int.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0 ? version
        : throw new InconsistentStateException($"The ETag of {key} was not issued by this storage.", null, etag);
}
