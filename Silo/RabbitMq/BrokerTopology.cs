using RabbitMQ.Client;

namespace SoonShop.Silo.RabbitMq;

/// <summary>
/// The shop's exchanges and queues. Declaring them again changes nothing; the broker refuses other arguments than the existing ones.
/// </summary>
internal static class BrokerTopology
{
    /// <summary>
    /// The most messages in the inbox and among the rejected ones. Beyond it, the broker refuses messages instead of dropping any.
    /// </summary>
    private const int MaxInbox = 1_000_000, MaxRejected = 100_000;

    /// <summary>
    /// Restarts of silos give unacknowledged messages back. Brokers from version 4 on would reject a message after 20 times.
    /// </summary>
    private const int DeliveryLimit = 1_000_000;

    /// <summary>How long an unrouted event is kept.</summary>
    private static readonly TimeSpan UnroutedAge = TimeSpan.FromDays(7);

    public static async Task DeclareAsync(IChannel channel, RabbitMqOptions options, CancellationToken cancellation)
    {
        await channel.ExchangeDeclareAsync(
            options.UnroutedQueue, ExchangeType.Fanout, durable: true, autoDelete: false, cancellationToken: cancellation);
        await QueueAsync(options.UnroutedQueue, new()
        {
            ["x-max-length"] = options.MaxUnrouted,
            ["x-message-ttl"] = (long)UnroutedAge.TotalMilliseconds,
        });
        await channel.QueueBindAsync(options.UnroutedQueue, options.UnroutedQueue, "", cancellationToken: cancellation);
        await channel.ExchangeDeclareAsync(
            options.Exchange, ExchangeType.Topic, durable: true, autoDelete: false,
            new Dictionary<string, object?> { ["alternate-exchange"] = options.UnroutedQueue }, cancellationToken: cancellation);
        await QueueAsync(options.RejectedQueue, new() { ["x-max-length"] = MaxRejected, ["x-overflow"] = "reject-publish" });
        // A rejected message leaves the inbox when the other queue has it, not before.
        await QueueAsync(options.InboxQueue, new()
        {
            ["x-max-length"] = MaxInbox,
            ["x-overflow"] = "reject-publish",
            ["x-dead-letter-exchange"] = "",
            ["x-dead-letter-routing-key"] = options.RejectedQueue,
            ["x-dead-letter-strategy"] = "at-least-once",
            ["x-delivery-limit"] = DeliveryLimit,
            // One silo at a time takes messages, so that they stay in order.
            ["x-single-active-consumer"] = true,
        });

        Task<QueueDeclareOk> QueueAsync(string name, Dictionary<string, object?> arguments)
        {
            arguments["x-queue-type"] = "quorum";
            return channel.QueueDeclareAsync(
                name, durable: true, exclusive: false, autoDelete: false, arguments, cancellationToken: cancellation);
        }
    }
}
