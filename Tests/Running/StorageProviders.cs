using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using SoonShop.Orleans.PostgreSql.Storage;
using SoonShop.Orleans.PostgreSql.Streams;
using SoonShop.Silo.Storage;

namespace SoonShop.Tests.Running;

/// <summary>Both of the shop's storage providers in one silo, side by side on one database.</summary>
public sealed class StorageProviders : IAsyncLifetime
{
    private IHost host = null!;
    private PostgresServer server = null!;

    internal string ConnectionString { get; private set; } = null!;

    internal NpgsqlDataSource Database => host.Services.GetRequiredService<NpgsqlDataSource>();

    internal IGrainStorage Storage(StorageProvider provider) => host.Services.GetRequiredKeyedService<IGrainStorage>($"{provider}");

    /// <summary>A group-commit storage of a test's own, started. Its options and who is told of new events can be chosen.</summary>
    internal async Task<PostgresGrainStorage> StartAsync(Action<PostgresGrainStorageOptions>? configure = null, IEventSignal? signal = null)
    {
        var options = new PostgresGrainStorageOptions
        {
            DataSource = Database,
            GrainStorageSerializer = PostgresGrainStorageHosting.DefaultSerializer(host.Services, ""),
            // A busy machine must not look like a database that does not answer.
            MaxQueueTime = TimeSpan.FromMinutes(1),
            CommandTimeout = TimeSpan.FromMinutes(2),
            LockTimeout = TimeSpan.FromMinutes(1),
        };
        options.StoreEnvelopes();
        configure?.Invoke(options);
        var storage = new PostgresGrainStorage(
            "own", options, host.Services.GetRequiredService<IActivatorProvider>(), signal, NullLogger<PostgresGrainStorage>.Instance);
        await storage.StartAsync(CancellationToken.None);
        return storage;
    }

    public async ValueTask InitializeAsync()
    {
        server = await PostgresServer.SharedAsync();
        ConnectionString = await server.CreateShopDatabaseAsync();
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.Sources.Clear();
        builder.Logging.ClearProviders();
        // As the shop's silo has it: see SiloConfiguration.
        builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(ConnectionString) { MaxPoolSize = 40, MaxAutoPrepare = 64, AutoPrepareMinUsages = 3 }));
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(TcpPort.Free(), TcpPort.Free());
            foreach (var provider in Enum.GetValues<StorageProvider>())
                silo.AddShopGrainStorage(new StorageOptions { Provider = provider }, $"{provider}");
        });
        host = builder.Build();
        await host.StartAsync();
    }

    /// <summary>Asks the database; the first column of the first row.</summary>
    internal async Task<T> QueryAsync<T>(string sql, params object[] values)
    {
        await using var command = Database.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return (T)(await command.ExecuteScalarAsync() ?? throw new InvalidOperationException($"Nothing answers {sql}"));
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
        await server.DropDatabaseAsync(ConnectionString);
    }
}

/// <summary>The tests of this collection share a silo with both storage providers.</summary>
[CollectionDefinition(nameof(StorageProviders))]
public sealed class StorageProvidersCollection : ICollectionFixture<StorageProviders>;
