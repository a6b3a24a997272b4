using SoonShop.Counters;

namespace SoonShop.Inventory;

/// <summary>
/// A reservation of units as decided: <c>units = reserved + sold + released</c>, and <c>returned ≤ sold</c>.
/// </summary>
/// <param name="Units">The units reserved at first.</param>
/// <param name="Written">Completes when the ledger contains it.</param>
internal sealed record Reservation(int Units, Task Written) : IReservation
{
    /// <summary>Units that left the stock, also those that came back since.</summary>
    public int Sold { get; init; }

    /// <summary>Units that became available again without having been sold.</summary>
    public int Released { get; init; }

    /// <summary>Sold units that came back to stock.</summary>
    public int Returned { get; init; }

    /// <summary>The number of movements that sold or released units.</summary>
    public int Settlements { get; init; }

    /// <summary>The number of movements that returned units.</summary>
    public int Returns { get; init; }

    /// <summary>Units that are still reserved.</summary>
    public int Reserved => Units - Sold - Released;

    /// <summary>
    /// Returns the units to release, to sell and to return until these many have moved in total. Null when the reservation does not have
    /// them; then nothing must move.
    /// </summary>
    public (int Release, int Sell, int Return)? StepsTo(ReservationSettlement inAll)
    {
        // Orders of older versions were sold as a whole, so what is cancelled of them comes back like a return.
        var cancelledAfterSale = Released == 0 && Reserved == 0 ? inAll.Cancelled : 0;
        var release = Math.Max(0, inAll.Cancelled - cancelledAfterSale - Released);
        var sell = Math.Max(0, inAll.Sold - Sold);
        var back = Math.Max(0, inAll.Restocked + cancelledAfterSale - Returned);
        return release + sell <= Reserved && Returned + back <= Sold + sell ? (release, sell, back) : null;
    }

    /// <inheritdoc/>
    public bool IsCommitted => Sold > 0 && Reserved == 0;

    /// <inheritdoc/>
    /// <remarks>Of no units, it was recorded by a release, whose own row may be missing after a crash.</remarks>
    public bool IsReleased => Returned > 0 || (Sold == 0 && Reserved == 0 && (Settlements > 0 || Units == 0));
}

/// <summary>The reservations of one item that this activation knows, and how the ledger's rows tell of the others.</summary>
internal sealed class Reservations : ReservationCache<Reservation>
{
    private const int OperationsAtATime = 10;

    /// <summary>
    /// Returns the operation ids that may follow the movements of a reservation, as many as one query reads. Empty when none can follow.
    /// </summary>
    public static string[] NextOperations(ReservationId id, Reservation known) =>
    [
        .. Following(known.Settlements, known.Settlements > 0 && known.Reserved > 0, number => SettleOperation(id, number)),
        .. Following(known.Returns, known.Returns > 0 && known.Returned < known.Sold, number => ReturnOperation(id, number)),
    ];

    private static IEnumerable<string> Following(int last, bool mayFollow, Func<int, string> operation) =>
        mayFollow ? Enumerable.Range(last + 1, OperationsAtATime).Select(operation) : [];

    /// <summary>Adds up the movements of a reservation. Null without any.</summary>
    public static Reservation? FromLedger(IReadOnlyCollection<RecordedMovement> rows)
    {
        if (rows.Count == 0)
            return null;
        var found = new Reservation(0, Task.CompletedTask);
        foreach (var row in rows)
        {
            found = row.Kind switch
            {
                StockMovementKind.Reservation => found with { Units = row.Delta },
                StockMovementKind.Sale => found with { Sold = found.Sold - row.Delta, Settlements = found.Settlements + 1 },
                StockMovementKind.Release => found with { Released = found.Released - row.Delta, Settlements = found.Settlements + 1 },
                _ => found with { Returned = found.Returned + row.Delta, Returns = found.Returns + 1 },
            };
        }
        return found;
    }
}
