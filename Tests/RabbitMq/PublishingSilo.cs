using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SoonShop.Events;
using SoonShop.Privacy;
using SoonShop.Silo.RabbitMq;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.RabbitMq;

/// <summary>What a silo has to publish events, without the rest of it.</summary>
internal sealed class PublishingSilo : IAsyncDisposable
{
    private readonly IHost host;

    private PublishingSilo(IHost host, NpgsqlDataSource database) => (this.host, Database) = (host, database);

    public NpgsqlDataSource Database { get; }

    public LogBuffer Log { get; private init; } = null!;

    /// <summary>Under which name it takes the lease.</summary>
    public string Owner => host.Services.GetServices<IHostedService>().OfType<RabbitMqPublisher>().Single().Owner;

    public static async Task<PublishingSilo> StartAsync(string connectionString, RabbitMqOptions options)
    {
        var builder = Host.CreateApplicationBuilder();
        var database = NpgsqlDataSource.Create(connectionString);
        var types = new EventTypes(EventTypes.Assemblies());
        Assert.Empty(options.Problems(types));
        var log = new LogBuffer();
        builder.Logging.ClearProviders().AddProvider(new LogBufferProvider(log));
        builder.Services.AddSingleton(database)
            .AddSingleton(TimeProvider.System).AddSingleton(types).AddSingleton<PersonalData>().AddRabbitMq(options);
        // That has tests of its own, with a silo.
        builder.Services.Remove(builder.Services.Single(s => s.ImplementationType == typeof(RabbitMqInbox)));
        var host = builder.Build();
        await host.StartAsync();
        return new PublishingSilo(host, database) { Log = log };
    }

    /// <summary>Takes its database away, as the death of its machine does: it cannot give the lease back.</summary>
    public void CutOff() => Database.Dispose();

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync().EndsAsync("a publisher that was asked to stop", TimeSpan.FromSeconds(30));
        host.Dispose();
        await Database.DisposeAsync();
    }
}
