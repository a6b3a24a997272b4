using System.Text.Json.Serialization;

namespace SoonShop.Auditing;

/// <summary>An action of an administrator, a machine client or a customer that must be traceable.</summary>
/// <param name="Id">The id, which increases with time.</param>
/// <param name="At">The time.</param>
/// <param name="Actor">Who acted: the id of an account, <c>api-key/&lt;id&gt;</c>, <c>anonymous</c> or <c>system</c>.</param>
/// <param name="Action">The resource and a verb, such as <c>orders.ship</c>.</param>
/// <param name="Subject">The object of the action: an id, a SKU, or a filter as text.</param>
/// <param name="Outcome">The outcome.</param>
/// <param name="Count">The number of affected things, or of attempts.</param>
[GenerateSerializer, Immutable, Alias("soonshop.audit-entry")]
public sealed record AuditEntry(long Id, DateTimeOffset At, string Actor, string Action, string Subject, AuditOutcome Outcome, int Count)
{
    /// <summary>The IP address of the request.</summary>
    [Id(0)] public string? Address { get; init; }

    /// <summary>The client's User-Agent.</summary>
    [Id(1)] public string? UserAgent { get; init; }

    /// <summary>The trace id of the request, as in problems and logs.</summary>
    [Id(2)] public string? TraceId { get; init; }

    /// <summary>The subject before the action, as JSON; never a secret or its digest.</summary>
    [Id(3), JsonConverter(typeof(RawJsonConverter))] public string? Before { get; init; }

    /// <summary>The subject after the action, as JSON.</summary>
    [Id(4), JsonConverter(typeof(RawJsonConverter))] public string? After { get; init; }

    /// <summary>Further details as JSON, such as the reason.</summary>
    [Id(5), JsonConverter(typeof(RawJsonConverter))] public string? Details { get; init; }
}

/// <summary>The outcome of an action.</summary>
[GenerateSerializer, Alias("soonshop.audit-outcome")]
public enum AuditOutcome
{
    /// <summary>The action was completed.</summary>
    Success,

    /// <summary>The action was attempted and failed, such as a login with a wrong password.</summary>
    Failure,

    /// <summary>The action was refused because of missing rights or too many attempts.</summary>
    Denied,
}

/// <summary>A filter for entries; null matches everything.</summary>
/// <param name="Actor">Entries of this actor.</param>
/// <param name="Action">Entries with this action. With a final <c>*</c>, with this prefix, such as <c>orders.*</c>.</param>
/// <param name="Subject">Entries with this subject.</param>
/// <param name="Outcome">Entries with this outcome.</param>
/// <param name="From">Entries at or after this time.</param>
/// <param name="To">Entries before this time.</param>
[GenerateSerializer, Immutable, Alias("soonshop.audit-filter")]
public sealed record AuditFilter(
    string? Actor = null, string? Action = null, string? Subject = null, AuditOutcome? Outcome = null, DateTimeOffset? From = null,
    DateTimeOffset? To = null);

/// <summary>Names of actors in the audit log. The name of a user is the plain user id.</summary>
public static class Actors
{
    /// <summary>An unknown actor: a guest, or somebody who tries to sign in.</summary>
    public const string Anonymous = "anonymous";

    /// <summary>The shop itself: a schedule, an event handler, the configuration.</summary>
    public const string System = "system";

    /// <summary>Returns the name of a machine client.</summary>
    public static string ApiKey(Guid id) => $"api-key/{id}";

    /// <summary>Returns the name of a user.</summary>
    public static string User(Guid id) => id.ToString();
}
