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
[Reentrant, DeactivateWhenEmpty, StockSoldWhenShipped]
internal sealed class InventoryItemGrain(
    [PersistentState("inventory")] IPersistentState<StateEnvelope<StockState>> storage,
    TimeProvider time,
    IStockLedger ledger,
    BusinessMetrics metrics,
    LocalGrainCache<StockAvailability> availabilities)
    : LocallyCachedGrain<StockState, StockAvailability>(
        storage, time, availabilities), IInventoryItemGrain, IReservationCounter<int, Reservation>
{
    private readonly Reservations reservations = new();
    private readonly Dictionary<string, Task<Result<StockLevel>>> adjustments = [];
    private WriteCoalescer writes = null!;
    private ReservationProtocol<int, Reservation> protocol = null!;
    private bool productKnown;
    private bool availabilityRead;

    protected override string Aggregate => "inventory";

    protected override string StreamKeyOf(StockState state) => SkuText;

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
        writes = new WriteCoalescer(State ?? StockState.Empty, async (state, events, rows) =>
        {
            CrashPoint.Pass("inventory.before-write");
            await CommitAsync(state, events, rows);
            CrashPoint.Pass("inventory.after-write");
        });
        protocol = new ReservationProtocol<int, Reservation>(this, reservations);
    }

    async Task<Result<StockLevel>> IInventoryItemGrain.GetAsync() =>
        await ProductExistsAsync() ? View : NoProduct;

    async Task<Result<StockLevel>> IInventoryItemGrain.AdjustAsync(AdjustStock command)
    {
        if (!await ProductExistsAsync())
            return NoProduct;
        var operation = StockEvents.AdjustOperation(command);
        if (adjustments.TryGetValue(operation, out var same))
            return await same;
        // The entry covers the look into the ledger too: a repetition that looked before the write and decided after it would write again.
        var adjusted = adjustments[operation] = AdjustOnceAsync(command, operation);
        try
        {
            return await adjusted;
        }
        finally
        {
            adjustments.Remove(operation);
        }
    }

    private async Task<Result<StockLevel>> AdjustOnceAsync(AdjustStock command, string operation)
    {
        if ((await ledger.FindAsync(SkuText, [operation], CancellationToken.None)).Length > 0)
            return View;
        if (!await IsVersionAsync(command.ExpectedVersion))
            return Error.PreconditionFailed();
        var decision = writes.Pending.Adjust(command.Delta, command.Reason, command.Reference);
        if (decision.Error is { } error)
            return error;
        var note = StockEvents.AdjustedBy(SkuText, command, writes.Pending, decision.State);
        await MoveAsync(decision, operation, null, StockEvents.Adjusted(SkuText, command, decision.State), Audit(note));
        return View;
    }

    async Task<Result<StockLevel>> IInventoryItemGrain.SetLowStockThresholdAsync(int threshold, int? expectedVersion)
    {
        if (!await ProductExistsAsync())
            return NoProduct;
        if (threshold is < 0 or > AdjustStock.MaxUnits)
            return Error.Invalid("lowStockThreshold", "field.whole-range", $"must be 0–{AdjustStock.MaxUnits}");
        if (!await IsVersionAsync(expectedVersion))
            return Error.PreconditionFailed();
        if (writes.Pending.LowStockThreshold != threshold)
        {
            var next = writes.Pending with { LowStockThreshold = threshold };
            await writes.AddAsync(next,
                [
                    Audit(StockEvents.Changed("inventory.set-threshold", SkuText, writes.Pending, next, null)),
                    .. StockState.ThresholdCrossings(SkuText, writes.Pending, next),
                ]);
        }
        return View;
    }

    async Task<Result<Done>> IInventoryItemGrain.ReserveAsync(Guid reservationId, int quantity, bool repeated)
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

    private async Task<Result<Done>> SettleAsync(Guid reservationId, ReservationSettlement inAll)
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

    private Reservation Remember(Guid id, Reservation decided)
    {
        reservations.Set(id, decided);
        return decided;
    }

    Task IInventoryItemGrain.ReleaseAsync(Guid reservationId) => protocol.ReleaseAsync(reservationId);

    async Task<Result<Page<StockMovement>>> IInventoryItemGrain.GetLedgerAsync(PageRequest page, CancellationToken cancellation)
    {
        if (!await ProductExistsAsync())
            return NoProduct;
        var before = long.MaxValue;
        if (page.Cursor is { } cursor
            && (!long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out before) || before < 1))
            return Error.Invalid("cursor", "field.cursor", "is not a valid cursor; start without one");
        var rows = await ledger.ListAsync(SkuText, before, page.Limit + 1, cancellation);
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

    async Task<Reservation?> IReservationCounter<int, Reservation>.ReadAsync(Guid id)
    {
        var rows = await ledger.FindAsync(
            SkuText, [Reservations.ReserveOperation(id), Reservations.SettleOperation(id), Reservations.ReturnOperation(id)],
            CancellationToken.None);
        var found = Reservations.FromLedger(rows);
        // A part may be followed by further parts.
        while (found is not null && Reservations.NextOperations(id, found) is { Length: > 0 } next)
        {
            var more = await ledger.FindAsync(SkuText, next, CancellationToken.None);
            if (more.Length == 0)
                break;
            rows = [.. rows, .. more];
            found = Reservations.FromLedger(rows);
        }
        return found;
    }

    ReservationStep<Reservation> IReservationCounter<int, Reservation>.Reserve(Guid id, int quantity)
    {
        var decision = writes.Pending.Reserve(quantity);
        if (decision.Error is null)
            return ReservationStep<Reservation>.To(Reserve(id, decision, quantity));
        // A refusal is final, so it must not depend on reservations that may never be committed.
        return writes.HasPending && State?.Available >= quantity
            ? ReservationStep<Reservation>.After(writes.FlushAsync())
            : OutOfStock(quantity);
    }

    Reservation IReservationCounter<int, Reservation>.ReserveNothing(Guid id) => Reserve(id, writes.Pending.Reserve(0), 0);

    Reservation IReservationCounter<int, Reservation>.Commit(Guid id, Reservation known) => Sell(id, known, known.Reserved);

    ReservationStep<Reservation> IReservationCounter<int, Reservation>.Release(Guid id, Reservation known)
    {
        var next = known.Reserved > 0 || known.Settlements == 0 ? Release(id, known, known.Reserved) : known;
        return ReservationStep<Reservation>.To(Return(id, next, next.Sold));
    }

    private Reservation Reserve(Guid id, StockDecision decision, int units) =>
        new(units, MoveAsync(id, decision, Reservations.ReserveOperation(id)));

    private Reservation Sell(Guid id, Reservation known, int units) => known with
    {
        Sold = known.Sold + units,
        Settlements = known.Settlements + 1,
        Written = After(known, MoveAsync(id, writes.Pending.Sell(units), Reservations.SettleOperation(id, known.Settlements + 1))),
    };

    private Reservation Release(Guid id, Reservation known, int units) => known with
    {
        Released = known.Released + units,
        Settlements = known.Settlements + 1,
        Written = After(known, MoveAsync(id, writes.Pending.Release(units), Reservations.SettleOperation(id, known.Settlements + 1))),
    };

    /// <summary>Returns sold units until this many have returned in total.</summary>
    private Reservation Return(Guid id, Reservation known, int unitsInAll) => unitsInAll <= known.Returned ? known : known with
    {
        Returned = unitsInAll,
        Returns = known.Returns + 1,
        Written = After(known, MoveAsync(
            id, writes.Pending.Return(unitsInAll - known.Returned), Reservations.ReturnOperation(id, known.Returns + 1))),
    };

    /// <summary>Writes are made one after the other, so the later one is the last to wait for, unless the earlier one fails.</summary>
    private static Task After(Reservation earlier, Task write) =>
        earlier.Written.IsCompletedSuccessfully ? write : Task.WhenAll(earlier.Written, write);

    private Task MoveAsync(Guid reservationId, StockDecision decision, string operation) =>
        MoveAsync(decision, operation, $"order {reservationId}");

    private Task MoveAsync(StockDecision decision, string operation, string? reference, params ReadOnlySpan<IShopEvent> events)
    {
        var crossings = StockState.ThresholdCrossings(SkuText, writes.Pending, decision.State);
        return writes.AddAsync(decision.State, [.. events, .. crossings], decision.ToLedgerRow(SkuText, operation, Now, reference));
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
        || (productKnown = await GrainFactory.GetGrain<IProductGrain>(GrainKey).GetOfferAsync() is not null);

    private StockLevel View => (State ?? StockState.Empty).ToView(SkuText, Version);

    public ErrorText InDemand => ErrorText.Of("error.stock-demand", $"{SkuText} is in great demand. Try again.");

    private Error NoProduct => Error.NotFound("not-found.product", $"The product {SkuText} was not found.");

    private Error OutOfStock(int quantity) => new(ErrorCode.OutOfStock, $"{SkuText} is out of stock.")
    {
        Lines = [new Shortage(SkuText, quantity, writes.Pending.Available)],
    };

    private static Error NotSold { get; } = new(
        ErrorCode.Conflict, "The reservation was not sold, or has fewer units than are to come back.");
}
