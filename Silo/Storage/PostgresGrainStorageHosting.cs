using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Serialization;
using Orleans.Storage;

namespace SoonShop.Silo.Storage;

/// <summary>Adds grain storage in PostgreSQL to a silo.</summary>
public static class PostgresGrainStorageHosting
{
    /// <summary>
    /// Adds a grain storage under a name. The database needs the schema that <c>PostgresSchema.MigrateAsync</c> makes. A state
    /// of any type that Orleans can serialize can be kept, or of any other with a serializer of one's own
    /// (<see cref="PostgresGrainStorageOptions.GrainStorageSerializer"/>).
    /// </summary>
    /// <remarks>
    /// There is one row for each state name and grain key, whatever the grain's class, as with Orleans' ADO.NET provider: two classes that keep
    /// states of one name in one storage share them where their keys are equal. Name states apart. Other clusters and other storages, by their
    /// names, share none (<see cref="PostgresGrainStorageOptions.Owner"/>).
    /// </remarks>
    public static ISiloBuilder AddPostgresGrainStorage(this ISiloBuilder silo, string name, Action<PostgresGrainStorageOptions> configure) =>
        silo.AddPostgresGrainStorage(name, options => options.Configure(configure));

    /// <summary>Adds the grain storage for grains that name none.</summary>
    public static ISiloBuilder AddPostgresGrainStorageAsDefault(this ISiloBuilder silo, Action<PostgresGrainStorageOptions> configure) =>
        silo.AddPostgresGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configure);

    /// <summary>Adds a grain storage under a name, with options that may come from services.</summary>
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

    /// <summary>Adds the grain storage for grains that name none, with options that may come from services.</summary>
    public static ISiloBuilder AddPostgresGrainStorageAsDefault(this ISiloBuilder silo, Action<OptionsBuilder<PostgresGrainStorageOptions>> configure) =>
        silo.AddPostgresGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configure);

    /// <summary>
    /// The serializer that is registered under the storage's name, or else the one that is registered without a name, or else Orleans' own for
    /// what it sends. (Orleans registers one without a name by itself, which writes types that it will not read unless they are on a list:
    /// who wants that one registers it under the storage's name.)
    /// </summary>
    internal static IGrainStorageSerializer DefaultSerializer(IServiceProvider services, string name) =>
        services.GetKeyedService<IGrainStorageSerializer>(name)
        ?? (services.GetService<IGrainStorageSerializer>() is { } chosen and not JsonGrainStorageSerializer ? chosen : null)
        ?? new PlainStateSerializer(services.GetRequiredService<Serializer>(), ActivatorUtilities.CreateInstance<SystemTextJsonGrainStorageSerializer>(services));
}
