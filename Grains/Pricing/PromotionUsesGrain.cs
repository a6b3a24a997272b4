using Orleans.Concurrency;
using SoonShop.Aggregates;
using SoonShop.Counters;
using static SoonShop.Counters.ReservationCache<SoonShop.Pricing.ReservedUse>;

namespace SoonShop.Pricing;

/// <remarks>
/// Reentrant, so that the buyers with one code do not wait for each other's writes. Code between two awaits runs without interleaving, and
/// decisions are made only there: on <see cref="WriteCoalescer{TState,TRow}.Pending"/> and on counts of holders that are in memory.
/// </remarks>
[Reentrant]
internal sealed class PromotionUsesGrain(
    [PersistentState("promotion-uses")] IPersistentState<StateEnvelope<PromotionUsesState>> storage, TimeProvider time,
    IPromotionUseLedger ledger)
    : AggregateGrain<PromotionUsesState>(storage, time), IPromotionUsesGrain, IReservationCounter<PromotionReservation, ReservedUse>
{
    private ReservationProtocol<PromotionReservation, ReservedUse> protocol = null!;
    private PromotionUseWrites writes = null!;
    private HolderCounts holders = null!;

    protected override string Aggregate => "promotion-uses";

    protected override string StreamKeyOf(PromotionUsesState state) => GrainKey;

    private PromotionUsesState Uses => State ?? PromotionUsesState.Empty;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        protocol = new ReservationProtocol<PromotionReservation, ReservedUse>(this, new ReservationCache<ReservedUse>());
        holders = new HolderCounts(keys => ledger.CountAsync(GrainKey, keys, CancellationToken.None));
        writes = new PromotionUseWrites(Uses, async (state, events, rows) =>
        {
            CrashPoint.Pass("promotion.before-write");
            await CommitAsync(state, events, rows);
            foreach (var row in rows)
            {
                foreach (var holder in row.HolderRows)
                    holders.Write(holder);
            }
            CrashPoint.Pass("promotion.after-write");
        });
        return Task.CompletedTask;
    }

    Task<PromotionUses> IPromotionUsesGrain.GetAsync() => Task.FromResult(new PromotionUses(Uses.Reserved, Uses.Committed, Uses.Budgets));

    async Task<PromotionUsed> IPromotionUsesGrain.GetUsedAsync(ImmutableArray<string> keys)
    {
        Check(keys);
        for (var waits = 0; holders.ReadMissing(keys) is { } read; waits++)
        {
            if (waits == ReservationProtocol<PromotionReservation, ReservedUse>.MaxWaits)
                throw new UnavailableException(InDemand);
            await read;
        }
        return new PromotionUsed(Uses.InAll, [.. keys.Select(holders.Committed)], Uses.Budgets);
    }

    Task<Result<Done>> IPromotionUsesGrain.ReserveAsync(PromotionReservation reservation)
    {
        Check(KeysOf(reservation));
        if (reservation.Amount.Amount is < 0 or > Money.MaxAmount || !Money.IsCurrency(reservation.Amount.Currency))
            throw new ArgumentException($"{reservation.Amount} is not an amount that a budget can pay for.", nameof(reservation));
        return protocol.ReserveAsync(reservation.ReservationId, reservation, reservation.Repeated);
    }

    Task<Result<Done>> IPromotionUsesGrain.CommitAsync(Guid reservationId) => protocol.CommitAsync(reservationId);

    Task IPromotionUsesGrain.ReleaseAsync(Guid reservationId) => protocol.ReleaseAsync(reservationId);

    public ErrorText InDemand => PromotionTexts.InDemand;

    async Task<ReservedUse?> IReservationCounter<PromotionReservation, ReservedUse>.ReadAsync(ReservationId id) => ReservedUse.FromLedger(
        await ledger.FindAsync(GrainKey, [ReserveOperation(id), SettleOperation(id), ReturnOperation(id)], CancellationToken.None));

    ReservationStep<ReservedUse> IReservationCounter<PromotionReservation, ReservedUse>.Reserve(
        ReservationId id, PromotionReservation reservation)
    {
        var keys = KeysOf(reservation);
        if (holders.ReadMissing(keys) is { } read)
            return ReservationStep<ReservedUse>.After(read);
        var decision = writes.Pending.Reserve(reservation, [.. keys.Select(holders.Pending)]);
        if (decision.Limit is null)
        {
            var written = MoveAsync(decision, ReserveOperation(id), id, keys, +1);
            return ReservationStep<ReservedUse>.To(new ReservedUse(1, reservation.Amount, keys, false, false, written));
        }
        // A refusal is final, so it must not depend on reservations that may never be committed.
        var final = writes.HasPending ? Uses.Reserve(reservation, [.. keys.Select(holders.Committed)]).Limit : decision.Limit;
        return final is null ? ReservationStep<ReservedUse>.After(writes.FlushAsync()) : PromotionTexts.Refused(final);
    }

    ReservedUse IReservationCounter<PromotionReservation, ReservedUse>.ReserveNothing(ReservationId id) =>
        new(0, null, [], false, false, MoveAsync(writes.Pending.ReserveNothing(), ReserveOperation(id), id, [], 0));

    ReservedUse IReservationCounter<PromotionReservation, ReservedUse>.Commit(ReservationId id, ReservedUse known) => known with
    {
        IsCommitted = true,
        Written = MoveAsync(writes.Pending.Commit(known.Uses, known.Amount), SettleOperation(id), id, [], 0),
    };

    ReservationStep<ReservedUse> IReservationCounter<PromotionReservation, ReservedUse>.Release(ReservationId id, ReservedUse known)
    {
        if (known.IsReleased)
            return ReservationStep<ReservedUse>.To(known);
        if (holders.ReadMissing(known.Holders) is { } read)
            return ReservationStep<ReservedUse>.After(read);
        var (decision, operation) = known.IsCommitted
            ? (writes.Pending.Return(known.Uses, known.Amount), ReturnOperation(id))
            : (writes.Pending.Release(known.Uses, known.Amount), SettleOperation(id));
        return ReservationStep<ReservedUse>.To(known with
        {
            IsReleased = true,
            Written = MoveAsync(decision, operation, id, known.Holders, -1),
        });
    }

    /// <summary>Adds a movement to the next write. The counts of its holders must be in memory.</summary>
    private Task MoveAsync(PromotionUseDecision decision, string operation, ReservationId id, ImmutableArray<string> keys, int change)
    {
        var row = decision.ToLedgerRow(GrainKey, operation, Now, id.OrderId) with
        {
            Holders = decision.Kind == PromotionUseKind.Reservation ? keys : null,
            HolderRows =
                [.. keys.Select(key => new PromotionHolderRow(GrainKey, key, decision.State.Movements, holders.Pending(key) + change))],
        };
        var written = writes.AddAsync(decision.State, [], row);
        foreach (var holder in row.HolderRows)
            holders.Decide(holder);
        return written;
    }

    private static ImmutableArray<string> KeysOf(PromotionReservation reservation) => [.. reservation.Holders.Select(holder => holder.Key)];

    private static void Check(ImmutableArray<string> keys)
    {
        if (keys.Length > PromotionReservation.MaxHolders || keys.Distinct(StringComparer.Ordinal).Count() < keys.Length)
            throw new ArgumentException($"At most {PromotionReservation.MaxHolders} different holders are allowed.", nameof(keys));
        if (!keys.All(PromotionHolder.IsKey))
            throw new ArgumentException(
                $"The key of a holder is 1–{PromotionHolder.MaxKeyLength} printable ASCII characters without a space.", nameof(keys));
    }
}
