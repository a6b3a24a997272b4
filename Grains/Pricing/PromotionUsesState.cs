namespace SoonShop.Pricing;

/// <summary>
/// The counters of one promotion. Who holds the uses is in the ledger, so that this record stays small however many customers there are.
/// </summary>
public sealed record PromotionUsesState
{
    /// <summary>The initial state of a promotion.</summary>
    public static PromotionUsesState Empty { get; } = new();

    /// <summary>Uses reserved for orders that are not confirmed yet.</summary>
    public long Reserved { get; init; }

    /// <summary>Uses by confirmed orders.</summary>
    public long Committed { get; init; }

    /// <summary>The money taken, a row per currency. A currency of which nothing was ever taken has no row.</summary>
    public ImmutableArray<BudgetUse> Budgets { get; init; } = [];

    /// <summary>The number of ledger rows so far.</summary>
    public long Movements { get; init; }

    /// <summary>Uses, reserved or committed.</summary>
    public long InAll => Reserved + Committed;

    /// <summary>
    /// Reserves one use. Fails when a limit is reached: first the uses in all, then each holder's, then the budget. An amount of zero
    /// passes an exhausted budget.
    /// </summary>
    /// <param name="reservation">The use and its limits.</param>
    /// <param name="used">The uses of each holder so far, in the order of the reservation.</param>
    public PromotionUseDecision Reserve(PromotionReservation reservation, ReadOnlySpan<long> used)
    {
        if (InAll >= reservation.TotalLimit)
            return new PromotionLimit(PromotionLimitKind.Total);
        for (var i = 0; i < used.Length; i++)
        {
            if (used[i] >= reservation.Holders[i].Limit)
                return new PromotionLimit(PromotionLimitKind.Holder, reservation.Holders[i].Key);
        }
        var amount = reservation.Amount;
        return amount.Amount > 0 && checked(BudgetOf(amount.Currency).InAll + amount.Amount) > reservation.BudgetLimit
            ? new PromotionLimit(PromotionLimitKind.Budget)
            : Move(PromotionUseKind.Reservation, 1, amount);
    }

    /// <summary>Records a reservation that never arrived: nothing is reserved.</summary>
    public PromotionUseDecision ReserveNothing() => Move(PromotionUseKind.Reservation, 0, null);

    /// <summary>Turns a reserved use into a committed one.</summary>
    public PromotionUseDecision Commit(int uses, Money? amount) => Move(PromotionUseKind.Commit, uses, amount);

    /// <summary>Gives back a reserved use.</summary>
    public PromotionUseDecision Release(int uses, Money? amount) => Move(PromotionUseKind.Release, uses, amount);

    /// <summary>Gives back a committed use.</summary>
    public PromotionUseDecision Return(int uses, Money? amount) => Move(PromotionUseKind.Return, uses, amount);

    /// <summary>Returns the money taken in a currency.</summary>
    public BudgetUse BudgetOf(string currency) => Budgets.FirstOrDefault(b => b.Currency == currency) ?? new BudgetUse(currency, 0, 0);

    private PromotionUseDecision Move(PromotionUseKind kind, int uses, Money? amount)
    {
        var (reserve, commit) = kind switch
        {
            PromotionUseKind.Reservation => (1, 0),
            PromotionUseKind.Commit => (-1, 1),
            PromotionUseKind.Release => (-1, 0),
            _ => (0, -1),
        };
        var budget = amount is { } money ? BudgetOf(money.Currency) : null;
        if (budget is not null)
            budget = new BudgetUse(
                budget.Currency, budget.Reserved + reserve * amount!.Value.Amount, budget.Committed + commit * amount.Value.Amount);
        var next = this with
        {
            Reserved = Reserved + reserve * uses,
            Committed = Committed + commit * uses,
            Budgets = amount is { Amount: > 0 } ? With(budget!) : Budgets,
            Movements = Movements + 1,
        };
        if (next.Reserved < 0 || next.Committed < 0 || budget is { Reserved: < 0 } or { Committed: < 0 })
            throw new InvalidOperationException($"{kind} of {uses} uses and {amount} would leave less than nothing.");
        return new PromotionUseDecision(next, kind, uses, amount, budget, null);
    }

    private ImmutableArray<BudgetUse> With(BudgetUse budget)
    {
        for (var i = 0; i < Budgets.Length; i++)
        {
            if (Budgets[i].Currency == budget.Currency)
                return Budgets.SetItem(i, budget);
        }
        return Budgets.Add(budget);
    }
}

/// <summary>The next counters with the movement that leads to them, or the limit that refuses it.</summary>
/// <param name="State">The next counters.</param>
/// <param name="Kind">The kind of movement.</param>
/// <param name="Uses">The uses that move.</param>
/// <param name="Amount">The money that moves; null for none.</param>
/// <param name="Budget">The budget of the amount's currency afterwards; null for none.</param>
/// <param name="Limit">The limit that refuses the movement; null when it is allowed.</param>
public sealed record PromotionUseDecision(
    PromotionUsesState State, PromotionUseKind Kind, int Uses, Money? Amount, BudgetUse? Budget, PromotionLimit? Limit)
{
    /// <summary>Fails with a limit; nothing moves.</summary>
    public static implicit operator PromotionUseDecision(PromotionLimit limit) => new(null!, default, 0, null, null, limit);

    /// <summary>Returns the ledger row of the movement.</summary>
    public PromotionUseRow ToLedgerRow(string promotionId, string operationId, DateTimeOffset at, Guid orderId) => new(
        promotionId, State.Movements, operationId, at, Kind.ToString(), Uses, Amount?.Amount ?? 0, Amount?.Currency,
        State.Reserved, State.Committed, Budget?.Reserved ?? 0, Budget?.Committed ?? 0, orderId, null);
}
