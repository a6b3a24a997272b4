using System.Diagnostics;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace SoonShop.Silo.RabbitMq;

/// <summary>
/// One connection to the broker with one channel, for one task. It never recovers by itself: when either closes,
/// <see cref="Lost"/> is signalled, and the task opens another connection.
/// </summary>
internal sealed class BrokerConnection : IAsyncDisposable
{
    /// <summary>How long the end of a connection is waited for. A broker that does not answer holds up nobody.</summary>
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);

    private readonly IConnection connection;
    private readonly CancellationTokenSource lost = new();
    private volatile string? reason;

    private BrokerConnection(IConnection connection, IChannel channel)
    {
        (this.connection, Channel) = (connection, channel);
        connection.ConnectionShutdownAsync += CloseAsync;
        channel.ChannelShutdownAsync += CloseAsync;
        connection.ConnectionBlockedAsync += (_, e) => SetBlocked(e.Reason);
        connection.ConnectionUnblockedAsync += (_, _) => SetBlocked(null);
        if (!connection.IsOpen || !channel.IsOpen)
            _ = CloseAsync(this, connection.CloseReason ?? channel.CloseReason);
    }

    /// <summary>The channel.</summary>
    public IChannel Channel { get; }

    /// <summary>Signalled when the connection or the channel has closed.</summary>
    public CancellationToken Lost => lost.Token;

    /// <summary>Why the broker takes no messages at the moment, such as a full disk; null when it does.</summary>
    public string? BlockedReason { get; private set; }

    /// <summary>Opens a connection within the configured time, and declares exchanges and queues.</summary>
    /// <param name="options">The broker.</param>
    /// <param name="purpose">What the connection is for, as the broker's lists show it.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <exception cref="BrokerException">The broker cannot be reached, refuses the user, or takes too long.</exception>
    public static async Task<BrokerConnection> OpenAsync(RabbitMqOptions options, string purpose, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(options.ConnectSeconds));
        var opening = OpenInTimeAsync(options, purpose, limit.Token);
        try
        {
            // The client's own limits do not cover every step.
            return await opening.WaitAsync(limit.Token);
        }
        catch (Exception e)
        {
            _ = DisposeLateAsync(opening);
            cancellation.ThrowIfCancellationRequested();
            var reason = e is OperationCanceledException
                ? $"no connection within {options.ConnectSeconds} s"
                : e.GetBaseException().Message;
            throw new BrokerException(reason, e);
        }
    }

    /// <summary>Throws when the connection is lost.</summary>
    public void ThrowIfLost()
    {
        if (lost.IsCancellationRequested)
            throw new BrokerException($"the connection was lost: {reason}");
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await AbortAsync(connection).WaitAsync(CloseLimit);
            await connection.DisposeAsync().AsTask().WaitAsync(CloseLimit);
        }
        catch (Exception e)
        {
            Debug.WriteLine(e.Message); // It is gone in any case.
        }
    }

    private static async Task<BrokerConnection> OpenInTimeAsync(RabbitMqOptions options, string purpose, CancellationToken cancellation)
    {
        var connection = await FactoryOf(options).CreateConnectionAsync($"soonshop {purpose} on {Environment.MachineName}", cancellation);
        try
        {
            // Confirms without tracking: the client's tracking adds a header to each message.
            var channel = await connection.CreateChannelAsync(
                new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false), cancellation);
            if (options.DeclareTopology)
                await BrokerTopology.DeclareAsync(channel, options, cancellation);
            return new BrokerConnection(connection, channel);
        }
        catch
        {
            await AbortAsync(connection);
            throw;
        }
    }

    private static Task AbortAsync(IConnection connection) =>
        connection.CloseAsync(Constants.ReplySuccess, "closing", CloseLimit, abort: true, CancellationToken.None);

    private static async Task DisposeLateAsync(Task<BrokerConnection> opening)
    {
        try
        {
            await (await opening).DisposeAsync();
        }
        catch (Exception e)
        {
            Debug.WriteLine(e.Message); // The reason was told when the attempt was given up.
        }
    }

    private static ConnectionFactory FactoryOf(RabbitMqOptions options)
    {
        var timeout = TimeSpan.FromSeconds(options.ConnectSeconds);
        var factory = new ConnectionFactory
        {
            Uri = new Uri(options.Uri),
            AutomaticRecoveryEnabled = false,
            TopologyRecoveryEnabled = false,
            RequestedHeartbeat = Heartbeat,
            RequestedConnectionTimeout = timeout,
            ContinuationTimeout = timeout,
            HandshakeContinuationTimeout = timeout,
        };
        if (options.UserName.Length > 0)
            factory.UserName = options.UserName;
        if (options.Password.Length > 0)
            factory.Password = options.Password;
        if (options.AuthorityPath.Length > 0)
            factory.Ssl.CertificateValidationCallback = BrokerCertificates.SignedBy(options.AuthorityPath);
        return factory;
    }

    private Task SetBlocked(string? why)
    {
        BlockedReason = why;
        return Task.CompletedTask;
    }

    private Task CloseAsync(object sender, ShutdownEventArgs? e)
    {
        reason ??= e?.ReplyText ?? "closed";
        return lost.CancelAsync();
    }
}

/// <summary>The broker cannot be reached, or did not take a message. The same is tried again after a pause.</summary>
internal sealed class BrokerException : Exception
{
    public BrokerException() { }

    public BrokerException(string message) : base(message) { }

    public BrokerException(string message, Exception innerException) : base(message, innerException) { }
}
