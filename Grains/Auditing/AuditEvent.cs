using System.Text.Json;
using SoonShop.Aggregates;

namespace SoonShop.Auditing;

/// <summary>An action to record in the audit log. Its origin is added later.</summary>
/// <param name="Action">The resource and a verb, such as <c>orders.ship</c>.</param>
/// <param name="Subject">The object of the action.</param>
public sealed record AuditEvent(string Action, string Subject)
{
    /// <summary>Who acted; null for the caller.</summary>
    public string? Actor { get; init; }

    /// <summary>The outcome.</summary>
    public AuditOutcome Outcome { get; init; }

    /// <summary>The number of affected things.</summary>
    public int Count { get; init; } = 1;

    /// <summary>The subject before the action; never a secret or its digest.</summary>
    public object? Before { get; init; }

    /// <summary>The subject after the action.</summary>
    public object? After { get; init; }

    /// <summary>Further details, such as the reason.</summary>
    public object? Details { get; init; }

    /// <summary>Unlike states, audit details are objects with read-only properties that must be written.</summary>
    private static readonly JsonSerializerOptions Json = new(StateJson.Options) { IgnoreReadOnlyProperties = false };

    /// <summary>Converts a part of an action to JSON.</summary>
    public static JsonElement? ToJsonElement(object? value) =>
        value is null ? null : JsonSerializer.SerializeToElement(value, value.GetType(), Json);
}
