namespace SoonShop.Counters;

/// <summary>
/// Counters of which parts can be reserved: units of stock, uses of a promotion. <see cref="ReservationProtocol{TRequest,TReservation}"/>
/// calls each step without an await between the look for the reservation and the step. A step decides on the pending state and adds the
/// decision to the next write.
/// </summary>
/// <typeparam name="TRequest">What is asked for.</typeparam>
/// <typeparam name="TReservation">A reservation.</typeparam>
internal interface IReservationCounter<TRequest, TReservation> where TReservation : class, IReservation
{
    /// <summary>Reads a reservation from the ledger. Null when no operation of it was written.</summary>
    Task<TReservation?> ReadAsync(ReservationId id);

    /// <summary>
    /// Reserves. A refusal must be final: while it depends on reservations that may never be committed, the step waits for the writes.
    /// </summary>
    ReservationStep<TReservation> Reserve(ReservationId id, TRequest request);

    /// <summary>Records a reservation of nothing.</summary>
    TReservation ReserveNothing(ReservationId id);

    /// <summary>Commits a reserved reservation.</summary>
    TReservation Commit(ReservationId id, TReservation reservation);

    /// <summary>
    /// Gives back what is left of a reserved or committed reservation. Returns the same reservation when nothing is left. Never refuses.
    /// </summary>
    ReservationStep<TReservation> Release(ReservationId id, TReservation reservation);

    /// <summary>What callers learn when a step had to wait too often.</summary>
    ErrorText InDemand { get; }
}
