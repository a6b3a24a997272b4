using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Storage;
using SoonShop.Aggregates;
using SoonShop.Events;
using SoonShop.Orleans.PostgreSql.Storage;
using SoonShop.Orleans.PostgreSql.Streams;

namespace SoonShop.Silo.Storage;

/// <summary>Chooses the shop's grain storage.</summary>
internal static class StorageExtensions
{
    /// <summary>
    /// The owner of the shop's states, in any cluster and under any storage name. The migration that creates <c>owned_name</c> uses it.
    /// </summary>
    private const string Owner = "soonshop/Default";

    /// <summary>
    /// The storage of an import's first states. Its writes have a connection and batches of their own: an order does not wait for the texts
    /// of a hundred products to be indexed.
    /// </summary>
    private const string FirstStatesStorage = "FirstStates";

    /// <summary>The most first states in one statement: those who write the same rows wait for them.</summary>
    private const int MaxFirstStates = 64;

    /// <summary>Adds the port that stores first states.</summary>
    public static ISiloBuilder AddFirstStates(this ISiloBuilder silo, StorageOptions configuration)
    {
        silo.AddShopGrainStorage(configuration, FirstStatesStorage, MaxFirstStates);
        silo.Services.AddSingleton<IFirstStates>(s => new FirstStates(
            s.GetRequiredKeyedService<IGrainStorage>(FirstStatesStorage), s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<EventMetrics>(), s.GetRequiredService<BusinessMetrics>()));
        return silo;
    }

    /// <summary>Stores grain states through a shared data source, with the configured provider.</summary>
    public static ISiloBuilder AddShopGrainStorage(
        this ISiloBuilder silo, StorageOptions configuration, string name = ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME,
        int maxBatchSize = int.MaxValue) => configuration.Provider switch
        {
            StorageProvider.AdoNet => silo.AddSignallingAdoNetStorage(name),
            _ => silo.AddPostgresGrainStorage(name, options => options.Configure<NpgsqlDataSource>((o, database) =>
            {
                o.DataSource = database;
                o.Owner = Owner;
                o.StoreEnvelopes();
                o.MaxBatchSize = Math.Min(configuration.MaxBatchSize, maxBatchSize);
                o.MaxBatchBytes = configuration.MaxBatchBytes;
                o.MaxQueuedWrites = configuration.MaxQueuedWrites;
                o.MaxQueueTime = TimeSpan.FromSeconds(configuration.MaxQueueSeconds);
            })),
        };

    /// <summary>Lets a storage write the shop's states, with their events and ledger rows.</summary>
    internal static void StoreEnvelopes(this PostgresGrainStorageOptions options)
    {
        options.StateFormat = new ShopStateFormat();
        options.StreamProvider = ShopStreams.Provider;
        ShopTables.AddPartitionsTo(options);
    }

    private static ISiloBuilder AddSignallingAdoNetStorage(this ISiloBuilder silo, string name)
    {
        var inner = $"{name} by ADO.NET";
        silo.AddAdoNetGrainStorage(inner, options => options.Configure<NpgsqlDataSource, IServiceProvider>((o, database, services) =>
        {
            o.Invariant = "Npgsql";
            o.DataSource = database;
            o.GrainStorageSerializer = new StateEnvelopeSerializer(
                new StateSerializer(PostgresGrainStorageHosting.DefaultSerializer(services, name), new ShopStateFormat()));
        }));
        // Without streams there are no readers to wake.
        silo.Services.AddGrainStorage(name, (services, _) => services.GetRequiredKeyedService<IGrainStorage>(inner) is var storage
            && services.GetKeyedService<StreamRuntime>(ShopStreams.Provider) is { } streams
                ? new SignallingStorage(storage, () => streams.Queues, streams.Signal)
                : storage);
        return silo;
    }
}
