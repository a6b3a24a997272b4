using Microsoft.Extensions.DependencyInjection;
using SoonShop.Aggregates;

namespace SoonShop.Events;

/// <summary>Registers event handlers.</summary>
public static class EventHandlerExtensions
{
    /// <summary>
    /// Adds the services of event handlers, except for an <see cref="IRetryStore"/>, an <see cref="IErrorStore"/> and
    /// <see cref="EventsOptions"/>. To add rules of your own, register <see cref="ErrorRule"/>s and <see cref="RetryRule"/>s.
    /// </summary>
    public static IServiceCollection AddEventHandlers(this IServiceCollection services) => services
        .AddSingleton(_ => new EventTypes(EventTypes.Assemblies()))
        .AddSingleton(s => new EventHandlers(EventTypes.Assemblies(), s.GetRequiredService<EventTypes>()))
        .AddSingleton<ErrorClassifier>()
        .AddSingleton(s => new RetryPolicies(s.GetServices<RetryRule>().Concat(
            s.GetRequiredService<EventHandlers>().All.SelectMany(h => h.RetryRules(s.GetRequiredService<EventTypes>())))))
        .AddSingleton<ErrorLog>()
        .AddSingleton<EventMetrics>()
        .AddSingleton<BusinessMetrics>()
        .AddSingleton<HandlerRuntime>()
        .AddSingleton<HandlerCalls>()
        .AddSingleton<EventLanes>()
        .AddSingleton<IAttributeToFactoryMapper<LazyStateAttribute>, LazyStateMapper>();
}
