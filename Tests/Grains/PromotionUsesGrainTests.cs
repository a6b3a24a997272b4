using SoonShop.Pricing;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Grains;

[Collection(nameof(InProcessSilo))]
public sealed class PromotionUsesGrainTests(InProcessSilo silo)
{
    private readonly string promotion = $"promotion-{Guid.NewGuid():N}";

    private IPromotionUsesGrain Uses => silo.Grains.GetGrain<IPromotionUsesGrain>(promotion);

    [Fact]
    public async Task five_hundred_buyers_at_once_use_a_code_a_hundred_times()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 500).Select(buyer => Uses.ReserveAsync(
            PromotionUse.New(holders: [new($"customer/{buyer}", 1), new("code/SUMMER", 100)]))));
        Assert.Equal(100, answers.Count(a => !a.IsError));
        Assert.All(answers.Where(a => a.IsError), a => Assert.Equal(
            (ErrorCode.Conflict, new PromotionLimit(PromotionLimitKind.Holder, "code/SUMMER")), (a.Error!.Code, a.Error.Limit)));
        await AssertUsedAsync(reserved: 100);
        Assert.Equal([100, 0], (await Uses.GetUsedAsync(["code/SUMMER", "code/WINTER"])).ByHolder);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task one_customer_at_many_tabs_uses_a_promotion_once(bool known)
    {
        if (known)
            await Uses.GetUsedAsync(["customer/ada"]);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Uses.ReserveAsync(
            PromotionUse.New(holders: [new("customer/ada", 1)]))));
        Assert.Single(answers, a => !a.IsError);
        await AssertUsedAsync(reserved: 1);
    }

    [Fact]
    public async Task no_more_uses_in_all_than_the_limit()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Uses.ReserveAsync(PromotionUse.New(total: 7))));
        Assert.Equal(7, answers.Count(a => !a.IsError));
        Assert.All(answers.Where(a => a.IsError), a => Assert.Equal(PromotionLimitKind.Total, a.Error!.Limit!.Kind));
        await AssertUsedAsync(reserved: 7);
    }

    [Fact]
    public async Task the_budget_is_never_exceeded_in_any_currency()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => Uses.ReserveAsync(
            PromotionUse.New(amount: 300, currency: i % 2 == 0 ? "USD" : "EUR", budget: 1000))));
        Assert.Equal(6, answers.Count(a => !a.IsError));
        Assert.All(answers.Where(a => a.IsError), a => Assert.Equal(PromotionLimitKind.Budget, a.Error!.Limit!.Kind));
        var budgets = (await Uses.GetAsync()).Budgets.OrderBy(b => b.Currency, StringComparer.Ordinal);
        Assert.Equal([new BudgetUse("EUR", 900, 0), new BudgetUse("USD", 900, 0)], budgets);
        await AssertUsedAsync(reserved: 6);
    }

    [Fact]
    public async Task buyers_at_once_share_writes()
    {
        await Uses.ReserveAsync(PromotionUse.New());
        var before = await VersionAsync();
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(buyer => Uses.ReserveAsync(
            PromotionUse.New(holders: [new($"customer/{buyer}", 1)]))));
        Assert.InRange(await VersionAsync() - before, 1, 500);
        await AssertUsedAsync(reserved: 1001);
    }

    [Fact]
    public async Task each_step_counts_once_also_after_a_restart()
    {
        var use = PromotionUse.New(amount: 500, holders: [new("customer/ada", 1)]);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Uses.ReserveAsync(use with { Repeated = true })));
        await AssertUsedAsync(reserved: 1, money: 500);
        await silo.DeactivateAllAsync();
        Assert.False((await Uses.ReserveAsync(use with { Repeated = true })).IsError);
        await AssertUsedAsync(reserved: 1, money: 500);

        await silo.DeactivateAllAsync();
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Uses.CommitAsync(use.ReservationId)));
        await silo.DeactivateAllAsync();
        Assert.False((await Uses.CommitAsync(use.ReservationId)).IsError);
        await AssertUsedAsync(committed: 1, money: 500);

        await silo.DeactivateAllAsync();
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Uses.ReleaseAsync(use.ReservationId)));
        await silo.DeactivateAllAsync();
        await Uses.ReleaseAsync(use.ReservationId);
        await AssertUsedAsync();
        Assert.Equal([0], (await Uses.GetUsedAsync(["customer/ada"])).ByHolder);
        Assert.False((await Uses.ReserveAsync(PromotionUse.New(holders: [new("customer/ada", 1)]))).IsError);
    }

    [Fact]
    public async Task a_released_reservation_gives_its_use_to_another()
    {
        var (first, second) = (PromotionUse.New(holders: [new("customer/ada", 1)]), PromotionUse.New(holders: [new("customer/ada", 1)]));
        Assert.False((await Uses.ReserveAsync(first)).IsError);
        Assert.True((await Uses.ReserveAsync(second)).IsError);
        await silo.DeactivateAllAsync();
        await Uses.ReleaseAsync(first.ReservationId);
        Assert.False((await Uses.ReserveAsync(second)).IsError);
        Assert.Equal(ErrorCode.Conflict, (await Uses.CommitAsync(first.ReservationId)).Error?.Code);
        await AssertUsedAsync(reserved: 1);
    }

    [Fact]
    public async Task a_reservation_that_comes_after_its_release_is_refused()
    {
        var use = PromotionUse.New(holders: [new("customer/ada", 1)]);
        await Uses.ReleaseAsync(use.ReservationId);
        var late = await Uses.ReserveAsync(use);
        Assert.Equal((ErrorCode.Conflict, null), (late.Error?.Code, late.Error?.Limit));
        await silo.DeactivateAllAsync();
        Assert.Equal(ErrorCode.Conflict, (await Uses.ReserveAsync(use with { Repeated = true })).Error?.Code);
        await AssertUsedAsync();
    }

    [Fact]
    public async Task a_reservation_and_its_release_at_the_same_moment_leave_nothing()
    {
        foreach (var use in Enumerable.Range(0, 40).Select(_ => PromotionUse.New(amount: 10, holders: [new("customer/ada", 1000)])))
        {
            await Task.WhenAll(
                Uses.ReserveAsync(use), Uses.ReleaseAsync(use.ReservationId), Uses.ReserveAsync(use with { Repeated = true }));
        }
        await AssertUsedAsync();
        Assert.Equal([0], (await Uses.GetUsedAsync(["customer/ada"])).ByHolder);
    }

    [Fact]
    public async Task what_is_used_is_shown_without_a_write()
    {
        var used = await Uses.GetUsedAsync(["customer/ada"]);
        Assert.Equal((0, 0, true), (used.InAll, used.ByHolder.Single(), used.Budgets.IsEmpty));
        Assert.Equal((0, 0), ((await Uses.GetAsync()).Reserved, (await Uses.GetAsync()).Committed));
        Assert.Equal(0, await silo.QueryAsync<long>("select count(*) from grain_state where grain_key = $1", promotion));
    }

    [Fact]
    public async Task what_no_caller_may_send_is_refused()
    {
        PromotionHolder[] four = [.. Enumerable.Range(0, 4).Select(i => new PromotionHolder($"{i}", 1))];
        PromotionReservation[] wrong =
        [
            PromotionUse.New(amount: -1), PromotionUse.New(amount: Money.MaxAmount + 1), PromotionUse.New(currency: "usd"),
            PromotionUse.New(holders: four), PromotionUse.New(holders: [new("a", 1), new("a", 1)]), PromotionUse.New(holders: [new("", 1)]),
            PromotionUse.New(holders: [new(new string('a', 101), 1)]), PromotionUse.New(holders: [new("a\0", 1)]),
            PromotionUse.New(holders: [new("é", 1)]),
        ];
        foreach (var use in wrong)
            await Assert.ThrowsAnyAsync<ArgumentException>(() => Uses.ReserveAsync(use));
        await AssertUsedAsync();
    }

    private Task<int> VersionAsync() => silo.QueryAsync<int>(
        "select version from grain_state_promotion_uses where grain_key = $1", promotion);

    private async Task AssertUsedAsync(long reserved = 0, long committed = 0, long? money = null)
    {
        var uses = await Uses.GetAsync();
        Assert.Equal((reserved, committed), (uses.Reserved, uses.Committed));
        if (money is not null)
            Assert.Equal(money, Assert.Single(uses.Budgets).InAll);
        await PromotionUse.AssertLedgerAsync(promotion, uses, silo.QueryAsync<string>);
    }
}
