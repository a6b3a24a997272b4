namespace SoonShop.Silo.Integrity;

/// <summary>
/// What the checks speak of, read once from the snapshot into temporary tables: they live on the server's disk, so that neither its
/// memory nor this process's grows with the shop. What is large already, the ledger and the events, is a view instead.
/// </summary>
internal static class IntegrityFacts
{
    /// <summary>Bytes as JSON, null where they are none: one row that cannot be read must not hide what is wrong with the others.</summary>
    public const string JsonOf = """
        create function pg_temp.json_of(bytes bytea) returns jsonb language plpgsql immutable as $$
        begin
          return convert_from(bytes, 'UTF8')::jsonb;
        exception when others then
          return null;
        end $$
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
            select case when s.born > now() - interval '{retentionDays} days' and not e.trimmed then '-infinity'
                        else greatest(now() - interval '{retentionDays} days', case when e.trimmed then e.oldest else '-infinity' end) + interval '1 hour' end as at
            from (select min(applied)::timestamptz as born from schema_version) s
            cross join lateral (select min(time) as oldest, coalesce(min(time) > s.born + interval '2 days', false) as trimmed from event) e
            """),
        // Events that not every handler is done with, the scheduled ones included.
        ("pending", """
            select e.id, e.type, e.subject, e.stream_namespace, e.stream_key, e.time, e.not_before, e.due_at
            from stream_queue q join event e on e.queue = q.id and e.due_at is null and e.position > q.watermark
            left join (select id as queue, unnest(done) as position from stream_queue) d on d.queue = e.queue and d.position = e.position
            where d.position is null
            union all
            select id, type, subject, stream_namespace, stream_key, time, not_before, due_at from event where due_at is not null
            """),
        // Kept answers are encrypted, tell nothing, and go after a day.
        ("state", """
            select g.state_name, g.grain_key as key, d.doc is not null as readable, coalesce((d.doc ->> 'sequence')::bigint, 0) as sequence
            from grain_state g cross join lateral (select pg_temp.json_of(g.state) as doc offset 0) d
            where g.state is not null and g.state_name <> 'idempotency'
            """),
        ("purchase", """
            select g.grain_key as id, o.body ->> 'status' as status, (o.body ->> 'customerId')::uuid as customer_id, (o.body ->> 'cartId')::uuid as cart_id,
                   (o.body #>> '{totals,total}')::bigint as total, o.body ->> 'currency' as currency,
                   (o.body #>> '{timeline,0,at}')::timestamptz as placed_at, (o.body ->> 'paymentDeadline')::timestamptz as deadline,
                   (select min((t ->> 'at')::timestamptz) from jsonb_array_elements(o.body -> 'timeline') t where t ->> 'status' = 'confirmed') as confirmed_at,
                   o.body #> '{totals,lines}' as lines,
                   (o.body #>> '{payment,captured,amount}')::bigint as captured, (o.body #>> '{payment,refunded,amount}')::bigint as refunded,
                   g.index
            from grain_state_order g cross join lateral (select pg_temp.json_of(g.state) #> '{state,order}' as body offset 0) o
            where g.state is not null and jsonb_typeof(o.body) = 'object'
            """),
        ("line", """
            select p.id, l ->> 'sku' as sku, sum((l ->> 'quantity')::int)::int as units
            from purchase p, jsonb_array_elements(p.lines) as l group by 1, 2
            """),
        ("stock", """
            select substr(g.grain_key, 5) as sku, (s.body ->> 'onHand')::int as on_hand, (s.body ->> 'reserved')::int as reserved,
                   (s.body ->> 'movements')::bigint as movements, g.index
            from grain_state_inventory g cross join lateral (select pg_temp.json_of(g.state) -> 'state' as body offset 0) s
            where g.state is not null
            """),
        // What each order has asked for, holds, and has taken home, of each article.
        ("held", """
            select id, sku, sum(reserved) filter (where kind = 'Reservation') as asked, sum(reserved) as reserved, sum(on_hand) as on_hand
            from movement where id <> 'adjust' group by id, sku
            """),
        ("kept", """
            select g.grain_key as id, (p.body #>> '{terms,amount,amount}')::bigint as total, p.body #>> '{terms,amount,currency}' as currency,
                   (p.body #>> '{terms,customerId}')::uuid as customer_id, a.attempts, a.captures, a.amount, a.reference, a.last,
                   r.refunded, r.refund_ids, p.body #>> '{dispute,status}' as dispute, coalesce((p.body ->> 'closed')::boolean, false) as closed,
                   coalesce(a.last in ('asked', 'requiresAction', 'processing', 'authorized'), false) or r.open
                     or jsonb_path_exists(p.body, '$.strays[*] ? (!exists(@.status) || @.status == "pending")') as in_between,
                   coalesce(g.index ->> 'inBetween', 'false') = 'true' as in_between_index
            from grain_state_payment g cross join lateral (select pg_temp.json_of(g.state) -> 'state' as body offset 0) p
            cross join lateral (
              select count(*) as attempts, count(*) filter (where a ->> 'status' = 'captured') as captures,
                     sum(coalesce((a ->> 'capturedAmount')::bigint, (p.body #>> '{terms,amount,amount}')::bigint)) filter (where a ->> 'status' = 'captured') as amount,
                     min(a ->> 'reference') filter (where a ->> 'status' = 'captured') as reference, p.body #>> '{attempts,-1,status}' as last
              from jsonb_array_elements(p.body -> 'attempts') a) a
            cross join lateral (
              select coalesce(sum((r ->> 'amount')::bigint) filter (where r ->> 'reference' is not null and r ->> 'status' is distinct from 'failed'), 0) as refunded,
                     coalesce(bool_or(r ->> 'reference' is null or r ->> 'status' = 'pending'), false) as open,
                     array_agg(r ->> 'id') as refund_ids
              from jsonb_array_elements(p.body -> 'refunds') r) r
            where g.state is not null
            """),
        ("money", money),
        ("account", """
            select g.grain_key as key, u.body ->> 'normalizedEmail' as email, (u.body ->> 'createdAt')::timestamptz as created_at, u.body -> 'roles' as roles,
                   u.body #>> '{erasure,email}' as erasing_email, u.body -> 'erasure' is not null as is_erased,
                   u.body #>> '{erasure,completedAt}' is not null as erasure_completed, g.index
            from grain_state_user g cross join lateral (select pg_temp.json_of(g.state) -> 'state' as body offset 0) u
            where g.state is not null
            """),
        // Somebody comes back to these orders by himself: a reminder is on its way, or waits for another attempt. That of the payment's deadline
        // says nothing before it has come.
        ("busy", $"""
            select e.stream_key as id, min(e.time) as since
            from pending e left join purchase p on p.id = e.stream_key
            where e.stream_namespace = 'checkout' and {Sql(!atRest)}
              and not coalesce(e.due_at > clock_timestamp() and p.status = 'awaitingPayment' and abs(extract(epoch from e.not_before - p.deadline)) < 0.01, false)
            group by 1
            union
            select stream_key, event_time from event_delivery where status = 'waiting' and stream_namespace = 'checkout' and {Sql(!atRest)}
            """),
        // Their money is being asked for: what the provider knows, the shop may be about to hear.
        ("unsettled", $"""
            select id from busy union select id from kept where in_between and {Sql(!atRest)}
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
        union all select 'orders waiting for their payment', count(*), min(placed_at) from purchase where status = 'awaitingPayment' and id not in (select id from busy)
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
