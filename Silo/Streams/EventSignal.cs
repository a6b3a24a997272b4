using System.Collections.Concurrent;
using System.Data;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace SoonShop.Silo.Streams;

/// <summary>
/// Wakes readers: those in this process directly, those of other processes by NOTIFY, which this listens for, too. What
/// is raised while a NOTIFY is under way is gathered into the next one.
/// </summary>
internal sealed partial class EventSignal(StreamDatabase database, ILogger log) : IEventSignal
{
    /// <summary>The channel; payloads are ids of queues with commas between them.</summary>
    public const string Channel = "soonshop_events";

    private static readonly TimeSpan ReconnectPause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<int, QueueReader> readers = new();
    private readonly ConcurrentDictionary<int, bool> elsewhere = new();
    private readonly SemaphoreSlim toSend = new(0, 1);
    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;

    /// <summary>The readers of this process.</summary>
    public IEnumerable<QueueReader> Readers => readers.Values;

    /// <summary>Begins to send only.</summary>
    public void Start() => running = Task.Run(SendAsync);

    /// <summary>Joins the silos that work with so many queues, and begins to send and to listen.</summary>
    /// <exception cref="InvalidOperationException">Other silos work with another number of queues.</exception>
    public async Task StartListeningAsync(int queues, CancellationToken cancellation)
    {
        var connection = await OpenAsync(queues, cancellation);
        running = Task.WhenAll(Task.Run(SendAsync, CancellationToken.None), Task.Run(() => ListenAsync(connection, queues), CancellationToken.None));
    }

    public void Raise(ReadOnlySpan<int> queues)
    {
        var send = false;
        foreach (var queue in queues)
        {
            if (!WakeHere(queue))
                send |= elsewhere.TryAdd(queue, true);
        }
        if (send)
            Release();
    }

    public void Register(int queue, QueueReader reader) => readers[queue] = reader;

    public void Unregister(int queue, QueueReader reader) => readers.TryRemove(KeyValuePair.Create(queue, reader));

    /// <summary>Ends sending and listening. (Not <see cref="IAsyncDisposable"/>: containers would dispose of it once for each name it goes by.)</summary>
    public async Task StopAsync()
    {
        await stopping.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.Dispose();
    }

    private bool WakeHere(int queue)
    {
        if (!readers.TryGetValue(queue, out var reader))
            return false;
        reader.Wake();
        return reader.IsOwner;
    }

    private void Release()
    {
        try
        {
            toSend.Release();
        }
        catch (SemaphoreFullException)
        {
            // The sender will look again anyway.
        }
    }

    private async Task SendAsync()
    {
        try
        {
            while (true)
            {
                await toSend.WaitAsync(stopping.Token);
                var queues = elsewhere.Keys.ToArray();
                foreach (var queue in queues)
                    elsewhere.TryRemove(queue, out _);
                try
                {
                    if (queues.Length > 0)
                        await database.NotifyAsync(string.Join(',', queues), stopping.Token);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // Lost: the readers find the events at their next idle look.
                    LogNotSent(log, e.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(int queues, CancellationToken cancellation)
    {
        var connection = await database.Source.OpenConnectionAsync(cancellation);
        try
        {
            await database.JoinAsync(connection, queues, cancellation);
            connection.Notification += (_, notification) => Received(notification.Payload);
            await using var listen = new NpgsqlCommand($"listen {Channel}", connection);
            await listen.ExecuteNonQueryAsync(cancellation);
            return connection;
        }
        catch
        {
            await GiveBackAsync(connection);
            throw;
        }
    }

    /// <summary>Leaves nothing on the connection that its next user would have: the silo's lock, and what it listens to.</summary>
    private static async Task GiveBackAsync(NpgsqlConnection connection)
    {
        try
        {
            await using var release = new NpgsqlCommand("unlisten *; select pg_advisory_unlock_all()", connection);
            await release.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // Most likely it is broken, and with it ends what it held.
            if (connection.State == ConnectionState.Open)
                NpgsqlConnection.ClearPool(connection);
        }
        await connection.DisposeAsync();
    }

    private async Task ListenAsync(NpgsqlConnection? connection, int queues)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                connection ??= await OpenAsync(queues, stopping.Token);
                // What was raised while nobody listened.
                foreach (var reader in readers.Values)
                    reader.Wake();
                while (true)
                    await connection.WaitAsync(stopping.Token);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                // Stopped.
            }
            catch (Exception e)
            {
                LogNotListening(log, e.Message);
                // This connection waits all the time, and so is the first to hear that the server has gone. The pool's are as dead, and each
                // would be found so by whoever needs it first.
                if (e is NpgsqlException)
                    database.Source.Clear();
                await Task.Delay(ReconnectPause, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            finally
            {
                if (connection is not null)
                    await GiveBackAsync(connection);
                connection = null;
            }
        }
    }

    private void Received(string payload)
    {
        foreach (var part in payload.AsSpan().Split(','))
        {
            if (int.TryParse(payload.AsSpan(part), NumberStyles.None, CultureInfo.InvariantCulture, out var queue))
                WakeHere(queue);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Readers of events on other silos could not be woken, and will look by themselves: {Reason}")]
    private static partial void LogNotSent(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database's signals of new events cannot be heard now; queues are looked at regularly meanwhile: {Reason}")]
    private static partial void LogNotListening(ILogger log, string reason);
}
