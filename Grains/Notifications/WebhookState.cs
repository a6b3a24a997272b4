using System.Security.Cryptography;
using SoonShop.Aggregates;

namespace SoonShop.Notifications;

/// <summary>The rules of a webhook endpoint.</summary>
public sealed record WebhookState
{
    /// <summary>The most endpoints of the shop.</summary>
    public const int MaxEndpoints = 20;

    /// <summary>The most sent events that this grain remembers.</summary>
    public const int MaxRemembered = 100;

    /// <summary>The id.</summary>
    public required Guid Id { get; init; }
    /// <summary>The URL that events are posted to.</summary>
    public required string Url { get; init; }
    /// <summary>The event types that it wants.</summary>
    public required ImmutableArray<string> EventTypes { get; init; }
    /// <summary>The secret that signs the posts. It is stored in plain text, because each post gets a new signature.</summary>
    public required string Secret { get; init; }
    /// <summary>When it was created.</summary>
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>True once it was removed.</summary>
    public bool Deleted { get; init; }
    /// <summary>When it was disabled after failures; null while enabled.</summary>
    public DateTimeOffset? DisabledAt { get; init; }
    /// <summary>The failed posts since the last successful one.</summary>
    public int Failures { get; init; }
    /// <summary>When the first of these posts failed.</summary>
    public DateTimeOffset? FailingSince { get; init; }
    /// <summary>The error of the last failed post.</summary>
    public string? LastError { get; init; }
    /// <summary>The ids of events and requests whose posts were scheduled, newest first.</summary>
    public ImmutableArray<string> Sent { get; init; } = [];

    /// <summary>Creates an endpoint.</summary>
    public static Decision<WebhookState> Create(
        Guid id, string url, ImmutableArray<string> eventTypes, ErrorText? problemWithUrl, DateTimeOffset now)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        if (problemWithUrl is not null)
            errors["url"] = [problemWithUrl];
        string[] unknown = [.. eventTypes.Where(t => t is null || !WebhookEvents.All.Any(e => Matches(t, e)))];
        if (eventTypes.Length == 0 || unknown.Length > 0)
            errors["eventTypes"] = [ErrorText.Of(
                "field.event-types",
                $"must be one or more of {string.Join(", ", WebhookEvents.All)}, or a prefix with *, such as order.*")];
        return errors.Count > 0 ? Error.Invalid(errors) : Decision<WebhookState>.To(new WebhookState
        {
            Id = id,
            Url = url,
            EventTypes = eventTypes,
            Secret = $"whsec_{Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}",
            CreatedAt = now,
        });
    }

    /// <summary>Enables the endpoint again.</summary>
    public Decision<WebhookState> Enable() => DisabledAt is null
        ? Decision<WebhookState>.NoChange(this)
        : Decision<WebhookState>.To(this with { DisabledAt = null, Failures = 0, FailingSince = null, LastError = null });

    /// <summary>
    /// Records a failed post. The endpoint is disabled after enough failures in a row, but only when they span some time, so that a
    /// receiver's restart under load is no reason.
    /// </summary>
    public Decision<WebhookState> Fail(string reason, WebhookOptions options, DateTimeOffset now)
    {
        if (DisabledAt is not null || Deleted)
            return Decision<WebhookState>.NoChange(this);
        var since = FailingSince ?? now;
        var next = this with { Failures = Failures + 1, FailingSince = since, LastError = reason };
        var spent = next.Failures >= options.DisableAfterFailures && now - since >= TimeSpan.FromMinutes(options.DisableAfterMinutes);
        return Decision<WebhookState>.To(spent ? next with { DisabledAt = now } : next);
    }

    /// <summary>Remembers that a post was scheduled.</summary>
    public WebhookState With(string sent) => this with { Sent = [sent, .. Sent.Take(MaxRemembered - 1)] };

    /// <summary>Records a successful post.</summary>
    public Decision<WebhookState> Succeed() => Failures == 0
        ? Decision<WebhookState>.NoChange(this)
        : Decision<WebhookState>.To(this with { Failures = 0, FailingSince = null, LastError = null });

    /// <summary>Returns the endpoint as administrators see it.</summary>
    public WebhookEndpoint ToView() => new(Id, Url, EventTypes, DisabledAt is null, CreatedAt, Failures, LastError, DisabledAt);

    private static bool Matches(string pattern, string eventType) =>
        new WebhookEndpoint(default, "", [pattern], true, default, 0, null, null).Wants(eventType);
}

/// <summary>The fields by which SQL finds webhook endpoints.</summary>
public sealed record WebhookIndex(string CreatedAt);
