using Microsoft.Extensions.Options;
using SoonShop.Notifications;

namespace SoonShop.Silo.Notifications;

/// <summary>
/// Collects attempts to post events until they are written, at most <see cref="MaxAttempts"/>. Attempts must not wait for the database,
/// because their log is not worth a delayed event.
/// </summary>
internal sealed class WebhookAttempts(IOptions<NotificationsOptions> options)
{
    /// <summary>The most attempts between two writes; further ones are dropped.</summary>
    public const int MaxAttempts = 5000;

    /// <summary>The most characters of an error and of an answer.</summary>
    private const int MaxText = 500;

    private readonly Lock gate = new();
    private List<WebhookAttempt> collected = [];
    private int dropped;

    /// <summary>Adds an attempt.</summary>
    public void Add(WebhookAttempt attempt)
    {
        if (options.Value.Webhooks.LogRetentionDays == 0)
            return;
        var clean = attempt with { Error = Clean(attempt.Error), Response = Clean(attempt.Response) };
        lock (gate)
        {
            if (collected.Count < MaxAttempts)
                collected.Add(clean);
            else
                dropped++;
        }
    }

    /// <summary>Returns what was collected and how many attempts were dropped, and begins anew.</summary>
    public (IReadOnlyList<WebhookAttempt> Attempts, int Dropped) Take()
    {
        lock (gate)
        {
            var taken = (collected, dropped);
            (collected, dropped) = ([], 0);
            return taken;
        }
    }

    /// <summary>Puts attempts back that could not be written, as far as there is room.</summary>
    public void Restore(IReadOnlyList<WebhookAttempt> attempts)
    {
        lock (gate)
        {
            var kept = attempts.Take(MaxAttempts - collected.Count).ToList();
            dropped += attempts.Count - kept.Count;
            collected = [.. kept, .. collected];
        }
    }

    /// <summary>Returns a text on one line, without what PostgreSQL or a terminal cannot show; null for an empty one.</summary>
    private static string? Clean(string? text)
    {
        if (text is null)
            return null;
        var line = string.Create(Math.Min(text.Length, MaxText), text, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) ? ' ' : source[i];
        }).Trim();
        return line.Length == 0 ? null : line;
    }
}

/// <summary>An attempt to post an event, before it has a number.</summary>
/// <param name="EndpointId">The endpoint.</param>
/// <param name="EventId">The event.</param>
/// <param name="EventType">Its type.</param>
/// <param name="At">When the attempt ended.</param>
/// <param name="Attempt">Its number for this event, from 1.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="Status">The HTTP status; null without an answer.</param>
/// <param name="Error">Why it failed; null when it succeeded.</param>
/// <param name="Response">The beginning of an answer that was not 2xx.</param>
internal sealed record WebhookAttempt(
    Guid EndpointId, string EventId, string EventType, DateTimeOffset At, int Attempt, int DurationMs, int? Status, string? Error,
    string? Response);
