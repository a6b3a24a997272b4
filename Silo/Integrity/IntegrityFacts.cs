namespace SoonShop.Silo.Integrity;

/// <summary>
/// What the checks speak of, read once from the snapshot into temporary tables: they live on the server's disk, so that neither its
/// memory nor this process's grows with the shop. What is large already, the ledger and the events, is a view instead.
/// </summary>
internal static class IntegrityFacts
{
    /// <summary>
    /// Bytes as JSON, and values as what they should be; null where they are not: one row that cannot be read must not hide what is wrong
    /// with the others. <c>state-is-readable</c> tells of it.
    /// </summary>
    public const string Functions = """
        create function pg_temp.json_of(bytes bytea) returns jsonb language plpgsql immutable as $$
        begin
          return convert_from(bytes, 'UTF8')::jsonb;
        exception when others then
          return null;
        end $$;
        create function pg_temp.number_of(v text) returns bigint language sql immutable as $$
          select case when v ~ '^-?[0-9]{1,18}$' then v::bigint end $$;
        create function pg_temp.uuid_of(v text) returns uuid language sql immutable as $$
          select case when v ~* '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$' then v::uuid end $$;
        -- Of the right form, it may still be a day that no calendar has. To catch that costs more than all the rest, and only the last days
        -- of months need it.
        create function pg_temp.day_of_time_of(v text) returns timestamptz language plpgsql stable as $$
        begin
          return case when v ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$'
              then v::timestamptz end;
        exception when data_exception then
          return null;
        end $$;
        create function pg_temp.time_of(v text) returns timestamptz language sql stable as $$
          select case when v ~ ('^[1-9][0-9]{3}-(0[1-9]|1[0-2])-([01][1-9]|10|2[0-8])T'
                                '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$')
                      then v::timestamptz else pg_temp.day_of_time_of(v) end $$;
        create function pg_temp.list_of(v jsonb) returns jsonb language sql immutable as $$
          select case when jsonb_typeof(v) = 'array' then v end $$;
        -- The id of the notification that an event brings: Deterministic.Id("notification", event).
        create function pg_temp.notification_of(event text) returns text language sql immutable as $$
          select encode(set_byte(set_byte(d, 6, (get_byte(d, 6) & 15) | 128), 8, (get_byte(d, 8) & 63) | 128), 'hex')::uuid::text
          from substr(sha256(int4send(12) || 'notification'::bytea || int4send(octet_length(event)) || convert_to(event, 'UTF8')), 1,
              16) d $$
        """;

    public static readonly (string Name, string Sql)[] Views =
    [
        ("movement", """
            -- A movement is of an item: of a SKU, or of a SKU at a location other than the default one.
            select sku as item, split_part(sku, '@', 1) as sku, sequence, kind, on_hand_after, reserved_after,
                   split_part(operation_id, '/', 1) as id, split_part(operation_id, '/', 2) as step,
                   split_part(operation_id, '/', 3) as part,
                   case when kind in ('Adjustment', 'Sale', 'Return', 'Transfer') then delta else 0 end as on_hand,
                   case when kind in ('Reservation', 'Sale', 'Release') then delta else 0 end as reserved
            from stock_ledger
            """),
        // From which counter to which uses and amount move.
        ("promotion_movement", """
            select *, (kind = 'Reservation')::int - (kind in ('Commit', 'Release'))::int as reserve,
                   (kind = 'Commit')::int - (kind = 'Return')::int as commit
            from promotion_use
            """),
        // What states told of: events, and acts for the audit log. Of a scheduled event, the time says nothing of its age.
        ("told", """
            select id, source, sequence, case when not_before > time then null else time end as at from event where sequence > 0
            union all
            select event_id, substring(event_id from '^(.*)#[0-9]+$'), substring(event_id from '#([0-9]+)$')::bigint, at
            from audit_log where event_id is not null
            """),
    ];

    /// <summary>
    /// The tables, each by those before it. They are analyzed once they are filled: what a check joins has figures that the planner knows.
    /// What is made of JSON by a common table expression has none, and is guessed at.
    /// </summary>
    /// <param name="money">What the payment provider has taken: a query for id, reference, amount and refunded.</param>
    /// <param name="retentionDays">For how long events are kept for certain.</param>
    /// <param name="atRest">True where the shop has come to rest: then nothing is excused by being under way.</param>
    public static IEnumerable<(string Name, string Sql)> Tables(string money, int retentionDays, bool atRest) =>
    [
        // Since when no event can have been removed for its age. The oldest tells, should the days have been fewer before.
        ("horizon", $"""
            select case when s.born > now() - interval '{retentionDays} days' and s.born > r.removed_before
                and not e.trimmed then '-infinity'
                        else greatest(now() - interval '{retentionDays} days', r.removed_before,
                            case when e.trimmed then e.oldest else '-infinity' end) + interval '1 hour' end as at
            from (select min(applied)::timestamptz as born from schema_version) s
            cross join (select coalesce(max(removed_before), '-infinity') as removed_before from integrity_audit) r
            cross join lateral (select min(time) as oldest, coalesce(min(time) > s.born + interval '2 days', false) as trimmed from event) e
            """),
        // Events that not every handler is done with, the scheduled ones included.
        ("pending", """
            select e.id, e.type, e.subject, e.stream_namespace, e.stream_key, e.time, e.not_before, e.due_at
            from stream_queue q join event e on e.queue = q.id and e.due_at is null and e.position > q.watermark
                and not e.position <@ q.done_ranges
            left join (select id as queue, unnest(done) as position from stream_queue) d on d.queue = e.queue and d.position = e.position
            where d.position is null
            union all
            select id, type, subject, stream_namespace, stream_key, time, not_before, due_at from event where due_at is not null
            """),
        // Each is read as JSON once. Kept answers are encrypted, tell nothing, and go after a day. Not every aggregate's events are told of
        // under the name of its state.
        ("state", StateOf("pg_temp.json_of(g.state)")),
        ("purchase", """
            select g.key as id, o.body ->> 'status' as status,
                   pg_temp.uuid_of(coalesce(o.body ->> 'customerId', o.body ->> 'accountId')) as customer_id,
                   pg_temp.uuid_of(o.body ->> 'customerId') as placed_by, pg_temp.uuid_of(o.body ->> 'cartId') as cart_id,
                   pg_temp.uuid_of(o.body ->> 'draftId') as draft_id,
                   -- When a guest's order went along to the account that it belongs to.
                   pg_temp.time_of(o.body ->> 'assignedAt') as assigned_at,
                   pg_temp.number_of(o.body #>> '{totals,total}') as total,
                   -- The new order of an exchange: what the payment of the earlier order pays of it.
                   coalesce(pg_temp.number_of(o.body #>> '{credit,amount}'), 0) as credit, o.body #>> '{credit,creditId}' as credit_id,
                   replace(o.body #>> '{credit,fromOrderId}', '-', '') as credit_from, o.body ->> 'currency' as currency,
                   pg_temp.time_of(o.body #>> '{timeline,0,at}') as placed_at, pg_temp.time_of(o.body ->> 'paymentDeadline') as deadline,
                   (select min(pg_temp.time_of(t ->> 'at')) from jsonb_array_elements(pg_temp.list_of(o.body -> 'timeline')) t
                       where t ->> 'status' = 'confirmed') as confirmed_at,
                   pg_temp.list_of(o.body #> '{totals,lines}') as lines, pg_temp.list_of(o.body -> 'backInStock') as back_in_stock,
                   -- Older versions sold an order's units when it was confirmed, and knew no parcels.
                   o.body ->> 'sellsWhenShipped' is not distinct from 'true' as sells_when_shipped,
                   pg_temp.list_of(o.body -> 'allocations') as allocations,
                   pg_temp.list_of(o.body -> 'shipments') as shipments, pg_temp.list_of(o.body -> 'returns') as returns,
                   pg_temp.list_of(o.body -> 'refunds') as refunds,
                   pg_temp.number_of(o.body #>> '{payment,captured,amount}') as captured,
                   pg_temp.number_of(o.body #>> '{payment,refunded,amount}') as refunded, g.index
            from state g cross join lateral (select g.body -> 'order' as body offset 0) o
            where g.state_name = 'order' and jsonb_typeof(o.body) = 'object'
            """),
        // Silos' clocks differ a little: what came first, the order tells in which the database took events in.
        ("bought", """
            select p.id, p.cart_id, p.customer_id, p.placed_by, p.assigned_at, p.placed_at, p.confirmed_at, e.placed, e.paid
            from purchase p
            join (select subject as id, min(position) filter (where type = 'order.placed') as placed,
                min(position) filter (where type = 'order.confirmed') as paid
                  from event where type in ('order.placed', 'order.confirmed') group by subject) e using (id)
            where p.status in ('confirmed', 'shipped', 'delivered')
            """),
        ("line", """
            select p.id, l ->> 'sku' as sku, sum(pg_temp.number_of(l ->> 'quantity'))::bigint as units
            from purchase p, jsonb_array_elements(p.lines) as l group by 1, 2
            """),
        // Units that an order has given back after its sale.
        ("given_back", """
            select p.id, u ->> 'sku' as sku, sum(pg_temp.number_of(u ->> 'quantity'))::bigint as units
            from purchase p, jsonb_array_elements(p.back_in_stock) as u group by 1, 2
            """),
        // Units that parcels took, that came back in returns, and that refunds name.
        ("shipped", """
            select p.id, u ->> 'sku' as sku, sum(pg_temp.number_of(u ->> 'quantity'))::bigint as units
            from purchase p, jsonb_array_elements(p.shipments) as s, jsonb_array_elements(pg_temp.list_of(s -> 'lines')) as u group by 1, 2
            """),
        ("returned", """
            select p.id, r ->> 'id' as return_id, r ->> 'status' as status, u ->> 'sku' as sku,
                   pg_temp.number_of(u ->> 'good') as good, pg_temp.number_of(u ->> 'damaged') as damaged,
                   pg_temp.number_of(u ->> 'missing') as missing, pg_temp.number_of(u ->> 'restocked') as restocked,
                   (select sum(pg_temp.number_of(l ->> 'quantity')) from jsonb_array_elements(pg_temp.list_of(r -> 'lines')) l
                       where l ->> 'sku' = u ->> 'sku') as requested
            from purchase p, jsonb_array_elements(p.returns) as r, jsonb_array_elements(pg_temp.list_of(r -> 'received')) as u
            """),
        ("refunded_units", """
            select p.id, u ->> 'sku' as sku, sum(pg_temp.number_of(u ->> 'quantity'))::bigint as units
            from purchase p, jsonb_array_elements(p.refunds) as r, jsonb_array_elements(pg_temp.list_of(r -> 'lines')) as u group by 1, 2
            """),
        ("stock", """
            select substr(key, 5) as item, split_part(substr(key, 5), '@', 1) as sku, pg_temp.number_of(body ->> 'onHand') as on_hand,
                   pg_temp.number_of(body ->> 'reserved') as reserved, pg_temp.number_of(body ->> 'movements') as movements, index
            from state where state_name = 'inventory'
            """),
        ("promotion", """
            select key as promotion_id, pg_temp.number_of(body ->> 'reserved') as reserved,
                   pg_temp.number_of(body ->> 'committed') as committed,
                   pg_temp.number_of(body ->> 'movements') as movements, pg_temp.list_of(body -> 'budgets') as budgets
            from state where state_name = 'promotion-uses'
            """),
        // The uses of limited promotions that orders were priced with. The key of a promotion's counters is Promotion.GrainKey.
        ("ordered_use", """
            select g.key as order_id, 'promotion/' || (u ->> 'promotionId') as promotion_id,
                   pg_temp.number_of(u #>> '{amount,amount}') as amount, u #>> '{amount,currency}' as currency,
                   pg_temp.number_of(u ->> 'totalLimit') as total_limit,
                   pg_temp.number_of(u ->> 'budgetLimit') as budget_limit, pg_temp.list_of(u -> 'holders') as holders
            from state g cross join lateral jsonb_array_elements(pg_temp.list_of(g.body #> '{order,promotionUses}')) u
            where g.state_name = 'order'
            """),
        // What each order has asked for, holds, and has taken home, of each article at each location; and of each article.
        ("held_item", """
            select id, item, sku, sum(reserved) filter (where kind = 'Reservation') as asked, sum(reserved) as reserved,
                   sum(on_hand) as on_hand
            from movement where id <> 'adjust' group by id, item, sku
            """),
        ("held", """
            select id, sku, sum(asked) as asked, sum(reserved) as reserved, sum(on_hand) as on_hand from held_item group by id, sku
            """),
        // Where orders say that their units are reserved. Units that are being moved count where they come from.
        ("allocated", """
            select p.id, p.status, a ->> 'sku' as sku,
                   case a ->> 'location' when 'default' then a ->> 'sku' else (a ->> 'sku') || '@' || (a ->> 'location') end as item,
                   sum(pg_temp.number_of(a ->> 'units'))::bigint as units,
                   sum(coalesce(pg_temp.number_of(a ->> 'shipped'), 0))::bigint as shipped,
                   sum(coalesce(pg_temp.number_of(a ->> 'released'), 0))::bigint as released,
                   bool_or(coalesce(a ->> 'isPending', 'false') = 'true') as is_moving
            from purchase p, jsonb_array_elements(p.allocations) as a group by 1, 2, 3, 4
            """),
        ("transfer_line", """
            select g.key::uuid as id, g.body ->> 'status' as status, g.body ->> 'from' as origin, g.body ->> 'to' as destination,
                   l ->> 'sku' as sku, pg_temp.number_of(l ->> 'quantity') as quantity,
                   coalesce(pg_temp.number_of(l ->> 'received'), 0) as received, coalesce(pg_temp.number_of(l ->> 'lost'), 0) as lost,
                   coalesce(pg_temp.number_of(l ->> 'returned'), 0) as returned,
                   g.body ->> 'status' in ('leaving', 'returning')
                     or exists (select from jsonb_array_elements(pg_temp.list_of(g.body -> 'receipts')) r
                                where coalesce(r ->> 'done', 'false') <> 'true') as is_moving
            from state g cross join lateral jsonb_array_elements(pg_temp.list_of(g.body -> 'lines')) l
            where g.state_name = 'stock-transfer'
            """),
        // What payments pay, or hold, for other orders; and what they have refunded of it.
        ("credit", """
            select p.key as id, c ->> 'id' as credit_id, replace(c ->> 'orderId', '-', '') as order_id,
                   pg_temp.number_of(c ->> 'amount') as amount, coalesce(c ->> 'isUsed', 'false') = 'true' as is_used,
                   coalesce((select sum(pg_temp.number_of(r ->> 'amount')) from jsonb_array_elements(pg_temp.list_of(p.body -> 'refunds')) r
                             where r ->> 'creditId' = c ->> 'id' and r ->> 'reference' is not null
                               and r ->> 'status' is distinct from 'failed'), 0) as refunded
            from state p cross join lateral jsonb_array_elements(pg_temp.list_of(p.body -> 'credits')) c where p.state_name = 'payment'
            """),
        ("kept", """
            select p.key as id, pg_temp.number_of(p.body #>> '{terms,amount,amount}') as total,
                   p.body #>> '{terms,amount,currency}' as currency, pg_temp.uuid_of(p.body #>> '{terms,customerId}') as customer_id,
                   a.attempts, a.taken, a.captures, a.amount, a.reference, a.last, r.refunded, r.refund_ids,
                   -- For the order: with the credit that pays for it, and with what pays for other orders.
                   a.amount + coalesce(pg_temp.number_of(p.body #>> '{terms,credit,amount}'), 0) as paid,
                   coalesce(pg_temp.number_of(p.body #>> '{terms,credit,amount}'), 0) as credit,
                   r.given_back + coalesce((select sum(pg_temp.number_of(c ->> 'amount'))
                       from jsonb_array_elements(pg_temp.list_of(p.body -> 'credits')) c where c ->> 'isUsed' = 'true'), 0) as given_back,
                   r.from_credit,
                   p.body #>> '{dispute,status}' as dispute, coalesce(a.last = 'authorized', false) or u.open as in_between,
                   -- Somebody was asked, and has not answered; money that is only held waits for nobody.
                   u.open or coalesce(a.last = 'authorized' and jsonb_typeof(p.body -> 'capture') = 'object', false) as asked,
                   coalesce(p.index ->> 'inBetween', 'false') = 'true' as in_between_index
            from state p
            cross join lateral (
              select count(*) as attempts, count(*) filter (where a ->> 'status' = 'captured') as taken,
                     -- A second capture is given back as a stray.
                     count(*) filter (where a ->> 'status' = 'captured' and not coalesce(s.given_back, false)) as captures,
                     (array_agg(coalesce(pg_temp.number_of(a ->> 'capturedAmount'), pg_temp.number_of(p.body #>> '{terms,amount,amount}'))
                         order by n)
                       filter (where a ->> 'status' = 'captured'))[1] as amount,
                     (array_agg(a ->> 'reference' order by n) filter (where a ->> 'status' = 'captured'))[1] as reference,
                     p.body #>> '{attempts,-1,status}' as last
              from jsonb_array_elements(pg_temp.list_of(p.body -> 'attempts')) with ordinality as t(a, n)
              left join lateral (
                select true as given_back from jsonb_array_elements(pg_temp.list_of(p.body -> 'strays')) s
                where s ->> 'reference' = a ->> 'reference' and s ->> 'status' = 'succeeded' limit 1) s on true) a
            cross join lateral (
              select coalesce(sum(pg_temp.number_of(r ->> 'amount')) filter (where r ->> 'reference' is not null
                  and r ->> 'status' is distinct from 'failed' and coalesce(r ->> 'isFromCredit', 'false') <> 'true'), 0) as refunded,
                     coalesce(sum(pg_temp.number_of(r ->> 'amount')) filter (where r ->> 'reference' is not null
                  and r ->> 'status' is distinct from 'failed' and r ->> 'creditId' is null), 0) as given_back,
                     coalesce(sum(pg_temp.number_of(r ->> 'amount')) filter (where r ->> 'reference' is not null
                  and r ->> 'status' is distinct from 'failed' and r ->> 'isFromCredit' = 'true'), 0) as from_credit,
                     coalesce(bool_or(r ->> 'reference' is null or r ->> 'status' = 'pending'), false) as open,
                     array_agg(r ->> 'id') as refund_ids
              from jsonb_array_elements(pg_temp.list_of(p.body -> 'refunds')) r) r
            cross join lateral (
              select coalesce(a.last in ('asked', 'requiresAction', 'processing'), false) or r.open
                or jsonb_path_exists(p.body, '$.strays[*] ? (!exists(@.status) || @.status == "pending")') as open) u
            where p.state_name = 'payment'
            """),
        ("money", money),
        ("account", """
            select key, body ->> 'normalizedEmail' as email, pg_temp.time_of(body ->> 'createdAt') as created_at, body -> 'roles' as roles,
                   body #>> '{erasure,email}' as erasing_email,
                   array_remove(array[body #>> '{formerEmail,normalizedEmail}', body #>> '{emailChange,normalizedEmail}'], null)
                     || array(select jsonb_array_elements_text(pg_temp.list_of(body -> 'releasedEmails')))
                     || array(select jsonb_array_elements_text(pg_temp.list_of(body #> '{erasure,otherEmails}'))) as other_emails,
                   body #>> '{formerEmail,normalizedEmail}' as former_email,
                   pg_temp.list_of(body -> 'releasedEmails') <> '[]' as is_releasing,
                   pg_temp.time_of(body #>> '{formerEmail,undoUntil}') as undo_until, body -> 'erasure' is not null as is_erased,
                   body #>> '{erasure,completedAt}' is not null as erasure_completed, index
            from state where state_name = 'user' and readable
            """),
        // Somebody comes back to these orders: their checkout is watched, or a reminder is on its way, or waits for another attempt. That
        // of the payment's deadline says nothing before it has come.
        ("busy", $"""
            select e.stream_key as id, min(e.time) as since
            from pending e left join purchase p on p.id = e.stream_key
            where e.stream_namespace = 'checkout' and {Sql(!atRest)}
              and not coalesce(e.due_at > clock_timestamp() and abs(extract(epoch from e.not_before - p.deadline)) < 0.01, false)
            group by 1
            union
            select stream_key, event_time from event_delivery where status = 'waiting' and stream_namespace = 'checkout' and {Sql(!atRest)}
            union
            select grain_key, seen_at from open_checkout where {Sql(!atRest)}
            """),
        // Their money is being asked for: what the provider knows, the shop may be about to hear.
        ("unsettled", $"""
            select id from busy union select id from kept where asked and {Sql(!atRest)}
            """),
        // Who has which mail: a row for each reader, and for each mail that is remembered.
        ("mailbox", """
            select key, coalesce(body ->> 'isErased' = 'true', false) as is_erased,
                   coalesce(jsonb_array_length(pg_temp.list_of(body -> 'recent')), 0) as remembered
            from state where state_name = 'mail'
            """),
        ("mailed", """
            select s.key, r ->> 'notificationId' as notification
            from state s cross join lateral jsonb_array_elements(pg_temp.list_of(s.body -> 'recent')) r where s.state_name = 'mail'
            """),
        ("due_mail", """
            select e.id, e.stream_key as key, e.data ->> 'notificationId' as notification, e.data ->> 'kind' as kind, e.time
            from event e cross join horizon h
            where e.type = 'notification.due' and e.stream_namespace = 'notification-email' and e.time > h.at
            """),
        // Guests' mails that went out with the events that they tell of, or were held back.
        ("guest_mailed", """
            select s.key, r ->> 'notificationId' as notification, pg_temp.time_of(r ->> 'at') as at
            from state s cross join lateral jsonb_array_elements(pg_temp.list_of(s.body #> '{guestMails,recent}')) r
            where s.state_name = 'notification'
            """),
        // Events of which a guest must get a mail. Only while mail went out is one due: somebody had one within the hour before, and within
        // the hour after.
        ("due_guest_mail", """
            select id, key, type, at, notification
            from (select t.*, at - max(mailed_at) over (order by at rows between unbounded preceding and current row) as since_mail,
                         -- Backwards: a window that begins at the current row is summed up anew for each row.
                         min(mailed_at) over (order by at desc rows between unbounded preceding and current row) - at as until_mail
                  from (select e.id, e.stream_key as key, e.type, e.time as at, pg_temp.notification_of(e.id) as notification,
                      null::timestamptz as mailed_at
                        from event e cross join horizon h
                        where e.type in ('order.confirmed', 'order.refunded') and e.stream_namespace = 'order' and e.time > h.at
                          and e.data #>> '{order,customerId}' is null
                        union all
                        select null, null, null, at, null, at from guest_mailed where at is not null
                        union all
                        select null, null, null, time, null, time from due_mail) t) w
            where id is not null and since_mail < interval '1 hour' and until_mail < interval '1 hour'
            """),
        ("told_sum", """
            select t.source, max(sequence) as last, min(sequence) as first, min(sequence) filter (where t.at > h.at) as first_recent,
                   count(*) filter (where id is distinct from source || '#' || sequence) as misnamed,
                   count(*) = max(sequence) - min(sequence) + 1
                       and sum(sequence) * 2 = (max(sequence) + min(sequence))::numeric * count(*) as unbroken
            from told t cross join horizon h group by t.source
            """),
        // Most have no gap; the others are looked at number by number.
        ("told_by", """
            select source, last, first as unbroken_from, first_recent, misnamed from told_sum where unbroken and misnamed = 0
            union all
            select s.source, s.last, g.unbroken_from, s.first_recent, s.misnamed
            from told_sum s
            join (select source, min(sequence) filter (where sequence = last_of - place + 1) as unbroken_from
                  from (select t.source, t.sequence, max(t.sequence) over w as last_of,
                      row_number() over (w order by t.sequence desc) as place
                        from told t join told_sum b on b.source = t.source
                            and not (b.unbroken and b.misnamed = 0) window w as (partition by t.source)) n
                  group by source) g on g.source = s.source
            """),
        // Sources of which every event must still be there.
        ("whole", """
            select s.source from (
              select '/order/' || id as source, placed_at as at from purchase
              union all select '/payment/' || id, placed_at from purchase
              union all select '/user/' || key, created_at from account where not is_erased) s
            cross join horizon h where s.at > h.at and h.at > '-infinity'
            """),
    ];

    /// <summary>
    /// The states where every one can be read, as it should be: a third faster, since nothing has to be caught row by row. Fails at the
    /// first that cannot.
    /// </summary>
    public static string ReadableState => StateOf("convert_from(g.state, 'UTF8')::jsonb");

    private static string StateOf(string json) => $"""
        select g.state_name, g.grain_key as key, '/' || {AggregateOf("g.state_name")} || '/' || g.grain_key as source,
               jsonb_typeof(d.doc) is not distinct from 'object' as readable,
               coalesce(pg_temp.number_of(d.doc ->> 'sequence'), 0) as sequence,
               case when g.state_name in ('order', 'payment', 'inventory', 'promotion-uses', 'user', 'email', 'cart', 'notification',
                   'mail', 'stock-transfer', 'draft-order') then d.doc -> 'state' end as body, g.index
        from grain_state g cross join lateral (select {json} as doc offset 0) d
        where g.state is not null and g.state_name <> 'idempotency'
        """;

    /// <summary>The aggregate of which a state's name is not the name.</summary>
    internal static string AggregateOf(string stateName) =>
        $"case {stateName} {string.Concat(OtherNames.Select(n => $"when '{n.State}' then '{n.Aggregate}' "))}else {stateName} end";

    /// <summary>States that are kept under another name than their aggregate's.</summary>
    internal static readonly (string State, string Aggregate)[] OtherNames =
    [
        ("pricing-rules", "pricing"), ("webhook", "webhook-endpoint"),
    ];

    private static string Sql(bool value) => value ? "true" : "false";

    /// <summary>
    /// Where a provider keeps its books elsewhere, what the shop has written down of them; reconciliation compares the two.
    /// </summary>
    public const string OwnMoney = "select id, reference, amount, refunded from kept where amount > 0";

    /// <summary>What is on its way: how much, and since when. Nothing of it is a breach.</summary>
    public static readonly (string What, string Sql)[] UnderWay =
    [
        ("orders being brought on", "select count(*), min(since) from busy"),
        ("orders waiting for their payment", """
            select count(*), min(placed_at) from purchase o where o.status = 'awaitingPayment'
                and not exists (select from busy b where b.id = o.id)
            """),
        ("payments whose outcome depends on somebody else",
            "select count(*), min(p.placed_at) from kept k left join purchase p using (id) where k.in_between"),
        ("events on their way to handlers", "select count(*), min(time) from pending where due_at is null"),
        ("events scheduled", "select count(*), min(due_at) from pending where due_at is not null"),
        ("deliveries waiting for another attempt", "select count(*), min(first_failed_at) from event_delivery where status = 'waiting'"),
        ("dead letters", "select count(*), min(dead_at) from event_delivery where status = 'dead'"),
    ];

    /// <summary>How much was looked at.</summary>
    public static readonly (string What, string Sql)[] Extent =
    [
        ("orders", "select count(*) from purchase"),
        ("payments", "select count(*) from kept"),
        ("articles in stock", "select count(*) from stock"),
        ("stock movements", "select count(*) from stock_ledger"),
        ("movements of promotions' uses", "select count(*) from promotion_use"),
        ("events", "select count(*) from event"),
        ("accounts", "select count(*) from account"),
        ("grain states", "select count(*) from state"),
    ];
}
