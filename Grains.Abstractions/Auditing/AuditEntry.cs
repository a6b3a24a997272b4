using System.Text.Json.Serialization;

namespace SoonShop.Auditing;

/// <summary>Something that an administrator, a machine or a customer did, and that somebody may have to answer for.</summary>
/// <param name="Id">Rises with time.</param>
/// <param name="At">When.</param>
/// <param name="Actor">Who: see <see cref="Actors"/>.</param>
/// <param name="Action">What: the resource and a verb, such as <c>orders.ship</c>.</param>
/// <param name="Subject">On what: an id, a SKU, or a filter in words.</param>
/// <param name="Outcome">How it went.</param>
/// <param name="Count">How many things, or attempts, it concerned.</param>
[GenerateSerializer, Immutable, Alias("soonshop.audit-entry")]
public sealed record AuditEntry(long Id, DateTimeOffset At, string Actor, string Action, string Subject, AuditOutcome Outcome, int Count)
{
    /// <summary>The IP address that it came from.</summary>
    [Id(0)] public string? Address { get; init; }

    /// <summary>What the client called itself.</summary>
    [Id(1)] public string? UserAgent { get; init; }

    /// <summary>The trace of the request; problems and logs carry the same.</summary>
    [Id(2)] public string? TraceId { get; init; }

    /// <summary>The subject before it, as JSON; never a secret or a digest of one.</summary>
    [Id(3), JsonConverter(typeof(RawJsonConverter))] public string? Before { get; init; }

    /// <summary>The subject after it, as JSON.</summary>
    [Id(4), JsonConverter(typeof(RawJsonConverter))] public string? After { get; init; }

    /// <summary>More, as JSON, such as the reason.</summary>
    [Id(5), JsonConverter(typeof(RawJsonConverter))] public string? Details { get; init; }
}

/// <summary>How an act went.</summary>
[GenerateSerializer, Alias("soonshop.audit-outcome")]
public enum AuditOutcome
{
    /// <summary>It was done.</summary>
    Success,

    /// <summary>It was tried and did not succeed, such as a login with a wrong password.</summary>
    Failure,

    /// <summary>It was refused for want of rights, or because of too many attempts.</summary>
    Denied,
}

/// <summary>Which entries; null asks for nothing in particular.</summary>
/// <param name="Actor">By whom.</param>
/// <param name="Action">What, or with <c>*</c> at its end all that begins so, such as <c>orders.*</c>.</param>
/// <param name="Subject">On what.</param>
/// <param name="Outcome">How it went.</param>
/// <param name="From">Not before.</param>
/// <param name="To">Before.</param>
[GenerateSerializer, Immutable, Alias("soonshop.audit-filter")]
public sealed record AuditFilter(
    string? Actor = null, string? Action = null, string? Subject = null, AuditOutcome? Outcome = null, DateTimeOffset? From = null, DateTimeOffset? To = null);

/// <summary>How the audit log names who did something. A user is named by the plain user id.</summary>
public static class Actors
{
    /// <summary>Nobody who is known: a guest, or somebody who tries to sign in.</summary>
    public const string Anonymous = "anonymous";

    /// <summary>The shop itself: a schedule, an event handler, the configuration.</summary>
    public const string System = "system";

    /// <summary>A machine client.</summary>
    public static string ApiKey(Guid id) => $"api-key/{id}";

    /// <summary>A user.</summary>
    public static string User(Guid id) => id.ToString();
}
