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
                select format('stock_ledger %s #%s', item, sequence),
                       format('%s on hand and %s reserved after this %s; it is movement %s, and they add up to %s and %s',
                              on_hand_after, reserved_after, kind, place, on_hand_sum, reserved_sum) from (
                  select *, row_number() over w as place, sum(on_hand) over w as on_hand_sum, sum(reserved) over w as reserved_sum
                  from movement window w as (partition by item order by sequence)) m
                where sequence <> place or on_hand_after <> on_hand_sum or reserved_after <> reserved_sum
                   or on_hand_after < reserved_after or reserved_after < 0
                """, Recount) { Always = true },
        new("counters-match-ledger", Promises.NoOversell, "the counters of an article are its ledger's last", """
            select format('stock %s', item),
                   format('the counters say %s on hand, %s reserved after %s movements; the ledger %s, %s after %s',
                          s.on_hand, s.reserved, s.movements, l.on_hand_after, l.reserved_after, l.sequence)
            from stock s full join (select distinct on (item) * from movement order by item, sequence desc) l using (item)
            where (coalesce(s.on_hand, 0), coalesce(s.reserved, 0), coalesce(s.movements, 0))
               is distinct from (coalesce(l.on_hand_after, 0), coalesce(l.reserved_after, 0), coalesce(l.sequence, 0))
            """, Recount) { Always = true },
        new("reserved-is-held", Promises.NoOversell, "what an article has reserved is what orders hold of it", """
            select format('stock %s', item), format('%s reserved, but orders hold %s', s.reserved, h.units)
            from stock s full join (select item, sum(reserved) as units from held_item group by item) h using (item)
            where coalesce(s.reserved, 0) <> coalesce(h.units, 0)
            """, Recount) { Always = true },
        new("reserved-as-ordered", Promises.NoOversell, "an order reserves what its line names, once", """
            select format('order %s', h.id::uuid), format('%s of %s reserved in all, ordered %s', h.asked, h.sku, coalesce(l.units, 0))
            from held h left join line l using (id, sku)
            -- Units that move to another location are asked for twice. Other checks look at the orders that say where their units are.
            where h.id not in (select id from allocated) and coalesce(h.asked, 0) not in (0, coalesce(l.units, 0))
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
        new("reserved-where-allocated", Promises.NoOversell,
            "of an order that stands, each location has reserved what the order says, and has sold what was shipped from there", """
            select format('order %s', id::uuid),
                   format('%s; of %s the order has %s allocated, %s shipped, %s given back: %s reserved and %s taken', a.status,
                       item, a.units, a.shipped, a.released, coalesce(h.reserved, 0), -coalesce(h.on_hand, 0) + coalesce(r.units, 0))
            from allocated a left join held_item h using (id, item)
            left join (select id, item, sum(on_hand) as units from movement where kind = 'Return' group by id, item) r using (id, item)
            where a.status in ('confirmed', 'shipped', 'delivered', 'refunded') and not a.is_moving
              and not exists (select from busy b where b.id = a.id)
              and (coalesce(h.reserved, 0), -coalesce(h.on_hand, 0) + coalesce(r.units, 0))
                  is distinct from (a.units - a.shipped - a.released, a.shipped)
            """, "Compare the order with GET /inventory/{sku}/ledger?location= of each location; then adjust the stock by hand."),
        new("allocated-as-ordered", Promises.NoOversell, "an order's units are allocated to locations once", """
            select format('order %s', id::uuid), format('%s of %s are left to ship, %s are allocated', o.units, sku, a.units)
            from (select id, sku, sum(units - shipped - released)::bigint as units, bool_or(is_moving) as is_moving
                  from allocated where status = 'confirmed' group by 1, 2) a
            join (select l.id, l.sku, (l.units - coalesce(s.units, 0) - coalesce(g.units, 0))::bigint as units
                  from line l left join shipped s using (id, sku) left join given_back g using (id, sku)) o using (id, sku)
            where a.units <> o.units and not a.is_moving
            """, "The order's row was changed past the shop: restore it from a backup.") { Always = true },
        new("transferred-once", Promises.NoOversell,
            "what a transfer took from a location is in transit, lost, or in the stock of one location", """
            select format('stock-transfer %s', t.id),
                   format('%s; %s of %s sent, %s received, %s lost, %s returned; the ledger has %s at %s and %s at %s',
                       t.status, t.quantity, t.sku, t.received, t.lost, t.returned, coalesce(o.units, 0), t.origin,
                       coalesce(d.units, 0), t.destination)
            from transfer_line t
            left join (select part, item, sum(on_hand) as units from movement where id = 'adjust' and step = 'transfer' group by 1, 2) o
              on o.part = replace(t.id::text, '-', '')
                and o.item = case t.origin when 'default' then t.sku else t.sku || '@' || t.origin end
            left join (select part, item, sum(on_hand) as units from movement where id = 'adjust' and step = 'transfer' group by 1, 2) d
              on d.part = replace(t.id::text, '-', '')
                and d.item = case t.destination when 'default' then t.sku else t.sku || '@' || t.destination end
            where not t.is_moving
              and ((coalesce(o.units, 0), coalesce(d.units, 0)) is distinct from (t.returned - t.quantity, t.received)
                or t.received + t.lost + t.returned > t.quantity)
            """, "Compare the transfer with GET /inventory/{sku}/ledger?location= of both locations, and adjust the one that differs."),
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
            select format('stock %s', s.item), format('%s on hand, but there is no product of that name', s.on_hand)
            from stock s left join grain_state_product p on p.state_name = 'product' and p.grain_key = 'sku/' || s.sku
                and p.state is not null
            where p.grain_key is null
            """, "Make the product again (POST /products), then archive it if it is not to be sold.") { Always = true },
        new("stock-index", Promises.NoOversell, "the search sees the stock that there is", """
            select format('stock %s', item),
                   format('the index says %s available, the counters %s', index ->> 'available', on_hand - reserved)
            from stock where pg_temp.number_of(index ->> 'available') is distinct from on_hand - reserved
            """, "Any adjustment of the article writes its index anew.") { Always = true },
    ];
}
