namespace SoonShop.Silo.Integrity;

/// <summary>That no order is lost, forgotten, or somebody else's.</summary>
internal static class OrderChecks
{
    public static readonly ImmutableArray<IntegrityCheck> All =
    [
        new("order-goes-on", Promises.NoLostOrder, "an order that is not at its end has somebody who brings it there", """
            select format('order %s', p.id::uuid), format('%s since %s, and nothing is scheduled that would look at it',
                          p.status, to_char(p.placed_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'))
            from purchase p
            where p.status in ('pending', 'awaitingPayment')
              and not exists (select from pending e where e.stream_namespace = 'checkout' and e.stream_key = p.id)
              and not exists (select from event_delivery d where d.status = 'waiting' and d.stream_namespace = 'checkout'
                  and d.stream_key = p.id)
              and not exists (select from open_checkout c where c.grain_key = p.id)
            """, "Look for a dead letter of handler checkout-reminder (GET /admin/dead-letters?handler=checkout-reminder) and replay it; "
                + "without one, POST /orders/{id}/cancel makes the order look at itself.") { Always = true },
        new("placed-once", Promises.NoLostOrder, "each order was placed once", """
            select format('order %s', id::uuid),
                   format('%s, order.placed told %s times', case when p.id is null then 'not there' else 'there' end, coalesce(e.times, 0))
            from (select id, placed_at from purchase) p
            full join (select subject as id, count(*) as times from event where type = 'order.placed' group by subject) e using (id)
            cross join horizon h
            where p.id is null or (p.placed_at > h.at and e.times is distinct from 1) or e.times > 1
            """, "If the order is not there, the event's data (select data from event where type = 'order.placed' and subject = …) says "
                + "what it was: restore its row from a backup.") { Always = true },
        new("confirmed-once", Promises.NoLostOrder, "each order that was ever confirmed was confirmed once", """
            select format('order %s', id::uuid),
                   format('%s, order.confirmed told %s times', case when p.id is null then 'never confirmed' else 'confirmed' end,
                       coalesce(e.times, 0))
            from (select id, confirmed_at from purchase where confirmed_at is not null) p
            full join (select subject as id, count(*) as times from event where type = 'order.confirmed' group by subject) e using (id)
            cross join horizon h
            where p.id is null or (p.confirmed_at > h.at and e.times is distinct from 1) or e.times > 1
            """, "An event was added or removed past the shop. Send the customer the receipt by hand if it never came.") { Always = true },
        new("one-order-a-cart", Promises.Money, "no cart has two captured orders: none is placed while an earlier one can still be paid",
            """
                select format('cart %s', cart_id), format('order %s was placed before an earlier one was paid, and both are paid', id::uuid)
                from (select b.*, max(paid) over earlier as earlier_paid, max(confirmed_at) over earlier as earlier_confirmed_at
                      from bought b window earlier as (partition by cart_id
                          order by placed rows between unbounded preceding and 1 preceding)) w
                -- An order that took long to reach the database was begun before the other was paid, and came after: then times tell, if
                -- they differ by more than clocks do.
                where earlier_paid > placed or earlier_confirmed_at > placed_at + interval '2 seconds'
                union all
                -- A customer's cart has the customer's id. A guest's order that went along to it keeps the guest's cart, and is an earlier
                -- one for what is placed afterwards.
                select format('cart %s', n.cart_id),
                       format('order %s was placed before order %s, which came along with a guest''s cart, was paid, and both are paid',
                           n.id::uuid, g.id::uuid)
                from bought g join bought n on n.cart_id = g.customer_id and n.placed_at > g.assigned_at + interval '2 seconds'
                where g.placed_by is null and (g.paid > n.placed or g.confirmed_at > n.placed_at + interval '2 seconds')
                """, "Ask the customer which of the two orders is wanted, and refund the other: POST /admin/orders/{id}/refunds."),
        new("cart-let-go", Promises.Repeatable, "a cart has let go of what was bought", """
            select format('cart %s', p.cart_id), format('it does not know that order %s took its lines', p.id::uuid)
            from purchase p join state s on s.state_name = 'cart' and s.key = replace(p.cart_id::text, '-', '') and s.readable
            where p.status in ('confirmed', 'shipped', 'delivered', 'refunded') and not exists (select from busy b where b.id = p.id)
              and s.body ->> 'isErased' is distinct from 'true'
              and p.placed_at > coalesce(pg_temp.time_of(s.body ->> 'orderedUntil'), '-infinity')
              and not exists (select from jsonb_array_elements(pg_temp.list_of(s.body -> 'ordered')) o
                  where pg_temp.uuid_of(o ->> 'orderId') = p.id::uuid)
            """, "The customer sees bought lines in the cart again: empty them with the customer, or have the customer do it."),
        new("draft-is-one-order", Promises.Repeatable, "a sent draft has one order that was not rejected, and others have none", """
            select format('draft order %s', coalesce(d.key, o.key)::uuid),
                   format('%s, order %s; orders that name it: %s', coalesce(d.status, 'not there'), coalesce(d.order_id::text, 'none'),
                          coalesce(array_to_string(o.ids, ', '), 'none'))
            from (select key, body ->> 'status' as status, pg_temp.uuid_of(body ->> 'orderId') as order_id,
                         body ->> 'sendingBy' is not null as is_sending
                  from state where state_name = 'draft-order' and readable) d
            full join (select replace(draft_id::text, '-', '') as key, array_agg(id::uuid order by id) as ids
                       from purchase where draft_id is not null and status <> 'rejected' group by draft_id) o using (key)
            where cardinality(o.ids) > 1
               or d.status = 'sent' and o.ids is distinct from array[d.order_id]
               -- While it is being sent, its order may be placed already.
               or d.status <> 'sent' and not d.is_sending and o.ids is not null
            """, "If there are two orders, cancel the one that the customer does not want: POST /orders/{id}/cancel. Otherwise the draft's "
                + "row was changed past the shop: restore it from a backup.") { Always = true },
        new("order-index", Promises.Privacy, "lists show an order to its buyer, and to nobody else", """
            select format('order %s', id::uuid),
                   format('it belongs to customer %s, cart %s, and is %s; its index says %s, %s, %s, and lists show it to %s',
                          coalesce(p.customer_id::text, 'nobody'), cart_id, status, coalesce(index ->> 'customerId', 'nobody'),
                          index ->> 'cartId', index ->> 'status', coalesce(e.customer_id, e.guest_cart_id)::text)
            from purchase p left join order_entry e on e.grain_key = p.id
            where (pg_temp.uuid_of(index ->> 'customerId'), pg_temp.uuid_of(index ->> 'cartId'),
                index ->> 'status') is distinct from (p.customer_id, cart_id, status)
               or pg_temp.time_of(index ->> 'placedAt') is distinct from p.placed_at or e.placed_at is distinct from p.placed_at
               or (e.customer_id, e.guest_cart_id) is distinct from (p.customer_id,
                   case when cart_id is distinct from p.customer_id then cart_id end)
            """, "Its row was changed past the shop: restore state and index of grain_state_order from a backup, with no silo running. "
                + "Where the index is right, remove its row of order_entry, and select fill_order_entries(left('…', 31), 1).")
                { Always = true },
        new("order-of-an-account", Promises.Privacy, "an order's customer exists", """
            select format('order %s', p.id::uuid), format('there is no account %s', p.customer_id)
            from purchase p left join account a on a.key = replace(p.customer_id::text, '-', '')
            where p.customer_id is not null and a.key is null
            """, "An account's row was removed past the shop; what should be gone is erased by DELETE /me. Restore the row from a backup.")
            { Always = true },
    ];
}
