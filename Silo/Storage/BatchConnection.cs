using System.Data;
using Npgsql;

namespace SoonShop.Silo.Storage;

/// <summary>
/// One connection, held, for batches of statements that find rows by their keys. Opened when first needed, and again after it was dropped.
/// For one caller at a time. A server that was restarted meanwhile has closed it, and the client finds that out only by using it: what was sent then may
/// have taken effect, for all that anybody knows. So a connection that has idled is asked first whether it still is one.
/// </summary>
internal sealed class BatchConnection(NpgsqlDataSource database, TimeSpan commandTimeout, TimeSpan lockTimeout) : IAsyncDisposable
{
    /// <summary>After what time unused it is asked. A server that crashes takes longer to accept connections again; a silo at work asks never.</summary>
    private const int MaxIdleMs = 100;

    /// <summary>The longest to wait for the answer, in seconds: who gives none is not waited for, since nothing was sent yet that could be lost.</summary>
    private const int ProbeSeconds = 2;

    /// <summary>
    /// The planner sees no batch and, on a new database, no rows: left to itself it would choose to scan the tables, and keep to that when they
    /// have grown. And a row that somebody holds must not hold up everybody until the command times out.
    /// </summary>
    private readonly string settings = $"""
        set lock_timeout = {(long)lockTimeout.TotalMilliseconds}; set plan_cache_mode = force_generic_plan;
        set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off
        """;

    private NpgsqlConnection? connection;
    private long usedAtMs;

    /// <summary>How long a batch may take.</summary>
    public TimeSpan CommandTimeout => commandTimeout;

    /// <summary>True when there is one, alive or not.</summary>
    public bool IsOpen => connection is not null;

    /// <summary>The connection, open.</summary>
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

    /// <summary>A batch has come to its end: the connection was one a moment ago.</summary>
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

    /// <summary>Gives the connection up: it is broken, or what it is connected to is not what it was.</summary>
    public async ValueTask DropAsync()
    {
        var old = connection;
        connection = null;
        if (old is null)
            return;
        try
        {
            // The pool does not do that: its next user has settings of its own.
            await using var reset = new NpgsqlCommand("reset all", old) { CommandTimeout = ProbeSeconds };
            await reset.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException)
        {
            // Most likely it is broken, and ends when it is closed.
            if (old.State == ConnectionState.Open)
                NpgsqlConnection.ClearPool(old);
        }
        try
        {
            await old.CloseAsync();
        }
        catch (NpgsqlException)
        {
            // It is gone all the same.
        }
    }

    public ValueTask DisposeAsync() => DropAsync();
}
