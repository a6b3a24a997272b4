using SoonShop.Pricing;

namespace SoonShop.Tests.Grains;

/// <summary>Uses of promotions in tests.</summary>
internal static class PromotionUse
{
    /// <summary>A use for a new order; without limits and holders unless they are named.</summary>
    public static PromotionReservation New(
        long amount = 0, string currency = "USD", PromotionHolder[]? holders = null, long? total = null, long? budget = null) =>
        new(Guid.NewGuid(), new Money(amount, currency), [.. holders ?? []], total, budget, Repeated: false);

    /// <summary>
    /// The counters are the sums of the ledger's rows, and each holder's count is the number of uses that it reserved and nobody gave back.
    /// </summary>
    public static async Task AssertLedgerAsync(
        string promotion, PromotionUses uses, Func<string, object[], Task<string>> queryAsync)
    {
        var budgets = uses.Budgets.OrderBy(b => b.Currency, StringComparer.Ordinal);
        var money = string.Join(",", budgets.Select(b => $"{b.Currency}:{b.Reserved}/{b.Committed}"));
        Assert.Equal($"{uses.Reserved}/{uses.Committed} {money}", await queryAsync("""
            with moved as (
              select *, (kind = 'Reservation')::int - (kind in ('Commit', 'Release'))::int as reserve,
                     (kind = 'Commit')::int - (kind = 'Return')::int as commit
              from promotion_use where promotion_id = $1),
            budget as (
              select currency, sum(reserve * amount) as reserved, sum(commit * amount) as committed, sum(amount) as moved
              from moved where currency is not null group by currency)
            select format('%s/%s %s', coalesce(sum(reserve * uses), 0), coalesce(sum(commit * uses), 0),
              (select string_agg(format('%s:%s/%s', currency, reserved, committed), ',' order by currency collate "C")
               from budget where moved > 0))
            from moved
            """, [promotion]));
        Assert.Equal("0", await queryAsync("""
            with open as (
              select h.holder, count(*) as uses
              from promotion_use r cross join lateral jsonb_array_elements_text(r.holders) as h(holder)
              where r.promotion_id = $1 and r.uses > 0 and not exists (
                select from promotion_use e where e.promotion_id = r.promotion_id and e.order_id = r.order_id
                    and e.kind in ('Release', 'Return'))
              group by h.holder),
            counted as (
              select distinct on (holder) holder, uses_after as uses
              from promotion_holder_use where promotion_id = $1 order by holder, sequence desc)
            select count(*)::text from open o full join counted c using (holder) where coalesce(o.uses, 0) <> coalesce(c.uses, 0)
            """, [promotion]));
    }
}
