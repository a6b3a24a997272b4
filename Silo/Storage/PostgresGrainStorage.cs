using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using SoonShop.Silo.Streams;

namespace SoonShop.Silo.Storage;

/// <summary>
/// Grain storage in PostgreSQL whose writes are committed in groups: what many grains write while one transaction commits
/// goes into the next, as one statement. A grain's state, events and ledger rows are in the same transaction.
/// </summary>
/// <remarks>
/// On the rows of the ADO.NET provider with the SQL of <c>Migrations</c>; either reads what the other wrote.
/// The version of the row is the ETag. As there, rows are named by state name and grain key, without the grain's class:
/// classes that share a storage need state names of their own.
/// </remarks>
internal sealed class PostgresGrainStorage : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>, IAsyncDisposable
{
    private const string ReadSql = "select state, version from grain_state where state_name = $1 and grain_key = $2";
    private const string DeleteSql = "delete from grain_state where state_name = $1 and grain_key = $2 and version = $3";

    private readonly string name;
    private readonly PostgresGrainStorageOptions options;
    private readonly IActivatorProvider activators;
    private readonly NpgsqlDataSource database;
    private readonly StateSerializer serializer;
    private readonly StorageMetrics metrics;
    private readonly GroupCommitWriter writer;
    private readonly BatchQueue<PendingWrite> writes;

    public PostgresGrainStorage(
        string name, PostgresGrainStorageOptions options, IActivatorProvider activators, IEventSignal? signal, ILogger<PostgresGrainStorage> log)
    {
        (this.name, this.options, this.activators) = (name, options, activators);
        database = options.DataSource ?? NpgsqlDataSource.Create(options.ConnectionString!);
        serializer = new StateSerializer(options.GrainStorageSerializer);
        metrics = new StorageMetrics(name, () => writes!.Depth);
        var columns = new WriteColumns(options.StreamProvider);
        writer = new GroupCommitWriter(
            new BatchConnection(database, columns.Command, options.CommandTimeout, options.LockTimeout), columns, signal, metrics, log);
        writes = new BatchQueue<PendingWrite>(
            new BatchLimits(options.MaxBatchSize, options.MaxBatchBytes, options.MaxQueuedWrites, options.MaxQueueTime), writer.WriteAsync);
    }

    /// <summary>Makes the storage of a name, from its options.</summary>
    public static PostgresGrainStorage Create(IServiceProvider services, string name)
    {
        var options = services.GetRequiredService<IOptionsMonitor<PostgresGrainStorageOptions>>().Get(name);
        // The silo makes its storages before it asks the validators.
        new PostgresGrainStorageOptionsValidator(options, name).ValidateConfiguration();
        return new PostgresGrainStorage(
            name, options, services.GetRequiredService<IActivatorProvider>(), services.GetService<IEventSignal>(),
            services.GetRequiredService<ILogger<PostgresGrainStorage>>());
    }

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        $"{nameof(PostgresGrainStorage)} {name}", options.InitStage, StartAsync, StopAsync);

    /// <summary>Makes sure that the schema is there, and takes writes from now on.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await using var command = database.CreateCommand("select exists (select from pg_proc where proname = 'write_grain_states')");
        if (await command.ExecuteScalarAsync(cancellation) is not true)
        {
            throw new OrleansConfigurationException(
                $"PostgreSQL grain storage '{name}': the database has no schema, or an older one; run PostgresSchema.MigrateAsync, or 'Silo migrate'.");
        }
        writes.Start();
    }

    /// <summary>Takes no more writes, and carries out those that wait, as far as the time allows.</summary>
    public Task StopAsync(CancellationToken cancellation) => writes.StopAsync(options.DrainTimeout, cancellation);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var key = StateKey.Of(stateName, grainId);
        await using var command = database.CreateCommand(ReadSql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.Name });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.Key });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            Set(grainState, NewState<T>(), null, exists: false);
            return;
        }
        var exists = !reader.IsDBNull(0);
        var state = exists ? serializer.Read<T>(reader.GetFieldValue<byte[]>(0)) : default;
        Set(grainState, state ?? NewState<T>(), Text(reader.GetInt32(1)), exists);
    }

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var key = StateKey.Of(stateName, grainId);
        var version = Version(key, grainState.ETag);
        await CommitAsync(new PendingWrite(key, version, serializer.Write(grainState.State)), cancellationToken);
        grainState.ETag = Text(version + 1);
        grainState.RecordExists = true;
    }

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var key = StateKey.Of(stateName, grainId);
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
            await CommitAsync(new PendingWrite(key, version, StateParts.None), cancellationToken);
        Set(grainState, NewState<T>(), options.DeleteStateOnClear ? null : Text(version + 1), exists: false);
    }

    public async ValueTask DisposeAsync()
    {
        await writes.StopAsync(TimeSpan.Zero, CancellationToken.None);
        await writer.DisposeAsync();
        metrics.Dispose();
        if (options.DataSource is null)
            await database.DisposeAsync();
    }

    private async Task CommitAsync(PendingWrite write, CancellationToken cancellation)
    {
        await using var giveUp = cancellation.UnsafeRegister(static (w, c) => ((PendingWrite)w!).TrySetCanceled(c), write);
        await writes.EnqueueAsync(write, cancellation);
        await write.Task;
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

    /// <summary>The version that an ETag names, 0 for none. One that this storage cannot have given out is in conflict with whatever is there.</summary>
    private static int Version(StateKey key, string? etag) =>
        string.IsNullOrWhiteSpace(etag) ? 0
        : int.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out var version) && version > 0 ? version
        : throw new InconsistentStateException($"The ETag of {key} is none of this storage's.", null, etag);
}
