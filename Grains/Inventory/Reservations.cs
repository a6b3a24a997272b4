using SoonShop.Counters;

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

/// <summary>A reservation of units as decided. <paramref name="Written"/> completes when the ledger contains it.</summary>
internal sealed record Reservation(int Units, ReservationStage Stage, Task Written) : IReservation
{
    /// <summary>The units returned after the sale.</summary>
    public int Returned { get; init; }

    /// <summary>The number of movements that returned them.</summary>
    public int Returns { get; init; }

    /// <inheritdoc/>
    public bool IsCommitted => Stage is ReservationStage.Sold or ReservationStage.Returned;

    /// <inheritdoc/>
    public bool IsReleased => Stage is ReservationStage.Released or ReservationStage.Returned;
}

/// <summary>The reservations of one item that this activation knows, and how the ledger's rows tell of the others.</summary>
internal sealed class Reservations : ReservationCache<Reservation>
{
    private const int ReturnsAtATime = 10;

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
