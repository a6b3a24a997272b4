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
internal sealed record Reservation(int Units, ReservationStage Stage, Task Written);

/// <summary>
/// The reservations that this activation has met, as a bounded cache: what is forgotten, or was made before this activation,
/// is found in the ledger by the ids of its operations.
/// </summary>
internal sealed class Reservations
{
    private const int Capacity = 20_000;
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

    public static string ReturnOperation(Guid id) => $"{id:N}/return";

    /// <summary>Reads off the ledger's rows how far a reservation is.</summary>
    public static Reservation FromLedger(IEnumerable<WrittenMovement> rows)
    {
        var units = 0;
        var stage = ReservationStage.Unknown;
        foreach (var row in rows)
        {
            if (row.Kind == StockMovementKind.Reservation)
                units = row.Delta;
            stage = (ReservationStage)Math.Max((int)stage, (int)(row.Kind switch
            {
                StockMovementKind.Reservation => ReservationStage.Reserved,
                StockMovementKind.Sale => ReservationStage.Sold,
                StockMovementKind.Release => ReservationStage.Released,
                _ => ReservationStage.Returned,
            }));
        }
        return new Reservation(units, stage, Task.CompletedTask);
    }
}
