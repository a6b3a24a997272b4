using Npgsql;
using Orleans.Providers;
using SoonShop.Events;

namespace SoonShop.Silo.Storage;

/// <summary>Chooses the shop's grain storage.</summary>
internal static class StorageExtensions
{
    /// <summary>Keeps grain states over a shared data source, with the provider that the configuration names.</summary>
    public static ISiloBuilder AddShopGrainStorage(
        this ISiloBuilder silo, StorageOptions configuration, string name = ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME) => configuration.Provider switch
        {
            StorageProvider.AdoNet => silo.AddAdoNetGrainStorage(name, options => options.Configure<NpgsqlDataSource, IServiceProvider>((o, database, services) =>
            {
                o.Invariant = "Npgsql";
                o.DataSource = database;
                o.GrainStorageSerializer = new DocumentSerializer(new StateSerializer(PostgresGrainStorageHosting.DefaultSerializer(services, name)));
            })),
            _ => silo.AddPostgresGrainStorage(name, options => options.Configure<NpgsqlDataSource>((o, database) =>
            {
                o.DataSource = database;
                o.StreamProvider = ShopStreams.Provider;
                o.MaxBatchSize = configuration.MaxBatchSize;
                o.MaxBatchBytes = configuration.MaxBatchBytes;
                o.MaxQueuedWrites = configuration.MaxQueuedWrites;
                o.MaxQueueTime = TimeSpan.FromSeconds(configuration.MaxQueueSeconds);
            })),
        };
}
