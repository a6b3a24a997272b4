using System.Globalization;
using Orleans.Concurrency;
using SoonShop.Aggregates;
using SoonShop.Catalog;
using SoonShop.Counters;
using SoonShop.Events;

namespace SoonShop.Inventory;

/// <remarks>
/// Reentrant, so that the buyers of a flash sale do not wait for each other's writes. Code between two awaits runs without interleaving,
/// and decisions on <see cref="WriteCoalescer{TState,TRow}.Pending"/> are made only there.
/// </remarks>
[Reentrant, DeactivateWhenEmpty, StockSoldWhenShipped, StockByLocation]
internal sealed partial class InventoryItemGrain(
    [PersistentState("inventory")] IPersistentState<StateEnvelope<StockState>> storage,
    TimeProvider time,
    IStockLedger ledger,
    BusinessMetrics metrics,
    StockLocations locations,
    LocalGrainCache<StockAvailability> availabilities)
    : LocallyCachedGrain<StockState, StockAvailability>(
        storage, time, availabilities), IInventoryItemGrain, IReservationCounter<int, Reservation>
{
    private readonly Reservations reservations = new();
    private WriteCoalescer writes = null!;
    private ReservationProtocol<int, Reservation> protocol = null!;
    private StockKey key;
    private bool productKnown;
    private bool availabilityRead;

    protected override string Aggregate => "inventory";

    protected override string StreamKeyOf(StockState state) => key.Sku;

    protected override object IndexOf(StockState state) => new StockIndex(state.Available, state.LowStockThreshold);

    /// <summary>
    /// True for an item of a product that exists, or whose availability was read. Only items of unknown products are deactivated while
    /// they are empty.
    /// </summary>
    private protected override bool KeepsMemory => productKnown || availabilityRead;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        Begin();
        return base.OnActivateAsync(cancellationToken);
    }

    private protected override void Reloaded()
    {
        Begin();
        base.Reloaded();
    }

    private void Begin()
    {
        key = StockKey.Parse(KeyText);
        writes = new WriteCoalescer(State ?? StockState.Empty, async (state, events, rows) =>
        {
            CrashPoint.Pass("inventory.before-write");
            await CommitAsync(state, events, rows);
            CrashPoint.Pass("inventory.after-write");
        });
        protocol = new ReservationProtocol<int, Reservation>(this, reservations);
    }

    async Task<Result<StockLevel>> IInventoryItemGrain.GetAsync() =>
        await FindProblemAsync() is { } problem ? problem : View;

    Task<Result<Done>> IInventoryItemGrain.ReserveAsync(Guid reservationId, int quantity, bool repeated) =>
        ReserveAsync(reservationId, quantity, repeated);

    Task<Result<Done>> IInventoryItemGrain.ReserveAsync(ReservationId reservation, int quantity, bool repeated) =>
        ReserveAsync(reservation, quantity, repeated);

    private async Task<Result<Done>> ReserveAsync(ReservationId reservationId, int quantity, bool repeated)
    {
        var result = await protocol.ReserveAsync(reservationId, quantity, repeated);
        if (result.Error is { Code: ErrorCode.OutOfStock })
            metrics.OutOfStock();
        return result;
    }

    Task<Result<Done>> IInventoryItemGrain.CommitAsync(Guid reservationId) => protocol.CommitAsync(reservationId);

    async Task<Result<Done>> IInventoryItemGrain.ReturnAsync(Guid reservationId, int unitsInAll) =>
        await protocol.FindAsync(reservationId) is { IsCommitted: true }
            ? await SettleAsync(reservationId, new ReservationSettlement(Sold: 0, Cancelled: 0, Restocked: unitsInAll))
            : NotSold;

    Task<Result<Done>> IInventoryItemGrain.SettleAsync(Guid reservationId, ReservationSettlement inAll) =>
        SettleAsync(reservationId, inAll);

    Task<Result<Done>> IInventoryItemGrain.SettleAsync(ReservationId reservation, ReservationSettlement inAll) =>
        SettleAsync(reservation, inAll);

    private async Task<Result<Done>> SettleAsync(ReservationId reservationId, ReservationSettlement inAll)
    {
        var read = await protocol.FindAsync(reservationId);
        // Another call may have decided since it was found.
        if ((reservations.Find(reservationId) ?? read) is not { } known || known.StepsTo(inAll) is not { } steps)
            return NotSold;
        if (steps.Release > 0)
            known = Remember(reservationId, Release(reservationId, known, steps.Release));
        if (steps.Sell > 0)
            known = Remember(reservationId, Sell(reservationId, known, steps.Sell));
        if (steps.Return > 0)
            known = Remember(reservationId, Return(reservationId, known, known.Returned + steps.Return));
        await known.Written;
        return default(Done);
    }

    private Reservation Remember(ReservationId id, Reservation decided)
    {
        reservations.Set(id, decided);
        return decided;
    }

    Task IInventoryItemGrain.ReleaseAsync(Guid reservationId) => protocol.ReleaseAsync(reservationId);

    Task IInventoryItemGrain.ReleaseAsync(ReservationId reservation) => protocol.ReleaseAsync(reservation);

    async Task<Result<Page<StockMovement>>> IInventoryItemGrain.GetLedgerAsync(PageRequest page, CancellationToken cancellation)
    {
        if (await FindProblemAsync() is { } problem)
            return problem;
        var before = long.MaxValue;
        if (page.Cursor is { } cursor
            && (!long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out before) || before < 1))
            return Error.Invalid("cursor", "field.cursor", "is not a valid cursor; start without one");
        var rows = await ledger.ListAsync(KeyText, before, page.Limit + 1, cancellation);
        return rows.Length <= page.Limit
            ? new Page<StockMovement>(rows, null)
            : new Page<StockMovement>([.. rows.Take(page.Limit)], rows[page.Limit - 1].Sequence.ToString(CultureInfo.InvariantCulture));
    }

    Task<StockAvailability> IInventoryItemGrain.GetAvailabilityAsync()
    {
        availabilityRead = true;
        return Task.FromResult(CachedValue);
    }

    protected override StockAvailability CachedValue
    {
        get
        {
            var stock = State ?? StockState.Empty;
            return new StockAvailability(stock.Available, stock.Availability) { Version = Version };
        }
    }

    async Task<Reservation?> IReservationCounter<int, Reservation>.ReadAsync(ReservationId id)
    {
        var rows = await ledger.FindAsync(
            KeyText, [Reservations.ReserveOperation(id), Reservations.SettleOperation(id), Reservations.ReturnOperation(id)],
            CancellationToken.None);
        var found = Reservations.FromLedger(rows);
        // A part may be followed by further parts.
        while (found is not null && Reservations.NextOperations(id, found) is { Length: > 0 } next)
        {
            var more = await ledger.FindAsync(KeyText, next, CancellationToken.None);
            if (more.Length == 0)
                break;
            rows = [.. rows, .. more];
            found = Reservations.FromLedger(rows);
        }
        return found;
    }

    ReservationStep<Reservation> IReservationCounter<int, Reservation>.Reserve(ReservationId id, int quantity)
    {
        var decision = writes.Pending.Reserve(quantity);
        if (decision.Error is null)
            return ReservationStep<Reservation>.To(Reserve(id, decision, quantity));
        // A refusal is final, so it must not depend on reservations that may never be committed.
        return writes.HasPending && State?.Available >= quantity
            ? ReservationStep<Reservation>.After(writes.FlushAsync())
            : OutOfStock(quantity);
    }

    Reservation IReservationCounter<int, Reservation>.ReserveNothing(ReservationId id) => Reserve(id, writes.Pending.Reserve(0), 0);

    Reservation IReservationCounter<int, Reservation>.Commit(ReservationId id, Reservation known) => Sell(id, known, known.Reserved);

    ReservationStep<Reservation> IReservationCounter<int, Reservation>.Release(ReservationId id, Reservation known)
    {
        var next = known.Reserved > 0 || known.Settlements == 0 ? Release(id, known, known.Reserved) : known;
        return ReservationStep<Reservation>.To(Return(id, next, next.Sold));
    }

    private Reservation Reserve(ReservationId id, StockDecision decision, int units) =>
        new(units, MoveAsync(id, decision, Reservations.ReserveOperation(id)));

    private Reservation Sell(ReservationId id, Reservation known, int units) => known with
    {
        Sold = known.Sold + units,
        Settlements = known.Settlements + 1,
        Written = After(known, MoveAsync(id, writes.Pending.Sell(units), Reservations.SettleOperation(id, known.Settlements + 1))),
    };

    private Reservation Release(ReservationId id, Reservation known, int units) => known with
    {
        Released = known.Released + units,
        Settlements = known.Settlements + 1,
        Written = After(known, MoveAsync(id, writes.Pending.Release(units), Reservations.SettleOperation(id, known.Settlements + 1))),
    };

    /// <summary>Returns sold units until this many have returned in total.</summary>
    private Reservation Return(ReservationId id, Reservation known, int unitsInAll) => unitsInAll <= known.Returned ? known : known with
    {
        Returned = unitsInAll,
        Returns = known.Returns + 1,
        Written = After(known, MoveAsync(
            id, writes.Pending.Return(unitsInAll - known.Returned), Reservations.ReturnOperation(id, known.Returns + 1))),
    };

    /// <summary>Writes are made one after the other, so the later one is the last to wait for, unless the earlier one fails.</summary>
    private static Task After(Reservation earlier, Task write) =>
        earlier.Written.IsCompletedSuccessfully ? write : Task.WhenAll(earlier.Written, write);

    private Task MoveAsync(ReservationId reservationId, StockDecision decision, string operation) =>
        MoveAsync(decision, operation, $"order {reservationId.OrderId}");

    private Task MoveAsync(StockDecision decision, string operation, string? reference, params ReadOnlySpan<IShopEvent> events)
    {
        var crossings = StockState.ThresholdCrossings(key, writes.Pending, decision.State);
        return writes.AddAsync(decision.State, [.. events, .. crossings], decision.ToLedgerRow(key, operation, Now, reference));
    }

    /// <summary>Waits until no write is pending and compares the version. The caller must decide at once.</summary>
    private async ValueTask<bool> IsVersionAsync(int? expected)
    {
        for (var i = 0; expected is not null && writes.HasPending; i++)
        {
            if (i == ReservationProtocol<int, Reservation>.MaxWaits)
                throw new UnavailableException(InDemand);
            await writes.FlushAsync();
        }
        return expected is null || expected == Version;
    }

    private async ValueTask<bool> ProductExistsAsync() =>
        productKnown || State is not null
        || (productKnown = await GrainFactory.GetGrain<IProductGrain>(Sku.GrainKey(key.Sku)).GetOfferAsync() is not null);

    /// <summary>Returns the error for an item of an unknown product or location; null when both exist.</summary>
    /// <param name="anywhere">True for any location.</param>
    private async ValueTask<Error?> FindProblemAsync(bool anywhere = false) =>
        !await ProductExistsAsync() ? NoProduct
        : anywhere || key.IsDefault || State is not null || await locations.ExistsAsync(key.Location) ? null
        : Error.Invalid("location", StockLines.Unknown);

    private StockLevel View => (State ?? StockState.Empty).ToView(key, Version);

    public ErrorText InDemand => ErrorText.Of("error.stock-demand", $"{key.Sku} is in great demand. Try again.");

    private Error NoProduct => Error.NotFound("not-found.product", $"The product {key.Sku} was not found.");

    private Error OutOfStock(int quantity) => new(ErrorCode.OutOfStock, $"{key.Sku} is out of stock.")
    {
        Lines = [new Shortage(key.Sku, quantity, writes.Pending.Available)],
    };

    private static Error NotSold { get; } = new(
        ErrorCode.Conflict, "The reservation was not sold, or has fewer units than are to come back.");
}
