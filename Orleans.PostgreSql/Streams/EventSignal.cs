using System.Collections.Concurrent;
using System.Data;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>
/// Wakes the readers of queues: directly in this process, and with NOTIFY in other processes. It also listens for their NOTIFY.
/// Signals raised during a NOTIFY are combined into the next one.
/// </summary>
internal sealed partial class EventSignal(StreamDatabase database, ILogger log) : IEventSignal
{
    /// <summary>The channel. The payload is a comma-separated list of queue ids.</summary>
    public const string Channel = "soonshop_events";

    private static readonly TimeSpan ReconnectPause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<int, QueueReader> readers = new();
    private readonly ConcurrentDictionary<int, bool> elsewhere = new();
    private readonly SemaphoreSlim toSend = new(0, 1);
    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;

    /// <summary>The readers of this process.</summary>
    public IEnumerable<QueueReader> Readers => readers.Values;

    /// <summary>Starts sending.</summary>
    public void Start() => running = Task.Run(SendAsync);

    /// <summary>Joins the silos that use this number of queues, and starts sending and listening.</summary>
    /// <exception cref="InvalidOperationException">Other silos use another number of queues.</exception>
    public async Task StartListeningAsync(int queues, CancellationToken cancellation)
    {
        var connection = await OpenAsync(queues, cancellation);
        running = Task.WhenAll(
            Task.Run(SendAsync, CancellationToken.None), Task.Run(() => ListenAsync(connection, queues), CancellationToken.None));
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

    /// <summary>
    /// Stops sending and listening. Not <see cref="IAsyncDisposable"/>: containers would dispose of it once for each registration.
    /// </summary>
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
            // The sender runs again anyway.
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
                    // The signal is lost. The readers find the events at their next poll.
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

    /// <summary>Clears the connection's session state before it returns to the pool: the silo's lock and its LISTEN.</summary>
    private static async Task GiveBackAsync(NpgsqlConnection connection)
    {
        try
        {
            await using var release = new NpgsqlCommand("unlisten *; select pg_advisory_unlock_all()", connection);
            await release.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            // The connection is most likely broken; its session state ends with it.
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
                // Signals that were raised while nobody listened.
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
                // This connection always waits and is the first to detect that the server is gone. The pool's connections are then broken
                // too, and each would fail its next user.
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

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Readers on other silos could not be signalled. They find the events at their next poll: {Reason}")]
    private static partial void LogNotSent(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning,
        Message = "Cannot listen for new events in the database. Queues are polled until it works again: {Reason}")]
    private static partial void LogNotListening(ILogger log, string reason);
}
