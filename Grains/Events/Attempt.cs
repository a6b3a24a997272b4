namespace SoonShop.Events;

/// <summary>A running attempt, as seen by the code that it runs, on any task.</summary>
internal sealed class Attempt(object handler, string eventId, CancellationToken cancellation)
{
    private static readonly AsyncLocal<Attempt?> Running = new();

    /// <summary>The event's id.</summary>
    public string EventId => eventId;

    /// <summary>True once a commit has recorded the event as processed.</summary>
    public bool Handled { get; set; }

    /// <summary>Returns the attempt of this handler that the calling code belongs to; null outside of attempts.</summary>
    public static Attempt? Of(object handler) => Running.Value is { } attempt && attempt.IsOf(handler) ? attempt : null;

    /// <summary>Makes this the current attempt of everything that the calling method starts from here on.</summary>
    public void Enter() => Running.Value = this;

    /// <summary>Throws when the attempt has timed out: the rest of its code must not change anything.</summary>
    public void ThrowIfOver() => cancellation.ThrowIfCancellationRequested();

    private bool IsOf(object other) => ReferenceEquals(handler, other);
}
