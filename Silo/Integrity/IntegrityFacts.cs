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
        -- Of the right form, it may still be a day that no calendar has.
        create function pg_temp.time_of(v text) returns timestamptz language plpgsql stable as $$
        begin
          return case when v ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$' then v::timestamptz end;
        exception when data_exception then
          return null;
        end $$;
        create function pg_temp.list_of(v jsonb) returns jsonb language sql immutable as $$
          select case when jsonb_typeof(v) = 'array' then v end $$
        """;

    public static readonly (string Name, string Sql)[] Views =
    [
        ("movement", """
            select sku, sequence, kind, on_hand_after, reserved_after, split_part(operation_id, '/', 1) as id,
                   case when kind in ('Adjustment', 'Sale', 'Return') then delta else 0 end as on_hand,
                   case when kind in ('Reservation', 'Sale', 'Release') then delta else 0 end as reserved
            from stock_ledger
            """),
        // What states told of: events, and acts for the audit log. Of a scheduled event, the time says nothing of its age.
        ("told", """
            select id, source, sequence, case when not_before > time then null else time end as at from event where sequence > 0
            union all
            select event_id, substring(event_id from '^(.*)#[0-9]+$'), substring(event_id from '#([0-9]+)$')::bigint, at
            from audit_log where event_id is not null
            """),
    ];

    /// <summary>The tables, each by those before it.</summary>
    /// <param name="money">What the payment provider has taken: a query for id, reference, amount and refunded.</param>
    /// <param name="retentionDays">For how long events are kept for certain.</param>
    /// <param name="atRest">True where the shop has come to rest: then nothing is excused by being under way.</param>
    public static IEnumerable<(string Name, string Sql)> Tables(string money, int retentionDays, bool atRest) =>
    [
        // Since when no event can have been removed for its age. The oldest tells, should the days have been fewer before.
        ("horizon", $"""
            select case when s.born > now() - interval '{retentionDays} days' and s.born > r.removed_before and not e.trimmed then '-infinity'
                        else greatest(now() - interval '{retentionDays} days', r.removed_before, case when e.trimmed then e.oldest else '-infinity' end) + interval '1 hour' end as at
            from (select min(applied)::timestamptz as born from schema_version) s
            cross join (select coalesce(max(removed_before), '-infinity') as removed_before from integrity_audit) r
            cross join lateral (select min(time) as oldest, coalesce(min(time) > s.born + interval '2 days', false) as trimmed from event) e
            """),
        // Events that not every handler is done with, the scheduled ones included.
        ("pending", """
            select e.id, e.type, e.subject, e.stream_namespace, e.stream_key, e.time, e.not_before, e.due_at
            from stream_queue q join event e on e.queue = q.id and e.due_at is null and e.position > q.watermark and not e.position <@ q.done_ranges
            left join (select id as queue, unnest(done) as position from stream_queue) d on d.queue = e.queue and d.position = e.position
            where d.position is null
            union all
            select id, type, subject, stream_namespace, stream_key, time, not_before, due_at from event where due_at is not null
            """),
        // Each is read as JSON once. Kept answers are encrypted, tell nothing, and go after a day. Not every aggregate's events are told of
        // under the name of its state.
        ("state", $"""
            select g.state_name, g.grain_key as key, '/' || {AggregateOf("g.state_name")} || '/' || g.grain_key as source,
                   jsonb_typeof(d.doc) is not distinct from 'object' as readable, coalesce(pg_temp.number_of(d.doc ->> 'sequence'), 0) as sequence,
                   case when g.state_name in ('order', 'payment', 'inventory', 'user', 'email', 'cart', 'notification', 'mail') then d.doc -> 'state' end as body, g.index
            from grain_state g cross join lateral (select pg_temp.json_of(g.state) as doc offset 0) d
            where g.state is not null and g.state_name <> 'idempotency'
            """),
        ("purchase", """
            select g.key as id, o.body ->> 'status' as status, pg_temp.uuid_of(o.body ->> 'customerId') as customer_id, pg_temp.uuid_of(o.body ->> 'cartId') as cart_id,
                   pg_temp.number_of(o.body #>> '{totals,total}') as total, o.body ->> 'currency' as currency,
                   pg_temp.time_of(o.body #>> '{timeline,0,at}') as placed_at, pg_temp.time_of(o.body ->> 'paymentDeadline') as deadline,
                   (select min(pg_temp.time_of(t ->> 'at')) from jsonb_array_elements(pg_temp.list_of(o.body -> 'timeline')) t where t ->> 'status' = 'confirmed') as confirmed_at,
                   pg_temp.list_of(o.body #> '{totals,lines}') as lines,
                   pg_temp.number_of(o.body #>> '{payment,captured,amount}') as captured, pg_temp.number_of(o.body #>> '{payment,refunded,amount}') as refunded,
                   g.index
            from state g cross join lateral (select g.body -> 'order' as body offset 0) o
            where g.state_name = 'order' and jsonb_typeof(o.body) = 'object'
            """),
        ("line", """
            select p.id, l ->> 'sku' as sku, sum(pg_temp.number_of(l ->> 'quantity'))::bigint as units
            from purchase p, jsonb_array_elements(p.lines) as l group by 1, 2
            """),
        ("stock", """
            select substr(key, 5) as sku, pg_temp.number_of(body ->> 'onHand') as on_hand, pg_temp.number_of(body ->> 'reserved') as reserved,
                   pg_temp.number_of(body ->> 'movements') as movements, index
            from state where state_name = 'inventory'
            """),
        // What each order has asked for, holds, and has taken home, of each article.
        ("held", """
            select id, sku, sum(reserved) filter (where kind = 'Reservation') as asked, sum(reserved) as reserved, sum(on_hand) as on_hand
            from movement where id <> 'adjust' group by id, sku
            """),
        ("kept", """
            select p.key as id, pg_temp.number_of(p.body #>> '{terms,amount,amount}') as total, p.body #>> '{terms,amount,currency}' as currency,
                   pg_temp.uuid_of(p.body #>> '{terms,customerId}') as customer_id, a.attempts, a.taken, a.captures, a.amount, a.reference, a.last,
                   r.refunded, r.refund_ids, p.body #>> '{dispute,status}' as dispute,
                   coalesce(a.last = 'authorized', false) or u.open as in_between,
                   -- Somebody was asked, and has not answered; money that is only held waits for nobody.
                   u.open or coalesce(a.last = 'authorized' and jsonb_typeof(p.body -> 'capture') = 'object', false) as asked,
                   coalesce(p.index ->> 'inBetween', 'false') = 'true' as in_between_index
            from state p
            cross join lateral (
              select count(*) as attempts, count(*) filter (where a ->> 'status' = 'captured') as taken,
                     -- A second capture is given back as a stray.
                     count(*) filter (where a ->> 'status' = 'captured' and not coalesce(s.given_back, false)) as captures,
                     (array_agg(coalesce(pg_temp.number_of(a ->> 'capturedAmount'), pg_temp.number_of(p.body #>> '{terms,amount,amount}')) order by n)
                       filter (where a ->> 'status' = 'captured'))[1] as amount,
                     (array_agg(a ->> 'reference' order by n) filter (where a ->> 'status' = 'captured'))[1] as reference, p.body #>> '{attempts,-1,status}' as last
              from jsonb_array_elements(pg_temp.list_of(p.body -> 'attempts')) with ordinality as t(a, n)
              left join lateral (
                select true as given_back from jsonb_array_elements(pg_temp.list_of(p.body -> 'strays')) s
                where s ->> 'reference' = a ->> 'reference' and s ->> 'status' = 'succeeded' limit 1) s on true) a
            cross join lateral (
              select coalesce(sum(pg_temp.number_of(r ->> 'amount')) filter (where r ->> 'reference' is not null and r ->> 'status' is distinct from 'failed'), 0) as refunded,
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
                   body #>> '{erasure,email}' as erasing_email, body -> 'erasure' is not null as is_erased,
                   body #>> '{erasure,completedAt}' is not null as erasure_completed, index
            from state where state_name = 'user' and readable
            """),
        // Somebody comes back to these orders by himself: a reminder is on its way, or waits for another attempt. That of the payment's deadline
        // says nothing before it has come.
        ("busy", $"""
            select e.stream_key as id, min(e.time) as since
            from pending e left join purchase p on p.id = e.stream_key
            where e.stream_namespace = 'checkout' and {Sql(!atRest)}
              and not coalesce(e.due_at > clock_timestamp() and abs(extract(epoch from e.not_before - p.deadline)) < 0.01, false)
            group by 1
            union
            select stream_key, event_time from event_delivery where status = 'waiting' and stream_namespace = 'checkout' and {Sql(!atRest)}
            """),
        // Their money is being asked for: what the provider knows, the shop may be about to hear.
        ("unsettled", $"""
            select id from busy union select id from kept where asked and {Sql(!atRest)}
            """),
        ("told_by", """
            select source, max(sequence) as last, min(sequence) filter (where sequence = last_of - place + 1) as unbroken_from,
                   min(sequence) filter (where t.at > h.at) as first_recent, count(*) filter (where id is distinct from source || '#' || sequence) as misnamed
            from (select *, max(sequence) over (partition by source) as last_of, row_number() over (partition by source order by sequence desc) as place
                  from told) t cross join horizon h
            group by source
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

    /// <summary>The aggregate of which a state's name is not the name.</summary>
    internal static string AggregateOf(string stateName) => $"case {stateName} {string.Concat(OtherNames.Select(n => $"when '{n.State}' then '{n.Aggregate}' "))}else {stateName} end";

    /// <summary>States that are kept under another name than their aggregate's.</summary>
    internal static readonly (string State, string Aggregate)[] OtherNames = [("webhook", "webhook-endpoint")];

    private static string Sql(bool value) => value ? "true" : "false";

    /// <summary>The books of the simulated provider.</summary>
    public const string SimulatedMoney = """
        select replace(p.order_id::text, '-', '') as id, p.reference, coalesce(p.captured, p.amount) as amount,
               coalesce((select sum(r.amount) from simulated_refund r where r.payment_reference = p.reference), 0)::bigint as refunded
        from simulated_payment p where p.status = 'captured'
        """;

    /// <summary>Where a provider keeps its books elsewhere, what the shop has written down of them; reconciliation compares the two.</summary>
    public const string OwnMoney = "select id, reference, amount, refunded from kept where amount > 0";

    /// <summary>What is on its way: how much, and since when. Nothing of it is a breach.</summary>
    public const string UnderWay = """
        select 'orders being brought on', count(*), min(since) from busy
        union all select 'orders waiting for their payment', count(*), min(placed_at) from purchase o where o.status = 'awaitingPayment' and not exists (select from busy b where b.id = o.id)
        union all select 'payments whose outcome depends on somebody else', count(*), min(p.placed_at) from kept k left join purchase p using (id) where k.in_between
        union all select 'events on their way to handlers', count(*), min(time) from pending where due_at is null
        union all select 'events scheduled', count(*), min(due_at) from pending where due_at is not null
        union all select 'deliveries waiting for another attempt', count(*), min(first_failed_at) from event_delivery where status = 'waiting'
        union all select 'dead letters', count(*), min(dead_at) from event_delivery where status = 'dead'
        """;

    /// <summary>How much was looked at.</summary>
    public const string Extent = """
        select 'orders', count(*) from purchase
        union all select 'payments', count(*) from kept
        union all select 'articles in stock', count(*) from stock
        union all select 'stock movements', count(*) from stock_ledger
        union all select 'events', count(*) from event
        union all select 'accounts', count(*) from account
        union all select 'grain states', count(*) from state
        """;
}
