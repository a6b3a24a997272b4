using System.Text;
using RabbitMQ.Client;
using SoonShop.Inventory;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.RabbitMq;

/// <summary>Messages of other systems, taken by a silo from a real broker.</summary>
[Collection(nameof(RabbitMqServer))]
public sealed class InboxTests(RabbitMqServer server) : InProcessSilo
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(40);
    private readonly string name = $"i{Guid.NewGuid():N}"[..10];

    protected override Dictionary<string, string?> Settings => new()
    {
        ["RabbitMq:Uri"] = server.Uri,
        ["RabbitMq:Exchange"] = $"{name}.events",
        ["RabbitMq:UnroutedQueue"] = $"{name}.unrouted",
        ["RabbitMq:InboxQueue"] = $"{name}.inbox",
        ["RabbitMq:RejectedQueue"] = $"{name}.rejected",
        ["RabbitMq:MaxMessageBytes"] = "2000",
    };

    private string Inbox => $"{name}.inbox";

    [Fact]
    public async Task a_stock_adjustment_is_applied_once_however_often_it_comes_and_what_is_malformed_is_rejected()
    {
        var sku = await CreateProductAsync();
        await using var broker = await server.ConnectAsync();
        await Until.TrueAsync("the inbox is there", Limit, () => ExistsAsync());
        await SendAsync(broker, "1", Adjustment(sku, 5));
        await SendAsync(broker, "1", Adjustment(sku, 5));
        await SendAsync(broker, "2", Adjustment(sku.ToLowerInvariant(), 7), prefix: "cloudEvents_");
        // The same id of another system is another event.
        await SendAsync(broker, "1", Adjustment(sku, 100), source: "/warehouse");
        await SendAsync(broker, "3", "{");
        await SendAsync(broker, "4", Adjustment(sku, 0));
        await SendAsync(broker, "5", Adjustment("no sku!", 1));
        await SendAsync(broker, "6", "{}", type: "order.confirmed");
        await SendAsync(broker, "", Adjustment(sku, 1000));
        await SendAsync(broker, "7", Adjustment(sku, 1000), version: "0.3");
        await SendAsync(broker, "8", Adjustment(sku, 1000) + new string(' ', 3000));
        await SendAsync(broker, "9", """{"sku":"X\u0000","delta":1,"reason":"r"}""");
        await SendAsync(broker, "10", Adjustment(sku, 1000), contentType: "text/plain");

        var item = Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(sku));
        await Until.TrueAsync("all are applied", Limit, async () => (await item.GetAsync()).Value!.OnHand == 112);
        await Until.TrueAsync("all are rejected", Limit, async () => await broker.CountAsync($"{name}.rejected") == 9);
        await Until.TrueAsync("the inbox is empty", Limit, async () => await broker.CountAsync(Inbox) == 0);
        Assert.Equal(3L, await QueryAsync<long>("select count(*) from event where type = 'erp.stock.adjusted'"));
        Assert.Equal(3L, await QueryAsync<long>("select count(*) from stock_ledger where sku = $1", sku));
        Assert.Equal(112, (await item.GetAsync()).Value!.OnHand);
    }

    [Fact]
    public async Task an_adjustment_that_the_stock_refuses_is_retried_as_any_event()
    {
        var unknown = $"U-{Guid.NewGuid():N}"[..14].ToUpperInvariant();
        await using var broker = await server.ConnectAsync();
        await Until.TrueAsync("the inbox is there", Limit, () => ExistsAsync());
        await SendAsync(broker, "1", Adjustment(unknown, 5));
        await Until.TrueAsync("a retry is due", Limit, async () => await QueryAsync<long>(
            "select count(*) from event_delivery where handler = 'erp-stock' and handler_key = $1 and status = 'waiting'", unknown) == 1);
        await CreateProductAsync(unknown);
        await Until.TrueAsync("it is applied", Limit, async () =>
            (await Grains.GetGrain<IInventoryItemGrain>(Sku.GrainKey(unknown)).GetAsync()).Value?.OnHand == 5);
    }

    private async Task<bool> ExistsAsync()
    {
        await using var broker = await server.ConnectAsync();
        try
        {
            await broker.CountAsync(Inbox);
            return true;
        }
        catch (RabbitMQ.Client.Exceptions.OperationInterruptedException)
        {
            return false;
        }
    }

    private static string Adjustment(string sku, int delta) =>
        $$"""{"sku":"{{sku}}","delta":{{delta}},"reason":"delivery","reference":"DN-1","more":1}""";

    private async Task SendAsync(
        TestBroker broker, string id, string body, string source = "/erp", string type = "erp.stock.adjusted", string version = "1.0",
        string prefix = "cloudEvents:", string contentType = "application/json")
    {
        var headers = new Dictionary<string, object?>
        {
            [$"{prefix}specversion"] = version,
            [$"{prefix}id"] = id,
            [$"{prefix}source"] = source,
            [$"{prefix}type"] = type,
            [$"{prefix}time"] = new AmqpTimestamp(DateTimeOffset.UtcNow.ToUnixTimeSeconds()),
        };
        var properties = new BasicProperties { ContentType = contentType, DeliveryMode = DeliveryModes.Persistent, Headers = headers };
        await broker.Channel.BasicPublishAsync("", Inbox, mandatory: true, properties, Encoding.UTF8.GetBytes(body));
    }
}
