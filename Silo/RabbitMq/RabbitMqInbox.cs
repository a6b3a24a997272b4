using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using SoonShop.Aggregates;
using SoonShop.Events;

namespace SoonShop.Silo.RabbitMq;

/// <summary>
/// Takes events of other systems from the inbox queue. A message is acknowledged after its event is committed; a message that comes again
/// is recognised. A message that cannot be read goes to the queue of rejected ones. Handlers, retries and dead letters are those of any
/// event.
/// </summary>
internal sealed partial class RabbitMqInbox(
    RabbitMqOptions options, IEventInbox inbox, IncomingMessages messages, RabbitMqMetrics metrics, TimeProvider time,
    ILogger<RabbitMqInbox> log) : BackgroundService
{
    private static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(0.5);

    private readonly Backoff reconnecting = new(FirstBackoff, TimeSpan.FromSeconds(options.MaxBackoffSeconds), time);
    private readonly Backoff storing = new(FirstBackoff, TimeSpan.FromSeconds(options.MaxBackoffSeconds), time);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await using var broker = await BrokerConnection.OpenAsync(options, "inbox", stoppingToken);
                await ConsumeAsync(broker, stoppingToken);
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                metrics.Failed("in");
                LogFailure(log, options.InboxQueue, e.Message);
                await reconnecting.PauseAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ConsumeAsync(BrokerConnection broker, CancellationToken stopping)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping, broker.Lost);
        // The broker sends no more than the prefetch limit, so there is always room.
        var arrived = Channel.CreateBounded<IncomingMessage>(options.Prefetch);
        var consumer = new AsyncEventingBasicConsumer(broker.Channel);
        consumer.ReceivedAsync += async (_, e) =>
        {
            // The client uses the body's memory again.
            var body = e.Body.Length <= options.MaxMessageBytes ? e.Body.ToArray() : null;
            await arrived.Writer.WriteAsync(new IncomingMessage(e.DeliveryTag, e.BasicProperties, body), ended.Token);
        };
        // The broker ends a consumer when its queue is deleted or moves to another node.
        consumer.UnregisteredAsync += (_, _) => Task.FromResult(arrived.Writer.TryComplete());
        try
        {
            await broker.Channel.BasicQosAsync(0, (ushort)options.Prefetch, global: false, ended.Token);
            await broker.Channel.BasicConsumeAsync(options.InboxQueue, autoAck: false, consumer, ended.Token);
            reconnecting.Reset();
            while (await arrived.Reader.WaitToReadAsync(ended.Token))
            {
                var batch = new List<IncomingMessage>();
                while (batch.Count < options.Prefetch && arrived.Reader.TryRead(out var message))
                    batch.Add(message);
                await TakeAsync(broker, batch, ended.Token);
            }
            throw new BrokerException("the broker ended the consumer");
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            broker.ThrowIfLost();
            throw;
        }
    }

    /// <summary>Commits the events of these messages, in order, and answers each message.</summary>
    private async Task TakeAsync(BrokerConnection broker, List<IncomingMessage> batch, CancellationToken cancellation)
    {
        // Side by side, so that they share a statement.
        var results = batch.ConvertAll(m => (Message: m, Problem: AcceptAsync(m, cancellation)));
        foreach (var (message, accepting) in results)
        {
            if (await accepting is { } problem)
            {
                metrics.Received("rejected");
                LogRejected(log, message.Properties.MessageId, message.Properties.AppId, problem, options.RejectedQueue);
                await broker.Channel.BasicRejectAsync(message.Tag, requeue: false, cancellation);
                continue;
            }
            CrashPoint.Pass("rabbitmq.inbox.committed");
            await broker.Channel.BasicAckAsync(message.Tag, multiple: false, cancellation);
        }
    }

    /// <summary>Commits the event of a message. Returns why the message cannot be accepted; null when its event is committed.</summary>
    private async Task<string?> AcceptAsync(IncomingMessage message, CancellationToken cancellation)
    {
        if (!messages.TryRead(message, out var e, out var problem))
            return problem;
        while (true)
        {
            try
            {
                metrics.Received(await inbox.AcceptAsync(e) ? "accepted" : "duplicate");
                storing.Reset();
                return null;
            }
            catch (UnavailableException failure) when (failure.InnerException is PostgresException { SqlState: ['2', '2', ..] } refused)
            {
                return $"the database cannot store it: {refused.MessageText}";
            }
            catch (UnavailableException failure)
            {
                LogWaiting(log, e.Type, failure.InnerException?.Message ?? failure.Message);
                await storing.PauseAsync(cancellation);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Messages of {Queue} could not be taken, and wait: {Reason}. Trying again.")]
    private static partial void LogFailure(ILogger log, string queue, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The message {MessageId} of {Sender} was rejected: {Problem}. It is in {Queue}.")]
    private static partial void LogRejected(ILogger log, string? messageId, string? sender, string problem, string queue);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A message of type {EventType} could not be stored, and is tried again: {Reason}")]
    private static partial void LogWaiting(ILogger log, string eventType, string reason);
}
