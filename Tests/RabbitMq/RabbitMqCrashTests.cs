using System.Text;
using System.Text.Json.Nodes;
using RabbitMQ.Client;
using SoonShop.Aggregates;
using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.RabbitMq;

/// <summary>A silo's process ends between what it did at one side and what it notes at the other.</summary>
[Collection(nameof(RabbitMqServer))]
public sealed class RabbitMqCrashTests(RabbitMqServer server)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task a_silo_that_dies_after_a_confirm_sends_again_and_one_that_dies_before_an_acknowledgement_applies_once()
    {
        var name = $"c{Guid.NewGuid():N}"[..10];
        await using var broker = await server.ConnectAsync();
        await using var shop = await Shop.CreateAsync(
            null, ("RabbitMq__Uri", server.Uri), ("RabbitMq__Exchange", $"{name}.events"), ("RabbitMq__UnroutedQueue", $"{name}.unrouted"),
            ("RabbitMq__InboxQueue", $"{name}.inbox"), ("RabbitMq__RejectedQueue", $"{name}.rejected"),
            ("RabbitMq__EventTypes__0", "inventory.adjusted"));
        await using var silo = await SiloProcess.StartAsync(shop);
        var admin = await (await shop.StartApiAsync()).AsAdminAsync();
        await Until.TrueAsync("it publishes", Limit, async () =>
            await shop.QueryAsync<string>("select coalesce(owner, '') from rabbitmq_cursor") is { Length: > 0 });
        await Until.TrueAsync("the exchange is there", Limit, () =>
            Task.FromResult(shop.Silo.Log.Contains("publishes events to RabbitMQ", StringComparison.Ordinal)));
        await broker.BindAsync($"{name}.all", $"{name}.events", ["#"]);

        await silo.ArmAsync(CrashPoint.Broker[0]);
        var sku = await admin.CreateProductAsync(stock: 3);
        await silo.DeathAsync(Limit);
        await silo.ArmAsync(null);
        Assert.Equal(1u, await broker.CountAsync($"{name}.all"));
        await EndLeaseAsync(shop);
        await silo.ReplaceAsync();
        await Until.TrueAsync("it is sent again", Limit, async () => await broker.CountAsync($"{name}.all") == 2);

        await silo.ArmAsync(CrashPoint.Broker[1]);
        await SendAsync(broker, $"{name}.inbox", sku, 4);
        await silo.DeathAsync(Limit);
        await silo.ArmAsync(null);
        Assert.Equal(1L, await shop.QueryAsync<long>("select count(*) from event where type = 'erp.stock.adjusted'"));
        await EndLeaseAsync(shop);
        await silo.ReplaceAsync();
        await Until.TrueAsync("the message is acknowledged", Limit, async () =>
            (await broker.Channel.QueueDeclarePassiveAsync($"{name}.inbox")) is { MessageCount: 0, ConsumerCount: 1 }
            && await shop.QueryAsync<long>("select count(*) from stock_ledger where sku = $1", sku) == 2);
        Assert.Equal(1L, await shop.QueryAsync<long>("select count(*) from event where type = 'erp.stock.adjusted'"));
        // In the end, the broker has both adjustments, the first of them twice.
        var taken = await broker.TakeAsync($"{name}.all", 2, Limit);
        Assert.Equal([3, 7], taken.DistinctBy(m => m.Properties.MessageId).Select(m => JsonNode.Parse(m.Body)!["onHand"]!.GetValue<int>()));
        Assert.Equal(0u, await broker.CountAsync($"{name}.rejected"));
    }

    /// <summary>The time of a dead silo's lease is over.</summary>
    private static Task<bool> EndLeaseAsync(Shop shop) =>
        shop.QueryAsync<bool>("update rabbitmq_cursor set leased_until = clock_timestamp() returning true");

    private static async Task SendAsync(TestBroker broker, string queue, string sku, int delta)
    {
        var headers = new Dictionary<string, object?>
        {
            ["cloudEvents:specversion"] = "1.0",
            ["cloudEvents:id"] = "1",
            ["cloudEvents:source"] = "/erp",
            ["cloudEvents:type"] = "erp.stock.adjusted",
        };
        await broker.Channel.BasicPublishAsync(
            "", queue, mandatory: true,
            new BasicProperties { ContentType = "application/json", DeliveryMode = DeliveryModes.Persistent, Headers = headers },
            Encoding.UTF8.GetBytes($$"""{"sku":"{{sku}}","delta":{{delta}},"reason":"delivery"}"""));
    }
}
