namespace SoonShop.Inventory;

/// <summary>How far a reservation is.</summary>
internal enum ReservationStage
{
    Unknown,
    Reserved,
    Sold,
    Released,
    Returned,
}

/// <summary>A reservation as far as it is decided; <paramref name="Written"/> ends when the ledger holds it.</summary>
internal sealed record Reservation(int Units, ReservationStage Stage, Task Written)
{
    /// <summary>Units that came back after the sale.</summary>
    public int Returned { get; init; }

    /// <summary>In how many movements they came back.</summary>
    public int Returns { get; init; }
}

/// <summary>
/// The reservations that this activation has met, as a bounded cache: what is forgotten, or was made before this activation,
/// is found in the ledger by the ids of its operations.
/// </summary>
internal sealed class Reservations
{
    private const int Capacity = 20_000;
    private const int ReturnsAtATime = 10;
    private readonly Dictionary<Guid, Reservation> known = [];
    private readonly Queue<Guid> byAge = new();

    public Reservation? Find(Guid id) => known.GetValueOrDefault(id);

    public void Set(Guid id, Reservation reservation)
    {
        if (!known.ContainsKey(id))
        {
            byAge.Enqueue(id);
            if (byAge.Count > Capacity)
                Forget(byAge.Dequeue());
        }
        known[id] = reservation;
    }

    /// <summary>Forgets what the ledger holds; what is still being written stays.</summary>
    private void Forget(Guid id)
    {
        if (known[id].Written.IsCompleted)
            known.Remove(id);
        else
            byAge.Enqueue(id);
    }

    public static string ReserveOperation(Guid id) => $"{id:N}/reserve";

    /// <summary>Sale and release share an operation: a reservation ends in one of them, once.</summary>
    public static string SettleOperation(Guid id) => $"{id:N}/settle";

    /// <summary>The movement by which units come back: the first, the second …</summary>
    public static string ReturnOperation(Guid id, int number = 1) => number == 1 ? $"{id:N}/return" : $"{id:N}/return/{number}";

    /// <summary>The operations that may follow so many returns, as many as are looked up at a time.</summary>
    public static string[] NextReturnOperations(Guid id, int returns) =>
        [.. Enumerable.Range(returns + 1, ReturnsAtATime).Select(number => ReturnOperation(id, number))];

    /// <summary>Reads off the ledger's rows how far a reservation is.</summary>
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
