using System.Text.Json;
using SoonShop.Aggregates;

namespace SoonShop.Auditing;

/// <summary>Something to note in the audit log. The origin is added to it.</summary>
/// <param name="Action">What: the resource and a verb, such as <c>orders.ship</c>.</param>
/// <param name="Subject">On what.</param>
public sealed record AuditEvent(string Action, string Subject)
{
    /// <summary>Who; null for who sent the call.</summary>
    public string? Actor { get; init; }

    /// <summary>How it went.</summary>
    public AuditOutcome Outcome { get; init; }

    /// <summary>How many things it concerned.</summary>
    public int Count { get; init; } = 1;

    /// <summary>The subject before it; never a secret, nor a digest of one.</summary>
    public object? Before { get; init; }

    /// <summary>The subject after it.</summary>
    public object? After { get; init; }

    /// <summary>More, such as the reason.</summary>
    public object? Details { get; init; }

    /// <summary>Unlike states, what is noted is made for this, and has properties that are only read.</summary>
    private static readonly JsonSerializerOptions Json = new(StateJson.Options) { IgnoreReadOnlyProperties = false };

    /// <summary>A part of an act as JSON.</summary>
    public static JsonElement? ToJsonElement(object? value) => value is null ? null : JsonSerializer.SerializeToElement(value, value.GetType(), Json);
}
