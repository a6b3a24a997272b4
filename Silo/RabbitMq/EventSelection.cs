using System.Collections.Frozen;
using SoonShop.Events;
using SoonShop.Notifications;

namespace SoonShop.Silo.RabbitMq;

/// <summary>Which events are published.</summary>
internal sealed class EventSelection
{
    private readonly ImmutableArray<string> patterns;
    private readonly EventTypes types;
    private readonly FrozenSet<string> selected;

    public EventSelection(RabbitMqOptions options, EventTypes types)
    {
        this.types = types;
        patterns = options.EventTypes.Count > 0 ? [.. options.EventTypes] : [.. WebhookEvents.All, "product.*"];
        selected = types.All.Where(t => patterns.Contains(t.Key) || (!IsIncoming(t.Value) && patterns.Any(p => Matches(p, t.Key))))
            .Select(t => t.Key).ToFrozenSet();
    }

    /// <summary>
    /// True for a type that is to be published. What other systems sent is only published when its type is named in full.
    /// </summary>
    public bool Includes(string eventType) => selected.Contains(eventType);

    /// <summary>
    /// True for a type that this version does not know and that would be published by one that does. This version cannot tell which of its
    /// members are personal.
    /// </summary>
    public bool IsNewer(string eventType) => !types.Knows(eventType) && patterns.Any(p => Matches(p, eventType));

    private static bool IsIncoming(Type type) => type.IsAssignableTo(typeof(IIncomingEvent));

    /// <summary>True when a type is the pattern, or begins with what stands before the pattern's final <c>*</c>.</summary>
    public static bool Matches(string pattern, string eventType) =>
        pattern.EndsWith('*') ? eventType.StartsWith(pattern[..^1], StringComparison.Ordinal) : pattern == eventType;
}
