using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SoonShop.Events;

/// <summary>The services that all event handlers of a silo share.</summary>
internal sealed class HandlerRuntime(
    EventTypes types, EventHandlers handlers, ErrorClassifier classifier, RetryPolicies policies, IRetryStore deliveries,
    ErrorLog failures, EventMetrics metrics, IOptions<EventsOptions> options, TimeProvider time, ILocalSiloDetails silo,
    ILogger<HandlerRuntime> log)
{
    public EventTypes Types => types;

    public EventHandlers Handlers => handlers;

    public RetryPolicies Policies => policies;

    public IRetryStore Deliveries => deliveries;

    public ErrorLog Failures => failures;

    public EventMetrics Metrics => metrics;

    public TimeProvider Time => time;

    public ILogger Log => log;

    /// <summary>The time limit of one attempt. Only tests change it.</summary>
    public TimeSpan AttemptLimit { get; set; } = TimeSpan.FromSeconds(options.Value.AttemptSeconds);

    /// <summary>Converts an exception to its stored form.</summary>
    public AttemptError Describe(Exception e) => AttemptError.Of(e, classifier.Classify(e), silo.SiloAddress.ToString());
}
