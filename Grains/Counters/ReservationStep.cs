namespace SoonShop.Counters;

/// <summary>The result of one attempt at a step of a reservation.</summary>
/// <typeparam name="TReservation">The reservation.</typeparam>
internal readonly record struct ReservationStep<TReservation> where TReservation : class, IReservation
{
    private ReservationStep(TReservation? reservation, Error? error, Task? blocker) =>
        (Reservation, Error, Blocker) = (reservation, error, blocker);

    /// <summary>The reservation after the step; null when there was none.</summary>
    public TReservation? Reservation { get; }

    /// <summary>The final refusal.</summary>
    public Error? Error { get; }

    /// <summary>What must complete before the step can be decided: writes or a read.</summary>
    public Task? Blocker { get; }

    /// <summary>The step is decided and part of the next write.</summary>
    public static ReservationStep<TReservation> To(TReservation reservation) => new(reservation, null, null);

    /// <summary>The step cannot be decided yet.</summary>
    public static ReservationStep<TReservation> After(Task blocker) => new(null, null, blocker);

    /// <summary>The step is refused, whatever becomes of the pending writes.</summary>
    public static implicit operator ReservationStep<TReservation>(Error error) => new(null, error, null);
}
