using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace SoonShop.Silo.Storage;

/// <summary>
/// Reads a batch in one statement. When many grains wake up at once – a silo has died, a sale begins – their reads cost
/// the database what a few do.
/// </summary>
internal sealed partial class GroupReader : IAsyncDisposable
{
    private readonly BatchConnection connection;
    private readonly ILogger log;
    private readonly ColumnParameter<string> names = new(NpgsqlDbType.Text), keys = new(NpgsqlDbType.Text);

    public GroupReader(NpgsqlDataSource database, TimeSpan commandTimeout, TimeSpan lockTimeout, ILogger log)
    {
        this.log = log;
        var command = new NpgsqlCommand("select place, version, state from read_grain_states($1, $2)");
        command.Parameters.Add(names.Parameter);
        command.Parameters.Add(keys.Parameter);
        connection = new BatchConnection(database, command, commandTimeout, lockTimeout);
    }

    /// <summary>Reads and settles every item; does not throw.</summary>
    public async Task ReadAsync(List<PendingRead> batch, CancellationToken cancellation)
    {
        var held = connection.IsOpen;
        var began = StorageTraces.Begin();
        var error = await TryReadAsync(batch, cancellation);
        // A connection may have died since the last batch; unlike a write, a read may be sent again.
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
            var command = await connection.OpenAsync(cancellation);
            names.Restart();
            keys.Restart();
            foreach (var read in batch)
            {
                names.Items.Add(read.Key.Name);
                keys.Items.Add(read.Key.Key);
            }
            await using (var reader = await command.ExecuteReaderAsync(cancellation))
            {
                while (await reader.ReadAsync(cancellation))
                {
                    batch[reader.GetInt32(0) - 1].TrySetResult(
                        new StoredState(reader.GetInt32(1), reader.IsDBNull(2) ? null : reader.GetFieldValue<byte[]>(2)));
                }
            }
            connection.Used();
            // Those without a row.
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

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} states could not be read. Their grains try again when they are called again.")]
    private static partial void LogFailed(ILogger log, int count, Exception? e);
}
