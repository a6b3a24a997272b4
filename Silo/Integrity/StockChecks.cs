namespace SoonShop.Silo.Integrity;

/// <summary>The ledger, its counters, and what stands in no other place: how many units there are and for whom.</summary>
internal static class StockChecks
{
    private const string Recount =
        "Stop selling it (archive the product), count the shelf, and compare with GET /inventory/{sku}/ledger; then adjust by POST "
            + "/inventory/{sku}/adjustments. Keep the database's log: something wrote past the shop.";

    public static readonly ImmutableArray<IntegrityCheck> All =
    [
        new("ledger-adds-up", Promises.NoOversell,
            "the ledger of an article has no gap and adds up, and never more is reserved than there is", """
                select format('stock_ledger %s #%s', sku, sequence),
                       format('%s on hand and %s reserved after this %s; it is movement %s, and they add up to %s and %s',
                              on_hand_after, reserved_after, kind, place, on_hand_sum, reserved_sum) from (
                  select *, row_number() over w as place, sum(on_hand) over w as on_hand_sum, sum(reserved) over w as reserved_sum
                  from movement window w as (partition by sku order by sequence)) m
                where sequence <> place or on_hand_after <> on_hand_sum or reserved_after <> reserved_sum
                   or on_hand_after < reserved_after or reserved_after < 0
                """, Recount) { Always = true },
        new("counters-match-ledger", Promises.NoOversell, "the counters of an article are its ledger's last", """
            select format('stock %s', sku),
                   format('the counters say %s on hand, %s reserved after %s movements; the ledger %s, %s after %s',
                          s.on_hand, s.reserved, s.movements, l.on_hand_after, l.reserved_after, l.sequence)
            from stock s full join (select distinct on (sku) * from movement order by sku, sequence desc) l using (sku)
            where (coalesce(s.on_hand, 0), coalesce(s.reserved, 0), coalesce(s.movements, 0))
               is distinct from (coalesce(l.on_hand_after, 0), coalesce(l.reserved_after, 0), coalesce(l.sequence, 0))
            """, Recount) { Always = true },
        new("reserved-is-held", Promises.NoOversell, "what an article has reserved is what orders hold of it", """
            select format('stock %s', sku), format('%s reserved, but orders hold %s', s.reserved, h.units)
            from stock s full join (select sku, sum(reserved) as units from held group by sku) h using (sku)
            where coalesce(s.reserved, 0) <> coalesce(h.units, 0)
            """, Recount) { Always = true },
        new("reserved-as-ordered", Promises.NoOversell, "an order reserves what its line names, once", """
            select format('order %s', h.id::uuid), format('%s of %s reserved in all, ordered %s', h.asked, h.sku, coalesce(l.units, 0))
            from held h left join line l using (id, sku)
            where coalesce(h.asked, 0) not in (0, coalesce(l.units, 0))
            """, "Compare the order with GET /inventory/{sku}/ledger; what was reserved too much is put back by an adjustment of the same "
                + "number.") { Always = true },
        new("sold-as-ordered", Promises.NoOversell,
            "of an order that stands, what was shipped has left the stock, what is to ship is reserved, and what came back is in stock", """
            select format('order %s', id::uuid),
                   format('%s; %s of %s ordered, %s shipped, %s cancelled, %s restocked: %s taken and %s reserved, not %s and %s',
                          status, units, sku, shipped, cancelled, restocked, -on_hand, reserved, -should_on_hand, should_reserved)
            from (
              select l.id, l.sku, l.units, p.status, coalesce(m.on_hand, 0) as on_hand, coalesce(m.reserved, 0) as reserved, q.*,
                     case when p.sells_when_shipped then q.restocked - q.shipped else q.cancelled + q.restocked - l.units
                         end as should_on_hand,
                     case when p.sells_when_shipped then l.units - q.shipped - q.cancelled else 0 end as should_reserved
              from line l join purchase p using (id)
              left join held m using (id, sku) left join given_back g using (id, sku) left join shipped s using (id, sku)
              left join (select id, sku, sum(restocked)::bigint as restocked from returned group by 1, 2) r using (id, sku)
              cross join lateral (select coalesce(s.units, 0) as shipped, coalesce(g.units, 0) as cancelled,
                  coalesce(r.restocked, 0) as restocked) q
              where p.status in ('confirmed', 'shipped', 'delivered', 'refunded')
                and not exists (select from busy b where b.id = p.id)) x
            where (on_hand, reserved) is distinct from (should_on_hand, should_reserved)
            """, "Any write to the order makes it look again (POST /admin/orders/{id}/deliver, say); if the ledger stays as it is, adjust "
                + "the stock by hand and refund what cannot be sent."),
        new("gives-back-what-was-ordered", Promises.NoOversell, "an order gives back no more than it ordered", """
            select format('order %s', g.id::uuid), format('%s of %s given back, %s ordered', g.units, g.sku, coalesce(l.units, 0))
            from given_back g left join line l using (id, sku)
            where g.units not between 1 and coalesce(l.units, 0)
            """,
            "Compare the order with GET /inventory/{sku}/ledger, and take what came back too much off by an adjustment of the same number.")
            { Always = true },
        new("units-in-one-place", Promises.NoOversell, "each unit of an order is to ship, shipped or cancelled, and none twice", """
            select format('order %s', p.id::uuid),
                   format('%s; of %s %s ordered, %s shipped, %s cancelled', p.status, sku, coalesce(l.units, 0), coalesce(s.units, 0),
                       coalesce(g.units, 0))
            from shipped s full join given_back g using (id, sku) left join line l using (id, sku) join purchase p using (id)
            where coalesce(s.units, 0) + coalesce(g.units, 0) > coalesce(l.units, 0)
               or p.status in ('shipped', 'delivered') and p.sells_when_shipped
                   and coalesce(s.units, 0) + coalesce(g.units, 0) <> coalesce(l.units, 0)
            """, "The order's row was changed past the shop: restore it from a backup.") { Always = true },
        new("returned-as-shipped", Promises.NoOversell,
            "of no order more units come back than were shipped; of those that arrive, each is restocked or written off", """
            select format('order %s', id::uuid),
                   format('%s of %s arrived in returns, %s were shipped', r.units, sku, coalesce(s.units, l.units))
            from (select id, sku, sum(good + damaged) as units from returned group by 1, 2) r
            join purchase p using (id) left join line l using (id, sku) left join shipped s using (id, sku)
            where r.units > coalesce(s.units, case when p.sells_when_shipped then 0 else l.units end, 0)
            union all
            select format('order %s', id::uuid),
                   format('return %s: %s of %s requested; %s good, %s damaged, %s missing, %s restocked',
                       return_id, requested, sku, good, damaged, missing, restocked)
            from returned
            where good + damaged + missing is distinct from requested or restocked not between 0 and good
               or status not in ('received', 'refunded')
            """, "The order's row was changed past the shop: restore it from a backup.") { Always = true },
        new("refunded-as-ordered", Promises.Money, "refunds name no more units than were ordered", """
            select format('order %s', id::uuid), format('refunds name %s of %s, %s ordered', r.units, sku, coalesce(l.units, 0))
            from refunded_units r left join line l using (id, sku) where r.units > coalesce(l.units, 0)
            """, "Compare the order with the payment provider's refunds; what was refunded too much cannot be taken back.")
            { Always = true },
        new("awaiting-holds-stock", Promises.NoOversell, "an order that awaits its payment holds its stock", """
            select format('order %s', l.id::uuid), format('%s of %s ordered, %s held', l.units, l.sku, coalesce(h.reserved, 0))
            from line l join purchase p using (id) left join held h using (id, sku)
            where p.status = 'awaitingPayment' and not exists (select from busy b where b.id = p.id) and h.reserved is distinct from l.units
            """, "Cancel the order (POST /orders/{id}/cancel): paid now, it could not be filled. Then look in the ledger for who took the "
                + "units."),
        new("called-off-gives-back", Promises.NoOversell, "an order that was called off has given its stock back", """
            select format('order %s', m.id::uuid),
                   format('%s; of %s it still holds %s and has taken %s', coalesce(p.status, 'not there'), m.sku, m.reserved, -m.on_hand)
            from held m left join purchase p using (id)
            where (p.status is null or p.status in ('rejected', 'expired', 'cancelled'))
              and not exists (select from busy b where b.id = m.id)
              and (m.on_hand <> 0 or m.reserved <> 0)
            """, "Put the units back by POST /inventory/{sku}/adjustments once you know that nobody has them."),
        new("stock-of-a-product", Promises.NoOversell, "stock belongs to a product", """
            select format('stock %s', s.sku), format('%s on hand, but there is no product of that name', s.on_hand)
            from stock s left join grain_state_product p on p.state_name = 'product' and p.grain_key = 'sku/' || s.sku
                and p.state is not null
            where p.grain_key is null
            """, "Make the product again (POST /products), then archive it if it is not to be sold.") { Always = true },
        new("stock-index", Promises.NoOversell, "the search sees the stock that there is", """
            select format('stock %s', sku),
                   format('the index says %s available, the counters %s', index ->> 'available', on_hand - reserved)
            from stock where pg_temp.number_of(index ->> 'available') is distinct from on_hand - reserved
            """, "Any adjustment of the article writes its index anew.") { Always = true },
    ];
}
