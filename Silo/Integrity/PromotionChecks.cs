namespace SoonShop.Silo.Integrity;

/// <summary>The ledger of promotions' uses, its counters, and the uses of each holder.</summary>
internal static class PromotionChecks
{
    private const string Recount =
        "Disable the promotion, so that nobody uses it. Compare its rows of promotion_use with the orders that they name. "
        + "Keep the database's log: something wrote past the shop.";

    public static readonly ImmutableArray<IntegrityCheck> All =
    [
        new("promotion-ledger-adds-up", Promises.NoOversell,
            "the ledger of a promotion has no gap and adds up, and each order has at most one use", """
            select format('promotion_use %s #%s', promotion_id, sequence),
                   format('after this %s: %s uses reserved, %s committed, in %s %s and %s; it is movement %s, '
                          'and they add up to %s, %s, %s and %s',
                          kind, reserved_after, committed_after, currency, amount_reserved_after, amount_committed_after,
                          place, reserved_sum, committed_sum, amount_reserved_sum, amount_committed_sum) from (
              select *, row_number() over w as place,
                     sum(reserve * uses) over w as reserved_sum, sum(commit * uses) over w as committed_sum,
                     sum(reserve * amount) over c as amount_reserved_sum, sum(commit * amount) over c as amount_committed_sum
              from promotion_movement
              window w as (partition by promotion_id order by sequence), c as (partition by promotion_id, currency order by sequence)) m
            where sequence <> place or reserved_after <> reserved_sum or committed_after <> committed_sum
               or (currency is not null
                   and (amount_reserved_after, amount_committed_after) is distinct from (amount_reserved_sum, amount_committed_sum))
            union all
            select format('promotion_use %s', promotion_id),
                   format('order %s has %s reservations and %s ends', order_id, reservations, ends)
            from (
              select promotion_id, order_id, count(*) filter (where kind = 'Reservation') as reservations,
                     count(*) filter (where kind in ('Commit', 'Release')) as ends
              from promotion_use group by promotion_id, order_id) o
            where reservations <> 1 or ends > 1
            """, Recount) { Always = true },
        new("promotion-counters-match-ledger", Promises.NoOversell, "the counters of a promotion are the sums of its ledger", """
            select format('promotion %s', promotion_id),
                   format('the counters say %s uses reserved, %s committed after %s movements; the ledger %s, %s after %s',
                          p.reserved, p.committed, p.movements, l.reserved, l.committed, l.movements)
            from promotion p
            full join (select promotion_id, sum(reserve * uses) as reserved, sum(commit * uses) as committed, max(sequence) as movements
                       from promotion_movement group by promotion_id) l using (promotion_id)
            where (coalesce(p.reserved, 0), coalesce(p.committed, 0), coalesce(p.movements, 0))
               is distinct from (coalesce(l.reserved, 0), coalesce(l.committed, 0), coalesce(l.movements, 0))
            union all
            select format('promotion %s', promotion_id),
                   format('the counters say %s and %s %s reserved and committed; the ledger %s and %s',
                          b.reserved, b.committed, currency, l.reserved, l.committed)
            from (select p.promotion_id, b ->> 'currency' as currency,
                         pg_temp.number_of(b ->> 'reserved') as reserved, pg_temp.number_of(b ->> 'committed') as committed
                  from promotion p, jsonb_array_elements(p.budgets) b) b
            full join (select promotion_id, currency, sum(reserve * amount) as reserved, sum(commit * amount) as committed
                       from promotion_movement where currency is not null group by promotion_id, currency) l using (promotion_id, currency)
            where (coalesce(b.reserved, 0), coalesce(b.committed, 0)) is distinct from (coalesce(l.reserved, 0), coalesce(l.committed, 0))
            """, Recount) { Always = true },
        new("promotion-holders-add-up", Promises.NoOversell,
            "the uses of each customer and code are those that reservations name and nobody gave back", """
            select format('promotion %s', promotion_id),
                   format('%s has %s uses counted and %s reserved or committed', holder, c.uses, o.uses)
            from (select distinct on (promotion_id, holder) promotion_id, holder, uses_after as uses
                  from promotion_holder_use order by promotion_id, holder, sequence desc) c
            full join (
              select r.promotion_id, h.holder, sum(m.change) as uses
              from promotion_use r cross join lateral jsonb_array_elements_text(pg_temp.list_of(r.holders)) as h(holder)
              join (select promotion_id, order_id, sum((reserve + commit) * uses) as change
                    from promotion_movement group by promotion_id, order_id) m
                on m.promotion_id = r.promotion_id and m.order_id = r.order_id
              where r.kind = 'Reservation'
              group by r.promotion_id, h.holder) o using (promotion_id, holder)
            where coalesce(c.uses, 0) <> coalesce(o.uses, 0)
            """, Recount) { Always = true },
        new("promotion-uses-as-ordered", Promises.NoOversell,
            "each use belongs to an order: reserved while it awaits its payment, committed when it is bought, given back when it is called "
                + "off", """
            select format('order %s', coalesce(u.order_id, l.order_id)::uuid),
                   format('%s; it names a use of promotion %s of %s %s, and the ledger has %s reserved, %s committed, with %s %s',
                          coalesce(p.status, 'not there'), coalesce(u.promotion_id, l.promotion_id), coalesce(u.amount, 0), u.currency,
                          coalesce(l.reserved, 0), coalesce(l.committed, 0), coalesce(l.amount, 0), l.currency)
            from ordered_use u
            full join (
              select promotion_id, replace(order_id::text, '-', '') as order_id, sum(reserve * uses) as reserved,
                     sum(commit * uses) as committed, max(amount) filter (where kind = 'Reservation') as amount, max(currency) as currency
              from promotion_movement group by promotion_id, order_id) l using (promotion_id, order_id)
            left join purchase p on p.id = order_id
            where not exists (select from busy b where b.id = order_id)
              and case when u.order_id is null then l.reserved <> 0 or l.committed <> 0
                       when p.status = 'awaitingPayment' then l.reserved is distinct from 1 or l.amount is distinct from u.amount
                       when p.status in ('confirmed', 'shipped', 'delivered', 'refunded')
                         then l.committed is distinct from 1 or l.reserved is distinct from 0 or l.amount is distinct from u.amount
                       when p.status in ('rejected', 'expired', 'cancelled') then l.reserved <> 0 or l.committed <> 0
                       else false end
            """, "A bought order keeps its price. " + Recount),
        new("promotion-limits-hold", Promises.NoOversell, "no use was reserved beyond the limits that its order was priced with", """
            select format('order %s', u.order_id::uuid),
                   format('use %s of %s of promotion %s, %s of %s %s', m.reserved_after + m.committed_after, u.total_limit, u.promotion_id,
                          m.amount_reserved_after + m.amount_committed_after, u.budget_limit, u.currency)
            from ordered_use u
            join promotion_movement m on m.promotion_id = u.promotion_id and m.order_id = u.order_id::uuid
                and m.kind = 'Reservation' and m.uses = 1
            where m.reserved_after + m.committed_after > u.total_limit
               or (m.amount > 0 and m.amount_reserved_after + m.amount_committed_after > u.budget_limit)
               or exists (select from jsonb_array_elements(u.holders) h join promotion_holder_use c
                            on c.promotion_id = u.promotion_id and c.holder = h ->> 'key' and c.sequence = m.sequence
                          where c.uses_after > pg_temp.number_of(h ->> 'limit'))
            """, Recount) { Always = true },
    ];
}
