using Npgsql;

namespace SoonShop.Silo.Storage;

/// <summary>
/// One connection, held, on which one command is prepared. Opened when first needed, and again after it was dropped.
/// For one caller at a time. A server that was restarted meanwhile has closed it, and the client finds that out only by using it: what was sent then may
/// have taken effect, for all that anybody knows. So a connection that has idled is asked first whether it still is one.
/// </summary>
internal sealed class BatchConnection(NpgsqlDataSource database, NpgsqlCommand command, TimeSpan commandTimeout, TimeSpan lockTimeout) : IAsyncDisposable
{
    /// <summary>After what time unused it is asked. A server that crashes takes longer to accept connections again; a silo at work asks never.</summary>
    private const int MaxIdleMs = 100;

    /// <summary>The longest to wait for the answer, in seconds: who gives none is not waited for, since nothing was sent yet that could be lost.</summary>
    private const int ProbeSeconds = 2;

    private NpgsqlConnection? connection;
    private long usedAtMs;

    /// <summary>How long the command may take.</summary>
    public TimeSpan CommandTimeout => commandTimeout;

    /// <summary>True when there is one, alive or not.</summary>
    public bool IsOpen => connection is not null;

    /// <summary>The command, ready to run.</summary>
    public async ValueTask<NpgsqlCommand> OpenAsync(CancellationToken cancellation)
    {
        if (connection is not null && (Environment.TickCount64 - usedAtMs <= MaxIdleMs || await IsAliveAsync(connection, cancellation)))
            return command;
        await DropAsync();
        connection = await database.OpenConnectionAsync(cancellation);
        try
        {
            // A row that somebody holds must not hold up everybody until the command times out.
            await using (var settings = new NpgsqlCommand($"set lock_timeout = {(long)lockTimeout.TotalMilliseconds}", connection))
                await settings.ExecuteNonQueryAsync(cancellation);
            command.Connection = connection;
            command.CommandTimeout = (int)Math.Ceiling(commandTimeout.TotalSeconds);
            await command.PrepareAsync(cancellation);
            Used();
            return command;
        }
        catch
        {
            await DropAsync();
            throw;
        }
    }

    /// <summary>The command has come to its end: the connection was one a moment ago.</summary>
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
            await old.CloseAsync();
        }
        catch (NpgsqlException)
        {
            // It is gone all the same.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DropAsync();
        await command.DisposeAsync();
    }
}
