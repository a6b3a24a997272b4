using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Storage;

namespace SoonShop.Silo.Storage;

/// <summary>Adds grain storage in PostgreSQL to a silo.</summary>
public static class PostgresGrainStorageHosting
{
    /// <summary>
    /// Adds a grain storage under a name. The database needs the schema that <c>PostgresSchema.MigrateAsync</c> makes. A state
    /// of any type can be kept.
    /// </summary>
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
        options.PostConfigure<IServiceProvider>((o, services) => o.GrainStorageSerializer ??= DefaultSerializer(services, name));
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
    /// The serializer that is registered under the storage's name, or else Orleans' own over System.Text.Json: its other one
    /// writes types that it will not read, unless they are on a list.
    /// </summary>
    internal static IGrainStorageSerializer DefaultSerializer(IServiceProvider services, string name) =>
        services.GetKeyedService<IGrainStorageSerializer>(name) ?? ActivatorUtilities.CreateInstance<SystemTextJsonGrainStorageSerializer>(services);
}
