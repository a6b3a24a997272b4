using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Serialization;
using Orleans.Storage;

namespace SoonShop.Orleans.PostgreSql.Storage;

/// <summary>Adds grain storage in PostgreSQL to a silo.</summary>
public static class PostgresGrainStorageHosting
{
    /// <summary>
    /// Adds a named grain storage. The database needs the schema that <see cref="PostgresSchema.MigrateAsync"/> creates. It stores states
    /// of any type that Orleans can serialize, and of other types with a serializer of your own
    /// (<see cref="PostgresGrainStorageOptions.GrainStorageSerializer"/>).
    /// </summary>
    /// <remarks>
    /// There is one row per state name and grain key, whatever the grain's class, as with Orleans' ADO.NET provider. Two classes with the
    /// same state name in one storage share the rows of equal keys, so give them different state names. Other clusters and storages with
    /// other names do not share rows (<see cref="PostgresGrainStorageOptions.Owner"/>).
    /// </remarks>
    public static ISiloBuilder AddPostgresGrainStorage(
        this ISiloBuilder silo, string name, Action<PostgresGrainStorageOptions> configure) =>
        silo.AddPostgresGrainStorage(name, options => options.Configure(configure));

    /// <summary>Adds the default grain storage.</summary>
    public static ISiloBuilder AddPostgresGrainStorageAsDefault(this ISiloBuilder silo, Action<PostgresGrainStorageOptions> configure) =>
        silo.AddPostgresGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configure);

    /// <summary>Adds a named grain storage whose options may depend on services.</summary>
    public static ISiloBuilder AddPostgresGrainStorage(
        this ISiloBuilder silo, string name, Action<OptionsBuilder<PostgresGrainStorageOptions>> configure)
    {
        var options = silo.Services.AddOptions<PostgresGrainStorageOptions>(name);
        configure(options);
        options.PostConfigure<IServiceProvider>((o, services) =>
        {
            o.GrainStorageSerializer ??= DefaultSerializer(services, name);
            o.Owner ??= $"{services.GetRequiredService<IOptions<ClusterOptions>>().Value.ServiceId}/{name}";
        });
        silo.Services
            .AddTransient<IConfigurationValidator>(services => new PostgresGrainStorageOptionsValidator(
                services.GetRequiredService<IOptionsMonitor<PostgresGrainStorageOptions>>().Get(name), name))
            .AddGrainStorage(name, PostgresGrainStorage.Create);
        return silo;
    }

    /// <summary>Adds the default grain storage with options that may depend on services.</summary>
    public static ISiloBuilder AddPostgresGrainStorageAsDefault(
        this ISiloBuilder silo, Action<OptionsBuilder<PostgresGrainStorageOptions>> configure) =>
        silo.AddPostgresGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configure);

    /// <summary>
    /// Returns the serializer that is registered under the storage's name, otherwise the one that is registered without a name, otherwise
    /// Orleans' own message serializer. (Orleans registers a serializer without a name by default, which writes types that it refuses to
    /// read unless they are on an allow list. To use that one, register it under the storage's name.)
    /// </summary>
    internal static IGrainStorageSerializer DefaultSerializer(IServiceProvider services, string name) =>
        services.GetKeyedService<IGrainStorageSerializer>(name)
        ?? (services.GetService<IGrainStorageSerializer>() is { } chosen and not JsonGrainStorageSerializer ? chosen : null)
        ?? new PlainStateSerializer(
            services.GetRequiredService<Serializer>(), ActivatorUtilities.CreateInstance<SystemTextJsonGrainStorageSerializer>(services));
}
