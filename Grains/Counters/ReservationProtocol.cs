namespace SoonShop.Counters;

/// <summary>
/// Reserve, then commit or release: each once per reservation, however often and in whichever order the calls arrive. Answers only after
/// the write that contains the decision. Use it only from one grain's scheduler; calls may interleave at each await.
/// </summary>
/// <typeparam name="TRequest">What is asked for.</typeparam>
/// <typeparam name="TReservation">A reservation.</typeparam>
internal sealed class ReservationProtocol<TRequest, TReservation>(
    IReservationCounter<TRequest, TReservation> counter, ReservationCache<TReservation> reservations)
    where TReservation : class, IReservation
{
    /// <summary>The most writes or reads of other calls that a decision waits for.</summary>
    public const int MaxWaits = 20;

    private static Error Ended { get; } = new(ErrorCode.Conflict, "The reservation was released, or never made.");

    /// <summary>
    /// Reserves. Idempotent by reservation. A call that may be a repetition reads the ledger first. Errors: those of the counter;
    /// <c>conflict</c> for a released reservation.
    /// </summary>
    /// <exception cref="UnavailableException">The decision had to wait too often, or the write failed.</exception>
    public async Task<Result<Done>> ReserveAsync(ReservationId id, TRequest request, bool repeated)
    {
        var read = repeated ? await ReadAsync(id) : null;
        for (var waits = 0; ; waits++)
        {
            if (Newest(id, read) is { } known)
            {
                await known.Written;
                return known.IsReleased ? Ended : default(Done);
            }
            var step = counter.Reserve(id, request);
            if (step.Reservation is { } reserved)
            {
                await Remember(id, reserved).Written;
                return default(Done);
            }
            if (step.Error is { } error)
                return error;
            await WaitAsync(step, waits);
        }
    }

    /// <summary>Commits a reservation. Idempotent. Error: <c>conflict</c> when it was released or never made.</summary>
    public async Task<Result<Done>> CommitAsync(ReservationId id)
    {
        var known = Newest(id, await ReadAsync(id));
        if (known is null or { IsReleased: true, IsCommitted: false })
            return Ended;
        if (!known.IsCommitted)
            known = Remember(id, counter.Commit(id, known));
        await known.Written;
        return default(Done);
    }

    /// <summary>
    /// Gives back what a reservation holds or has taken. A reservation that never arrived is refused if it arrives later. Idempotent.
    /// </summary>
    public async Task ReleaseAsync(ReservationId id)
    {
        var read = await ReadAsync(id);
        for (var waits = 0; ; waits++)
        {
            // The reservation may still be on its way. Recording its operations prevents it from being made later.
            var known = Newest(id, read) ?? Remember(id, counter.ReserveNothing(id));
            var step = counter.Release(id, known);
            if (step.Reservation is { } released)
            {
                if (released != known)
                    Remember(id, released);
                await Task.WhenAll(known.Written, released.Written);
                return;
            }
            await WaitAsync(step, waits);
        }
    }

    /// <summary>Returns a reservation; null when there is none. If this activation does not know it, the ledger does.</summary>
    public async Task<TReservation?> FindAsync(ReservationId id) => Newest(id, await ReadAsync(id));

    private ValueTask<TReservation?> ReadAsync(ReservationId id) =>
        reservations.Find(id) is { } known ? new(known) : new(counter.ReadAsync(id));

    /// <summary>Another call may have decided the same reservation since it was read.</summary>
    private TReservation? Newest(ReservationId id, TReservation? read) => reservations.Find(id) ?? read;

    private TReservation Remember(ReservationId id, TReservation reservation)
    {
        reservations.Set(id, reservation);
        return reservation;
    }

    private Task WaitAsync(ReservationStep<TReservation> step, int waits) =>
        waits < MaxWaits ? step.Blocker! : throw new UnavailableException(counter.InDemand);
}
