using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace SoonShop.Orleans.PostgreSql.Streams;

/// <summary>Hosting of PostgreSQL stream providers.</summary>
public static class PostgresStreamHosting
{
    /// <summary>
    /// How long the pulling agent waits between two calls of a reader that found nothing. Short, because the reader itself
    /// waits for events.
    /// </summary>
    private static readonly TimeSpan PullingGap = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// Adds a persistent stream provider over the tables that <see cref="PostgresSchema.MigrateAsync"/> creates.
    /// Events are delivered at least once, in order within a stream.
    /// </summary>
    /// <remarks>
    /// The provider is not rewindable: a subscription receives the events published after it. Subscribing from a token and publishing
    /// with a token are rejected. Explicit subscriptions need a durable grain storage named <c>PubSubStore</c>, such as
    /// <c>AddPostgresGrainStorage("PubSubStore", …)</c>.
    /// </remarks>
    /// <param name="silo">The silo.</param>
    /// <param name="name">The provider's name, the same on all silos of a cluster. Other clusters on the database may use it too
    /// (<see cref="PostgresStreamOptions.Owner"/>).</param>
    /// <param name="configure">Sets options.</param>
    /// <param name="stream">Configures what all persistent streams of Orleans have: pub/sub, the queue balancer, the pulling agent.</param>
    public static ISiloBuilder AddPostgresStreams(
        this ISiloBuilder silo, string name, Action<PostgresStreamOptions>? configure = null,
        Action<ISiloPersistentStreamConfigurator>? stream = null)
    {
        AddProvider(silo.Services, name, configure);
        silo.Services.Configure<StreamPullingAgentOptions>(name, o => o.GetQueueMsgsTimerPeriod = PullingGap);
        silo.Services.AddSingleton<IConfigurationValidator>(s => new Validator(s, name));
        if (!silo.Services.Any(s => s.ServiceKey is Type key && key == typeof(IWakeExtension)))
            silo.AddGrainExtension<IWakeExtension, WakeExtension>();
        return silo.AddPersistentStreams(name, PostgresStreamFactory.Create, configurator => stream?.Invoke(configurator));
    }

    /// <summary>Adds the provider to a client, which publishes into the database directly and consumes through the silos.</summary>
    /// <param name="client">The client.</param>
    /// <param name="name">The provider's name, as on the silos.</param>
    /// <param name="configure">Sets options.</param>
    /// <param name="stream">Configures what all persistent streams of Orleans have.</param>
    public static IClientBuilder AddPostgresStreams(
        this IClientBuilder client, string name, Action<PostgresStreamOptions>? configure = null,
        Action<IClusterClientPersistentStreamConfigurator>? stream = null)
    {
        AddProvider(client.Services, name, configure);
        client.Services.AddSingleton<IConfigurationValidator>(s => new Validator(s, name));
        return client.AddPersistentStreams(name, PostgresStreamFactory.Create, configurator => stream?.Invoke(configurator));
    }

    private static void AddProvider(IServiceCollection services, string name, Action<PostgresStreamOptions>? configure)
    {
        services.Configure<PostgresStreamOptions>(name, o => configure?.Invoke(o));
        services.AddKeyedSingleton(name, (s, _) => new StreamRuntime(s, name));
        services.AddKeyedSingleton<IEventSignal>(name, (s, _) => s.GetRequiredKeyedService<StreamRuntime>(name).Signal);
        services.TryAddSingleton<IEventSignal>(s => s.GetRequiredKeyedService<IEventSignal>(name));
    }

    private sealed class Validator(IServiceProvider services, string name) : IConfigurationValidator
    {
        public void ValidateConfiguration()
        {
            var options = services.GetRequiredService<IOptionsMonitor<PostgresStreamOptions>>().Get(name);
            var problems = options.Problems("").ToList();
            if (options is { DataSource: null, ConnectionString: null } && services.GetService<Npgsql.NpgsqlDataSource>() is null)
                problems.Add($"There is no database; set {nameof(options.DataSource)} or {nameof(options.ConnectionString)}, or add an "
                    + "NpgsqlDataSource to the services.");
            if (problems.Count > 0)
                throw new OrleansConfigurationException($"The options of stream provider {name} are wrong: {string.Join(" ", problems)}");
        }
    }
}
