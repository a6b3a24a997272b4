using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SoonShop.Events;
using SoonShop.Orleans.PostgreSql.Streams;
using StackExchange.Redis;

namespace SoonShop.Silo.Events;

/// <summary>Registers the storage and administration of events.</summary>
internal static class EventsExtensions
{
    /// <summary>Adds the event handlers with their retries, dead letters, error log and metrics.</summary>
    public static IServiceCollection AddShopEvents(this IServiceCollection services, EventsOptions options)
    {
        services.AddEventHandlers().AddSingleton(Options.Create(options));
        foreach (var rule in options.ToErrorRules().Concat(DatabaseErrors.Rules))
            services.AddSingleton(rule);
        foreach (var rule in options.ToRetryRules())
            services.AddSingleton(rule);
        services.AddSingleton<RetrySignal>()
            .AddSingleton<RetryStore>()
            .AddSingleton<IRetryStore>(s => s.GetRequiredService<RetryStore>())
            .AddKeyedSingleton<IUndeliveredEvents, UndeliveredEvents>(ShopStreams.Provider)
            .AddSingleton<IEventInbox, EventInbox>()
            .AddSingleton<IDeadLetters, DeadLetters>()
            .AddSingleton<EventMetricsStore>()
            .AddSingleton<IEventMetricsStore>(s => s.GetRequiredService<EventMetricsStore>());
        return options.FailureRecord switch
        {
            ErrorStoreKind.Redis =>
                services.AddSingleton<IConnectionMultiplexer>(_ => Connect(options.Redis!)).AddSingleton<IErrorStore, RedisErrorStore>(),
            ErrorStoreKind.Memory => services.AddSingleton<IErrorStore, MemoryErrorStore>(),
            _ => services.AddSingleton<IErrorStore, PostgresErrorStore>(),
        };
    }

    /// <summary>Adds the background services.</summary>
    public static IServiceCollection AddShopEventServices(this IServiceCollection services) =>
        services.AddHostedService<RetryScheduler>().AddHostedService<EventMetricsWriter>().AddHostedService<EventsHousekeeping>();

    /// <summary>
    /// Connects without waiting: an unreachable Redis does not prevent the silo's start. Until it is reachable, failures are only logged.
    /// </summary>
    private static ConnectionMultiplexer Connect(string connection)
    {
        var configuration = ConfigurationOptions.Parse(connection);
        configuration.AbortOnConnectFail = false;
        return ConnectionMultiplexer.Connect(configuration);
    }
}
