namespace SoonShop.Counters;

/// <summary>
/// A bounded cache of the reservations that this activation knows. Forgotten and older ones are found in the ledger by the ids of their
/// operations.
/// </summary>
internal class ReservationCache<TReservation> where TReservation : class, IReservation
{
    /// <summary>
    /// Enough for the checkouts that are under way. Orders keep their units reserved for days, and the ledger has these reservations.
    /// </summary>
    private const int Capacity = 2_000;

    /// <summary>Ended reservations are asked for again only by a request that is repeated within seconds.</summary>
    private const int EndedCapacity = 200;

    private readonly Dictionary<ReservationId, TReservation> known = [];
    private readonly Queue<ReservationId> byAge = new();
    private readonly Queue<ReservationId> ended = new();

    /// <summary>Reservations in memory.</summary>
    public int Count => known.Count;

    public TReservation? Find(ReservationId id) => known.GetValueOrDefault(id);

    public void Set(ReservationId id, TReservation reservation)
    {
        if (!known.ContainsKey(id))
            byAge.Enqueue(id);
        known[id] = reservation;
        if (reservation.IsCommitted || reservation.IsReleased)
            ended.Enqueue(id);
        if (ended.Count > EndedCapacity)
            Forget(ended);
        if (byAge.Count > Capacity)
            MakeRoom();
    }

    /// <summary>Removes the ids of forgotten reservations, or, if most are known, forgets the oldest.</summary>
    private void MakeRoom()
    {
        if (known.Count > Capacity / 2)
        {
            Forget(byAge);
            return;
        }
        for (var left = byAge.Count; left > 0; left--)
        {
            var id = byAge.Dequeue();
            if (known.ContainsKey(id))
                byAge.Enqueue(id);
        }
    }

    /// <summary>Forgets the first reservation of a queue, which the ledger contains. One that is still being written stays.</summary>
    private void Forget(Queue<ReservationId> queue)
    {
        var id = queue.Dequeue();
        if (!known.TryGetValue(id, out var reservation))
            return;
        if (reservation.Written.IsCompleted)
            known.Remove(id);
        else
            queue.Enqueue(id);
    }

    public static string ReserveOperation(ReservationId id) => $"{id}/reserve";

    /// <summary>
    /// Returns the operation id of a commit or release: of the first, the second … They share their ids, so that nothing is committed and
    /// released.
    /// </summary>
    public static string SettleOperation(ReservationId id, int number = 1) => number == 1 ? $"{id}/settle" : $"{id}/settle/{number}";

    /// <summary>Returns the operation id of a return after the commit: of the first, the second …</summary>
    public static string ReturnOperation(ReservationId id, int number = 1) => number == 1 ? $"{id}/return" : $"{id}/return/{number}";
}
