using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Streams;

/// <summary>A client outside the silos publishes into the database itself, and consumes by way of the silos.</summary>
public sealed class ClientTests
{
    [Fact]
    public async Task a_client_outside_publishes_and_consumes_and_its_events_do_not_wait_when_it_is_gone()
    {
        await using var database = await StreamDatabase.CreateAsync();
        var gateway = TcpPort.Free();
        await using var silo = await StreamSilo.StartAsync(database, gatewayPort: gateway);
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        builder.UseOrleansClient(client => client.UseLocalhostClustering(gateway)
            .AddPostgresStreams(StreamSilo.Provider, o => o.ConnectionString = database.ConnectionString));
        var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var key = $"client-{Guid.NewGuid():N}";
        var stream = host.Services.GetRequiredKeyedService<IStreamProvider>(StreamSilo.Provider).GetStream<PlainEvent>("plain", key);
        await stream.SubscribeAsync((e, _) =>
        {
            Arrivals.Add($"outside/{key}", $"{e.Number}");
            return Task.CompletedTask;
        });
        for (var i = 0; i < 5; i++)
            await stream.OnNextAsync(new PlainEvent(i));
        await Arrivals.AreAsync(key, 5);
        await Arrivals.AreAsync($"outside/{key}", 5);
        Assert.Equal(["0", "1", "2", "3", "4"], Arrivals.Of($"outside/{key}"));
        await host.StopAsync(TestContext.Current.CancellationToken);
        host.Dispose();
        await silo.Streams.GetStream<PlainEvent>("plain", key).OnNextAsync(new PlainEvent(5));
        await Arrivals.AreAsync(key, 6);
        await database.IsDrainedAsync();
        Assert.Equal(5, Arrivals.CountOf($"outside/{key}"));
    }
}
