using Microsoft.Extensions.DependencyInjection;

namespace SoonShop.Silo.RabbitMq;

/// <summary>Hosting of the exchange of events with other systems through RabbitMQ.</summary>
internal static class RabbitMqHosting
{
    /// <summary>Adds the publisher and the inbox, if a broker is configured.</summary>
    public static IServiceCollection AddRabbitMq(this IServiceCollection services, RabbitMqOptions options) =>
        options.IsOn ? services.AddBroker(options) : services;

    private static IServiceCollection AddBroker(this IServiceCollection services, RabbitMqOptions options) => services
        .AddSingleton(options)
        .AddSingleton<RabbitMqMetrics>()
        .AddSingleton<PublisherCursor>()
        .AddSingleton<EventSelection>()
        .AddSingleton<OutgoingMessages>()
        .AddSingleton<IncomingMessages>()
        .AddHostedService<RabbitMqMonitor>()
        .AddHostedService<RabbitMqPublisher>()
        .AddHostedService<RabbitMqInbox>();
}
