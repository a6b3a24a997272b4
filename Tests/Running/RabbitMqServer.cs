using System.Collections.Concurrent;
using System.Text;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace SoonShop.Tests.Running;

/// <summary>
/// A RabbitMQ broker of the tests' own, run by <c>deploy/rabbitmq.sh</c>. Its tests run one after the other: some end it.
/// </summary>
public sealed class RabbitMqServer : IAsyncLifetime
{
    private static readonly string Script = Path.Combine(Repository.Root, "deploy", "rabbitmq.sh");
    private readonly string folder = Path.Combine(Repository.TestData, $"rabbitmq-{Guid.NewGuid():N}"[..17]);

    /// <summary>Its address, with the password.</summary>
    public string Uri { get; private set; } = "";

    public async ValueTask InitializeAsync() => Uri = (await Repository.RunAsync(Script, "start", "--data", folder)).Trim();

    /// <summary>Ends it as a power cut would.</summary>
    internal Task KillAsync() => Repository.RunAsync(Script, "kill", "--data", folder);

    /// <summary>Starts it again, at the same address.</summary>
    internal ValueTask StartAgainAsync() => InitializeAsync();

    /// <summary>Stops all its work; connections stay open and get no answer.</summary>
    internal Task PauseAsync() => SignalAsync("STOP");

    /// <summary>Lets it go on.</summary>
    internal Task ContinueAsync() => SignalAsync("CONT");

    private async Task SignalAsync(string signal) =>
        await Repository.RunAsync("kill", "-s", signal, (await Repository.RunAsync(Script, "pid", "--data", folder)).Trim());

    internal async Task<TestBroker> ConnectAsync()
    {
        var factory = new ConnectionFactory { Uri = new Uri(Uri), AutomaticRecoveryEnabled = false };
        var connection = await factory.CreateConnectionAsync();
        return new TestBroker(connection, await connection.CreateChannelAsync(new CreateChannelOptions(true, true)));
    }

    public async ValueTask DisposeAsync()
    {
        await Repository.RunAsync(Script, "stop", "--data", folder);
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>The tests of this collection share a broker.</summary>
[CollectionDefinition(nameof(RabbitMqServer))]
public sealed class RabbitMqServerCollection : ICollectionFixture<RabbitMqServer>;

/// <summary>A connection of a test to the broker.</summary>
internal sealed class TestBroker(IConnection connection, IChannel channel) : IAsyncDisposable
{
    public IChannel Channel => channel;

    /// <summary>Makes a queue that outlives the broker, for events of these types.</summary>
    public async Task BindAsync(string queue, string exchange, string[] patterns, string type = "classic")
    {
        await channel.QueueDeclareAsync(
            queue, durable: true, exclusive: false, autoDelete: false, new Dictionary<string, object?> { ["x-queue-type"] = type });
        foreach (var pattern in patterns)
            await channel.QueueBindAsync(queue, exchange, pattern);
    }

    /// <summary>Takes messages until so many different ones have come and the queue is empty.</summary>
    public async Task<List<TestMessage>> TakeAsync(string queue, int distinct, TimeSpan limit)
    {
        var taken = new ConcurrentQueue<TestMessage>();
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.ReceivedAsync += (_, e) =>
        {
            taken.Enqueue(new TestMessage(e.RoutingKey, new BasicProperties(e.BasicProperties), Encoding.UTF8.GetString(e.Body.Span)));
            return Task.CompletedTask;
        };
        var tag = await channel.BasicConsumeAsync(queue, autoAck: true, consumer);
        try
        {
            await Until.TrueAsync($"{distinct} messages of {queue} have come", limit, () =>
                Task.FromResult(taken.Select(m => m.Properties.MessageId).Distinct().Count() >= distinct));
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException(
                $"{e.Message}; {taken.Count} came, {taken.Select(m => m.Properties.MessageId).Distinct().Count()} different ones", e);
        }
        await Until.TrueAsync($"{queue} is empty", limit, async () => await channel.MessageCountAsync(queue) == 0);
        await channel.BasicCancelAsync(tag);
        return [.. taken];
    }

    /// <summary>How many messages wait in a queue.</summary>
    public Task<uint> CountAsync(string queue) => channel.MessageCountAsync(queue);

    public async ValueTask DisposeAsync()
    {
        await connection.AbortAsync(TimeSpan.FromSeconds(2));
        await connection.DisposeAsync();
    }
}

/// <summary>A message that a test took.</summary>
internal sealed record TestMessage(string RoutingKey, BasicProperties Properties, string Body)
{
    /// <summary>A header's text.</summary>
    public string? Header(string name) =>
        Properties.Headers?.TryGetValue(name, out var value) == true && value is byte[] bytes ? Encoding.UTF8.GetString(bytes) : null;
}
