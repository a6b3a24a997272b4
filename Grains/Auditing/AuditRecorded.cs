using System.Text.Json;
using System.Text.Json.Serialization;
using SoonShop.Events;

namespace SoonShop.Auditing;

/// <summary>
/// An act on its way into the audit log, in the same transaction as the state that it changed: it goes with the state's events, and the
/// database puts it into the log instead of a queue (migration 0014). So it is there as soon as the act is, or neither is.
/// </summary>
public sealed record AuditRecorded(
    string Actor, string Action, string Subject, AuditOutcome Outcome, int Count, string? Address, string? UserAgent, string? TraceId,
    JsonElement? Before, JsonElement? After, JsonElement? Details) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "audit.recorded";

    /// <inheritdoc/>
    [JsonIgnore] public EventStream? Stream => new("audit", Subject);

    /// <summary>An act of the call under way.</summary>
    public static AuditRecorded Of(AuditEvent auditEvent)
    {
        var origin = Origin.Current;
        return new AuditRecorded(
            auditEvent.Actor ?? origin.Actor, auditEvent.Action, auditEvent.Subject, auditEvent.Outcome, auditEvent.Count, origin.Address, origin.UserAgent, origin.TraceId,
            AuditEvent.ToJsonElement(auditEvent.Before), AuditEvent.ToJsonElement(auditEvent.After), AuditEvent
                .ToJsonElement(auditEvent.Details));
    }
}
