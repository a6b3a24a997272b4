namespace SoonShop.Events;

/// <summary>An attempt that is under way, as the code that it runs sees it, on whatever task that is.</summary>
internal sealed class Attempt(object handler, string eventId, CancellationToken cancellation)
{
    private static readonly AsyncLocal<Attempt?> Running = new();

    /// <summary>The event.</summary>
    public string EventId => eventId;

    /// <summary>True once a commit has said that the event is handled.</summary>
    public bool Handled { get; set; }

    /// <summary>The attempt of this handler that the calling code belongs to; null outside of attempts.</summary>
    public static Attempt? Of(object handler) => Running.Value is { } attempt && attempt.IsOf(handler) ? attempt : null;

    /// <summary>Makes this the attempt of what the calling method starts from here on.</summary>
    public void Enter() => Running.Value = this;

    /// <summary>Throws when the attempt was cut off: what is left of it must not change anything any more.</summary>
    public void ThrowIfOver() => cancellation.ThrowIfCancellationRequested();

    private bool IsOf(object other) => ReferenceEquals(handler, other);
}
