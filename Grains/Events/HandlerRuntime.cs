using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace SoonShop.Events;

/// <summary>What all event handlers of a silo share.</summary>
internal sealed class HandlerRuntime(
    EventTypes types, EventHandlers handlers, ErrorClassifier classifier, RetryPolicies policies, IDeliveryStore deliveries,
    IOptions<EventsOptions> options, TimeProvider time, ILocalSiloDetails silo, ILogger<HandlerRuntime> log)
{
    /// <summary>The longest error message that is kept.</summary>
    private const int MaxMessage = 2000;

    /// <summary>The longest stack that is kept.</summary>
    private const int MaxStack = 8000;

    public EventTypes Types => types;

    public EventHandlers Handlers => handlers;

    public RetryPolicies Policies => policies;

    public IDeliveryStore Deliveries => deliveries;

    public TimeProvider Time => time;

    public ILogger Log => log;

    public TimeSpan AttemptLimit { get; } = TimeSpan.FromSeconds(options.Value.AttemptSeconds);

    /// <summary>An error as it is kept.</summary>
    public AttemptError Describe(Exception e) => new(
        classifier.Classify(e), e.GetType().FullName ?? e.GetType().Name, Cut(e.Message, MaxMessage), Cut(e.ToString(), MaxStack), silo.SiloAddress.ToString());

    /// <summary>PostgreSQL stores neither U+0000 nor half a character.</summary>
    private static string Cut(string text, int length)
    {
        if (text.Length > length)
            text = string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[length - 1]) ? length - 1 : length), "…");
        return text.Replace('\0', '\uFFFD');
    }
}
