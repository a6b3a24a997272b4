using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>
/// Reads a batch in one round trip, with one statement per partition. When many grains are activated at once (after a silo died, or when a
/// sale begins), their reads cost the database as much as a few reads.
/// </summary>
internal sealed partial class GroupReader(
    NpgsqlDataSource database, TimeSpan commandTimeout, TimeSpan lockTimeout, StateTables tables, ILogger log) : IAsyncDisposable
{
    private readonly BatchConnection connection = new(database, commandTimeout, lockTimeout);
    private readonly Dictionary<string, BatchStatement> statements = [];
    private readonly Dictionary<StateKey, PendingRead> byKey = [];
    private readonly Dictionary<string, List<string>> keys = [];

    /// <summary>Reads and settles every item; does not throw.</summary>
    public async Task ReadAsync(List<PendingRead> batch, CancellationToken cancellation)
    {
        var held = connection.IsOpen;
        var began = StorageTraces.Begin();
        var error = await TryReadAsync(batch, cancellation);
        // A connection may have died since the last batch. Unlike a write, a read can be sent again.
        if (held && error is not (null or OperationCanceledException or { InnerException: TimeoutException }))
            error = await TryReadAsync(batch, cancellation);
        if (error is not null)
        {
            LogFailed(log, batch.Count, error);
            foreach (var read in batch)
                read.Reject($"the database does not answer ({error.Message})");
        }
        StorageTraces.End("read batch", batch, began);
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task<Exception?> TryReadAsync(List<PendingRead> batch, CancellationToken cancellation)
    {
        try
        {
            await using var command = new NpgsqlBatch(await connection.OpenAsync(cancellation))
            { Timeout = (int)Math.Ceiling(commandTimeout.TotalSeconds) };
            Add(command, batch);
            await command.PrepareAsync(cancellation);
            await using (var reader = await command.ExecuteReaderAsync(cancellation))
            {
                do
                {
                    while (await reader.ReadAsync(cancellation))
                    {
                        byKey[new StateKey(reader.GetString(0), reader.GetString(1))].TrySetResult(
                            new StoredState(reader.GetInt32(2), reader.IsDBNull(3) ? null : reader.GetFieldValue<byte[]>(3)));
                    }
                }
                while (await reader.NextResultAsync(cancellation));
            }
            connection.Used();
            // The keys without a row.
            foreach (var read in batch)
                read.TrySetResult(default);
            return null;
        }
        catch (Exception e)
        {
            await connection.DropAsync();
            return e;
        }
    }

    private void Add(NpgsqlBatch command, List<PendingRead> batch)
    {
        byKey.Clear();
        keys.Clear();
        foreach (var read in batch)
        {
            byKey.Add(read.Key, read);
            if (!keys.TryGetValue(read.Key.Name, out var ofName))
                keys.Add(read.Key.Name, ofName = []);
            ofName.Add(read.Key.Key);
        }
        foreach (var (name, ofName) in keys)
        {
            var table = tables.PartitionOf(name) ?? StateTables.All;
            if (!statements.TryGetValue(table, out var statement))
            {
                // As with writes, each row is found by its whole key, whatever the statistics say.
                statements.Add(table, statement = new BatchStatement(
                    $"""
                    /* read_grain_states */ select r.* from unnest($2) as k(key) cross join lateral (
                      select state_name, grain_key, version, state from {table} where state_name = $1 and grain_key = k.key offset 0) r
                    """, NpgsqlDbType.Text, NpgsqlDbType.Array | NpgsqlDbType.Text));
            }
            statement.AddTo(command, name, ofName);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} states could not be read. Each grain reads again at its next call.")]
    private static partial void LogFailed(ILogger log, int count, Exception? e);
}
