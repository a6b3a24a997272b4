using System.Data;
using Npgsql;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>
/// Holds one connection for batches of statements that find rows by their keys. Opens it at first use, and again after a drop.
/// One caller may use it at a time. A server restart closes the connection, and the client notices only when it next sends something;
/// whether that statement took effect is then unknown. A connection that has been idle is therefore probed before it is used.
/// </summary>
/// <param name="database">Where to connect.</param>
/// <param name="commandTimeout">How long a batch may take.</param>
/// <param name="lockTimeout">How long a batch may wait for a locked row.</param>
/// <param name="waitsForDisk">False when a commit need not wait for the disk, because a later one that waits flushes it too.</param>
internal sealed class BatchConnection(
    NpgsqlDataSource database, TimeSpan commandTimeout, TimeSpan lockTimeout, bool waitsForDisk = true) : IAsyncDisposable
{
    /// <summary>
    /// After how long without use the connection is probed. A crashed server takes longer to restart, and a busy silo never idles that
    /// long.
    /// </summary>
    private const int MaxIdleMs = 100;

    /// <summary>
    /// How long to wait for the probe's response, in seconds. Without a response the connection is dropped, which loses nothing: nothing
    /// was sent.
    /// </summary>
    private const int ProbeSeconds = 2;

    /// <summary>
    /// The settings keep the planner from scanning whole tables: it does not see the batch, on a new database it sees no rows, and it would
    /// keep such a plan after the tables have grown. The lock timeout ends a wait for a locked row early, so that it does not delay every
    /// batch until the command times out.
    /// </summary>
    private readonly string settings = $"""
        set lock_timeout = {(long)lockTimeout.TotalMilliseconds}; set plan_cache_mode = force_generic_plan;
        set enable_seqscan = off; set enable_hashjoin = off;
        set enable_mergejoin = off{(waitsForDisk ? "" : "; set synchronous_commit = off")}
        """;

    private NpgsqlConnection? connection;
    private long usedAtMs;

    /// <summary>How long a batch may take.</summary>
    public TimeSpan CommandTimeout => commandTimeout;

    /// <summary>True when a connection is held, alive or not.</summary>
    public bool IsOpen => connection is not null;

    /// <summary>Returns the open connection.</summary>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation)
    {
        if (connection is not null && (Environment.TickCount64 - usedAtMs <= MaxIdleMs || await IsAliveAsync(connection, cancellation)))
            return connection;
        await DropAsync();
        connection = await database.OpenConnectionAsync(cancellation);
        try
        {
            await using (var command = new NpgsqlCommand(settings, connection))
                await command.ExecuteNonQueryAsync(cancellation);
            Used();
            return connection;
        }
        catch
        {
            await DropAsync();
            throw;
        }
    }

    /// <summary>Records that a batch has just succeeded, so that the connection is alive.</summary>
    public void Used() => usedAtMs = Environment.TickCount64;

    private static async Task<bool> IsAliveAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        try
        {
            await using var probe = new NpgsqlCommand("select 1", connection) { CommandTimeout = ProbeSeconds };
            await probe.ExecuteNonQueryAsync(cancellation);
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException)
        {
            return false;
        }
    }

    /// <summary>Drops the connection because it is broken or the server has been restarted.</summary>
    public async ValueTask DropAsync()
    {
        var old = connection;
        connection = null;
        if (old is null)
            return;
        try
        {
            // The pool does not reset these settings, and the next user of the connection needs the defaults.
            await using var reset = new NpgsqlCommand("reset all", old) { CommandTimeout = ProbeSeconds };
            await reset.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException)
        {
            // The connection is most likely broken and ends when it is closed.
            if (old.State == ConnectionState.Open)
                NpgsqlConnection.ClearPool(old);
        }
        try
        {
            await old.CloseAsync();
        }
        catch (NpgsqlException)
        {
            // The connection is gone anyway.
        }
    }

    public ValueTask DisposeAsync() => DropAsync();
}
