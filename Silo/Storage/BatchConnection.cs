using Npgsql;

namespace SoonShop.Silo.Storage;

/// <summary>
/// One connection, held, on which one command is prepared. Opened when first needed, and again after it was dropped.
/// For one caller at a time.
/// </summary>
internal sealed class BatchConnection(NpgsqlDataSource database, NpgsqlCommand command, TimeSpan commandTimeout, TimeSpan lockTimeout) : IAsyncDisposable
{
    private NpgsqlConnection? connection;

    /// <summary>How long the command may take.</summary>
    public TimeSpan CommandTimeout => commandTimeout;

    /// <summary>True when there is one, alive or not.</summary>
    public bool IsOpen => connection is not null;

    /// <summary>The command, ready to run.</summary>
    public async ValueTask<NpgsqlCommand> OpenAsync(CancellationToken cancellation)
    {
        if (connection is not null)
            return command;
        connection = await database.OpenConnectionAsync(cancellation);
        try
        {
            // A row that somebody holds must not hold up everybody until the command times out.
            await using (var settings = new NpgsqlCommand($"set lock_timeout = {(long)lockTimeout.TotalMilliseconds}", connection))
                await settings.ExecuteNonQueryAsync(cancellation);
            command.Connection = connection;
            command.CommandTimeout = (int)Math.Ceiling(commandTimeout.TotalSeconds);
            await command.PrepareAsync(cancellation);
            return command;
        }
        catch
        {
            await DropAsync();
            throw;
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
