namespace SoonShop.Inventory;

/// <summary>The stage of a reservation.</summary>
internal enum ReservationStage
{
    Unknown,
    Reserved,
    Sold,
    Released,
    Returned,
}

/// <summary>A reservation as decided. <paramref name="Written"/> completes when the ledger contains it.</summary>
internal sealed record Reservation(int Units, ReservationStage Stage, Task Written)
{
    /// <summary>The units returned after the sale.</summary>
    public int Returned { get; init; }

    /// <summary>The number of movements that returned them.</summary>
    public int Returns { get; init; }
}

/// <summary>
/// A bounded cache of the reservations that this activation knows. Forgotten and older ones are found in the ledger by the ids of their
/// operations.
/// </summary>
internal sealed class Reservations
{
    private const int Capacity = 20_000;

    /// <summary>Ended reservations are asked for again only by a request that is repeated within seconds.</summary>
    private const int EndedCapacity = 200;

    private const int ReturnsAtATime = 10;
    private readonly Dictionary<Guid, Reservation> known = [];
    private readonly Queue<Guid> byAge = new();
    private readonly Queue<Guid> ended = new();

    /// <summary>Reservations in memory.</summary>
    public int Count => known.Count;

    public Reservation? Find(Guid id) => known.GetValueOrDefault(id);

    public void Set(Guid id, Reservation reservation)
    {
        if (!known.ContainsKey(id))
            byAge.Enqueue(id);
        known[id] = reservation;
        if (reservation.Stage != ReservationStage.Reserved)
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
    private void Forget(Queue<Guid> queue)
    {
        var id = queue.Dequeue();
        if (!known.TryGetValue(id, out var reservation))
            return;
        if (reservation.Written.IsCompleted)
            known.Remove(id);
        else
            queue.Enqueue(id);
    }

    public static string ReserveOperation(Guid id) => $"{id:N}/reserve";

    /// <summary>Sale and release share an operation id, so that a reservation ends only once and in one way.</summary>
    public static string SettleOperation(Guid id) => $"{id:N}/settle";

    /// <summary>Returns the operation id of a return: of the first, the second …</summary>
    public static string ReturnOperation(Guid id, int number = 1) => number == 1 ? $"{id:N}/return" : $"{id:N}/return/{number}";

    /// <summary>Returns the operation ids that may follow this many returns, as many as one query reads.</summary>
    public static string[] NextReturnOperations(Guid id, int returns) =>
        [.. Enumerable.Range(returns + 1, ReturnsAtATime).Select(number => ReturnOperation(id, number))];

    /// <summary>Derives the stage of a reservation from the ledger's rows.</summary>
    public static Reservation FromLedger(IEnumerable<RecordedMovement> rows)
    {
        var (units, returned, returns) = (0, 0, 0);
        var stage = ReservationStage.Unknown;
        foreach (var row in rows)
        {
            if (row.Kind == StockMovementKind.Reservation)
                units = row.Delta;
            if (row.Kind == StockMovementKind.Return)
                (returned, returns) = (returned + row.Delta, returns + 1);
            stage = (ReservationStage)Math.Max((int)stage, (int)(row.Kind switch
            {
                StockMovementKind.Reservation => ReservationStage.Reserved,
                StockMovementKind.Sale => ReservationStage.Sold,
                StockMovementKind.Release => ReservationStage.Released,
                _ => ReservationStage.Returned,
            }));
        }
        return new Reservation(units, stage, Task.CompletedTask) { Returned = returned, Returns = returns };
    }
}
