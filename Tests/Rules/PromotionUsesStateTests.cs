using CsCheck;
using SoonShop.Pricing;

namespace SoonShop.Tests.Rules;

public sealed class PromotionUsesStateTests
{
    private static PromotionReservation Use(long amount = 0, long? total = null, long? budget = null, params PromotionHolder[] holders) =>
        new(Given.OrderId, Given.Usd(amount), [.. holders], total, budget, false);

    private static readonly PromotionUsesState Used = new()
    {
        Reserved = 2,
        Committed = 3,
        Budgets = [new BudgetUse("USD", 200, 300)],
        Movements = 8,
    };

    [Fact]
    public void a_use_counts_at_each_step_where_it_stands()
    {
        var reserved = Used.Reserve(Use(100), []).State;
        Assert.Equal((3, 3, new BudgetUse("USD", 300, 300)), (reserved.Reserved, reserved.Committed, reserved.Budgets.Single()));
        var committed = reserved.Commit(1, Given.Usd(100)).State;
        Assert.Equal((2, 4, new BudgetUse("USD", 200, 400)), (committed.Reserved, committed.Committed, committed.Budgets.Single()));
        var released = reserved.Release(1, Given.Usd(100)).State;
        Assert.Equal((2, 3, new BudgetUse("USD", 200, 300)), (released.Reserved, released.Committed, released.Budgets.Single()));
        var returned = committed.Return(1, Given.Usd(100)).State;
        Assert.Equal((2, 3, new BudgetUse("USD", 200, 300)), (returned.Reserved, returned.Committed, returned.Budgets.Single()));
        Assert.Equal((9, 11), (reserved.Movements, returned.Movements));
    }

    [Fact]
    public void reserved_and_committed_uses_reach_the_limit_in_all()
    {
        Assert.Null(Used.Reserve(Use(total: 6), []).Limit);
        Assert.Equal(new PromotionLimit(PromotionLimitKind.Total), Used.Reserve(Use(total: 5), []).Limit);
        Assert.Equal(PromotionLimitKind.Total, Used.Reserve(Use(total: 0), []).Limit?.Kind);
    }

    [Fact]
    public void the_holder_whose_limit_is_reached_is_named()
    {
        var use = Use(holders: [new("customer", 2), new("code", 1)]);
        Assert.Null(Used.Reserve(use, [1, 0]).Limit);
        Assert.Equal(new PromotionLimit(PromotionLimitKind.Holder, "code"), Used.Reserve(use, [1, 1]).Limit);
        Assert.Equal(new PromotionLimit(PromotionLimitKind.Holder, "customer"), Used.Reserve(use, [2, 1]).Limit);
    }

    [Fact]
    public void the_budget_is_of_one_currency_and_may_be_used_up_exactly()
    {
        Assert.Null(Used.Reserve(Use(100, budget: 600), []).Limit);
        Assert.Equal(PromotionLimitKind.Budget, Used.Reserve(Use(101, budget: 600), []).Limit?.Kind);
        Assert.Null(Used.Reserve(Use(101, budget: 600) with { Amount = new Money(101, "EUR") }, []).Limit);
    }

    [Fact]
    public void a_use_that_costs_nothing_passes_an_exhausted_budget()
    {
        var decision = Used.Reserve(Use(0, budget: 100), []);
        Assert.Null(decision.Limit);
        Assert.Equal(Used.Budgets, decision.State.Budgets);
    }

    [Fact]
    public void what_was_never_reserved_is_neither_committed_nor_given_back()
    {
        Assert.Throws<InvalidOperationException>(() => PromotionUsesState.Empty.Commit(1, null));
        Assert.Throws<InvalidOperationException>(() => PromotionUsesState.Empty.Release(1, null));
        Assert.Throws<InvalidOperationException>(() => PromotionUsesState.Empty.Return(1, null));
        Assert.Throws<InvalidOperationException>(() => Used.Commit(1, Given.Usd(201)));
        Assert.Throws<InvalidOperationException>(() => Used.Return(1, new Money(1, "EUR")));
    }

    [Fact]
    public void a_movement_is_a_row()
    {
        var row = Used.Reserve(Use(100), []).ToLedgerRow("summer", "1/reserve", Given.Now, Given.OrderId);
        Assert.Equal(
            new PromotionUseRow("summer", 9, "1/reserve", Given.Now, "Reservation", 1, 100, "USD", 3, 3, 300, 300, Given.OrderId, null),
            row);
        Assert.Equal(
            new PromotionUseRow("summer", 9, "1/reserve", Given.Now, "Reservation", 0, 0, null, 2, 3, 0, 0, Given.OrderId, null),
            Used.ReserveNothing().ToLedgerRow("summer", "1/reserve", Given.Now, Given.OrderId));
    }

    [Fact]
    public void the_ledgers_rows_tell_in_any_order_how_far_a_reservation_is()
    {
        var reserved = new RecordedUse(PromotionUseKind.Reservation, 1, Given.Usd(5), ["ada"]);
        RecordedUse Then(PromotionUseKind kind) => new(kind, 1, Given.Usd(5), []);

        Assert.Null(ReservedUse.FromLedger([]));
        Assert.Equal((false, false), Stage(reserved));
        Assert.Equal((true, false), Stage(Then(PromotionUseKind.Commit), reserved));
        Assert.Equal((false, true), Stage(reserved, Then(PromotionUseKind.Release)));
        Assert.Equal((true, true), Stage(reserved, Then(PromotionUseKind.Return), Then(PromotionUseKind.Commit)));
        // A release that crashed between its two rows.
        Assert.True(ReservedUse.FromLedger([new RecordedUse(PromotionUseKind.Reservation, 0, null, [])])!.IsReleased);

        (bool, bool) Stage(params RecordedUse[] rows)
        {
            var use = ReservedUse.FromLedger([.. rows])!;
            Assert.Equal((1, Given.Usd(5), "ada"), (use.Uses, use.Amount, Assert.Single(use.Holders)));
            return (use.IsCommitted, use.IsReleased);
        }
    }

    [Fact]
    public void whatever_happens_no_limit_is_passed_and_nothing_is_below_zero() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 40], Gen.Int[0, 5]).Array[1, 60].Sample(steps =>
        {
            const int Total = 8, Budget = 150;
            var state = PromotionUsesState.Empty;
            var (reserved, committed) = (new List<long>(), new List<long>());
            foreach (var (kind, amount, which) in steps)
            {
                PromotionUseDecision? decision = null;
                switch (kind)
                {
                    case 0:
                        var fits = reserved.Count + committed.Count < Total
                            && (amount == 0 || reserved.Sum() + committed.Sum() + amount <= Budget);
                        decision = state.Reserve(Use(amount, Total, Budget), []);
                        Assert.Equal(fits, decision.Limit is null);
                        if (fits)
                            reserved.Add(amount);
                        break;
                    case 1 when Take(reserved, which) is { } sold:
                        decision = state.Commit(1, Given.Usd(sold));
                        committed.Add(sold);
                        break;
                    case 2 when Take(reserved, which) is { } released:
                        decision = state.Release(1, Given.Usd(released));
                        break;
                    case 3 when Take(committed, which) is { } returned:
                        decision = state.Return(1, Given.Usd(returned));
                        break;
                }
                state = decision is { Limit: null } ? decision.State : state;
                Assert.Equal((reserved.Count, committed.Count), (state.Reserved, state.Committed));
                Assert.Equal(new BudgetUse("USD", reserved.Sum(), committed.Sum()), state.BudgetOf("USD"));
            }
        });

    private static long? Take(List<long> amounts, int which)
    {
        if (amounts.Count == 0)
            return null;
        var taken = amounts[which % amounts.Count];
        amounts.RemoveAt(which % amounts.Count);
        return taken;
    }
}
