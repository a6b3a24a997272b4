using System.Text.Json;
using System.Text.Json.Serialization;
using SoonShop.Events;

namespace SoonShop.Auditing;

/// <summary>
/// An action to insert into the audit log in the transaction of the state that it changed. It is committed like the state's events, and the
/// database inserts it into the log instead of a queue (migration 0014). So either both action and entry exist, or neither.
/// </summary>
public sealed record AuditRecorded(
    string Actor, string Action, string Subject, AuditOutcome Outcome, int Count, string? Address, string? UserAgent, string? TraceId,
    JsonElement? Before, JsonElement? After, JsonElement? Details) : IShopEvent
{
    /// <inheritdoc/>
    [JsonIgnore] public string Type => "audit.recorded";

    /// <inheritdoc/>
    [JsonIgnore] public EventStream? Stream => new("audit", Subject);

    /// <summary>Creates the audit entry for an action of the current call.</summary>
    public static AuditRecorded Of(AuditEvent auditEvent)
    {
        var origin = Origin.Current;
        return new AuditRecorded(
            auditEvent.Actor ?? origin.Actor, auditEvent.Action, auditEvent.Subject, auditEvent.Outcome, auditEvent.Count, origin.Address,
            origin.UserAgent, origin.TraceId, AuditEvent.ToJsonElement(auditEvent.Before), AuditEvent.ToJsonElement(auditEvent.After),
            AuditEvent
                .ToJsonElement(auditEvent.Details));
    }
}
