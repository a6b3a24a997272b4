namespace SoonShop.StripeTesting;

/// <summary>One event on its way to one target.</summary>
public sealed class WebhookDelivery
{
    private readonly Lock sync = new();
    private readonly List<WebhookAttempt> attempts = [];

    internal WebhookDelivery(string eventId, string type, string? objectId, string url) =>
        (EventId, Type, ObjectId, Url) = (eventId, type, objectId, url);

    /// <summary>The event.</summary>
    public string EventId { get; }

    /// <summary>What happened.</summary>
    public string Type { get; }

    /// <summary>To which object.</summary>
    public string? ObjectId { get; }

    /// <summary>The target.</summary>
    public string Url { get; }

    /// <summary>The posts, in order.</summary>
    public IReadOnlyList<WebhookAttempt> Attempts
    {
        get
        {
            lock (sync)
                return [.. attempts];
        }
    }

    /// <summary>True once the target took it.</summary>
    public bool Delivered { get; private set; }

    /// <summary>True once it will not be posted again without having been taken.</summary>
    public bool GivenUp { get; internal set; }

    internal void Note(WebhookAttempt attempt)
    {
        lock (sync)
            attempts.Add(attempt);
        Delivered |= attempt.Status is >= 200 and < 300;
    }
}

/// <summary>One post.</summary>
/// <param name="At">When it was answered.</param>
/// <param name="Status">The HTTP status; null when there was no answer.</param>
/// <param name="Error">Why there was none.</param>
public sealed record WebhookAttempt(DateTimeOffset At, int? Status, string? Error);
