using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Storage;
using SoonShop.Events;
using SoonShop.Silo.Streams;

namespace SoonShop.Silo.Storage;

/// <summary>Chooses the shop's grain storage.</summary>
internal static class StorageExtensions
{
    /// <summary>
    /// The owner of the shop's states, in any cluster and under any storage name. The migration that creates <c>owned_name</c> uses it.
    /// </summary>
    private const string Owner = "soonshop/Default";

    /// <summary>Stores grain states through a shared data source, with the configured provider.</summary>
    public static ISiloBuilder AddShopGrainStorage(
        this ISiloBuilder silo, StorageOptions configuration, string name = ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME) => configuration.Provider switch
        {
            StorageProvider.AdoNet => silo.AddSignallingAdoNetStorage(name),
            _ => silo.AddPostgresGrainStorage(name, options => options.Configure<NpgsqlDataSource>((o, database) =>
            {
                o.DataSource = database;
                o.Owner = Owner;
                o.StreamProvider = ShopStreams.Provider;
                o.MaxBatchSize = configuration.MaxBatchSize;
                o.MaxBatchBytes = configuration.MaxBatchBytes;
                o.MaxQueuedWrites = configuration.MaxQueuedWrites;
                o.MaxQueueTime = TimeSpan.FromSeconds(configuration.MaxQueueSeconds);
            })),
        };

    private static ISiloBuilder AddSignallingAdoNetStorage(this ISiloBuilder silo, string name)
    {
        var inner = $"{name} by ADO.NET";
        silo.AddAdoNetGrainStorage(inner, options => options.Configure<NpgsqlDataSource, IServiceProvider>((o, database, services) =>
        {
            o.Invariant = "Npgsql";
            o.DataSource = database;
            o.GrainStorageSerializer = new StateEnvelopeSerializer(new StateSerializer(PostgresGrainStorageHosting.DefaultSerializer(services, name)));
        }));
        // Without streams there are no readers to wake.
        silo.Services.AddGrainStorage(name, (services, _) => services.GetRequiredKeyedService<IGrainStorage>(inner) is var storage
            && services.GetKeyedService<StreamRuntime>(ShopStreams.Provider) is { } streams
                ? new SignallingStorage(storage, () => streams.Queues, streams.Signal)
                : storage);
        return silo;
    }
}
