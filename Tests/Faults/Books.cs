using Npgsql;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>
/// Audits a shop's database: each promise is a query for whatever breaks it. Some hold at every moment, because what they
/// compare is committed together; the others once the shop has come to rest.
/// </summary>
internal static class Books
{
    /// <summary>Longer than a dead silo's claim on scheduled events.</summary>
    private static readonly TimeSpan RestLimit = TimeSpan.FromSeconds(120);

    /// <summary>What the promises speak of, in one snapshot.</summary>
    private const string Tables = """
        create temporary table document on commit drop as
          select state_name, grain_key as key, convert_from(state, 'UTF8')::jsonb as body from grain_state where state is not null;

        create temporary table purchase on commit drop as
          select key as id, body #> '{state,order}' as body, body #>> '{state,order,status}' as status,
                 (body #>> '{state,order,totals,total}')::bigint as total
          from document where state_name = 'order' and jsonb_typeof(body #> '{state,order}') = 'object';

        create temporary table line on commit drop as
          select p.id, l ->> 'sku' as sku, (l ->> 'quantity')::int as units
          from purchase p, jsonb_array_elements(p.body #> '{totals,lines}') as l;

        create temporary table stock on commit drop as
          select substr(key, 5) as sku, (body #>> '{state,onHand}')::int as on_hand, (body #>> '{state,reserved}')::int as reserved,
                 (body #>> '{state,movements}')::bigint as movements
          from document where state_name = 'inventory';

        create temporary table movement on commit drop as
          select sku, sequence, kind, on_hand_after, reserved_after, split_part(operation_id, '/', 1) as id,
                 case when kind in ('Adjustment', 'Sale', 'Return') then delta else 0 end as on_hand,
                 case when kind in ('Reservation', 'Sale', 'Release') then delta else 0 end as reserved
          from stock_ledger;

        create temporary table held on commit drop as
          select id, sku, sum(reserved) as units from movement where kind in ('Reservation', 'Sale', 'Release') group by id, sku having sum(reserved) <> 0;

        create temporary table kept on commit drop as
          select key as id,
                 (select sum(coalesce((a ->> 'capturedAmount')::bigint, (body #>> '{state,terms,amount,amount}')::bigint))
                  from jsonb_array_elements(body #> '{state,attempts}') a where a ->> 'status' = 'captured') as amount,
                 (select coalesce(sum((r ->> 'amount')::bigint), 0) from jsonb_array_elements(body #> '{state,refunds}') r
                  where r ->> 'reference' is not null and r ->> 'status' is distinct from 'failed') as refunded
          from document where state_name = 'payment';

        -- What states told of, in the order in which they did: events, and acts for the audit log.
        create temporary table told on commit drop as
          select id, source, sequence from event where sequence > 0
          union all
          select event_id, substring(event_id from '^(.*)#[0-9]+$'), substring(event_id from '#([0-9]+)$')::bigint from audit_log where event_id is not null;
        """;

    /// <summary>The books of the simulated provider.</summary>
    private const string SimulatedMoney = """
        create temporary table money on commit drop as
          select replace(p.order_id::text, '-', '') as id, p.reference, p.amount,
                 coalesce((select sum(r.amount) from simulated_refund r where r.payment_reference = p.reference), 0) as refunded
          from simulated_payment p where p.status = 'captured'
        """;

    /// <summary>The books of a provider that keeps them elsewhere.</summary>
    private const string ProvidersMoney = """
        create temporary table money on commit drop as
          select * from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) as m(id, reference, amount, refunded)
        """;

    private static readonly (string Promise, string Breaches)[] Always =
    [
        ("the ledger of a SKU has no gap and adds up, and never more is reserved than there is", """
            select format('%s #%s: %s on hand, %s reserved, after %s', sku, sequence, on_hand_after, reserved_after, kind) from (
              select *, row_number() over w as place, sum(on_hand) over w as on_hand_sum, sum(reserved) over w as reserved_sum
              from movement window w as (partition by sku order by sequence)) m
            where sequence <> place or on_hand_after <> on_hand_sum or reserved_after <> reserved_sum
               or on_hand_after < reserved_after or reserved_after < 0
            """),
        ("the counters of a SKU are its ledger's last", """
            select format('%s: counters %s/%s after %s movements, ledger %s/%s after %s', sku, s.on_hand, s.reserved, s.movements, l.on_hand_after, l.reserved_after, l.sequence)
            from stock s full join (select distinct on (sku) * from movement order by sku, sequence desc) l using (sku)
            where (coalesce(s.on_hand, 0), coalesce(s.reserved, 0), coalesce(s.movements, 0))
               is distinct from (coalesce(l.on_hand_after, 0), coalesce(l.reserved_after, 0), coalesce(l.sequence, 0))
            """),
        ("what a SKU has reserved is what its open reservations hold", """
            select format('%s: %s reserved, %s held', sku, s.reserved, h.units)
            from stock s full join (select sku, sum(units) as units from held group by sku) h using (sku)
            where coalesce(s.reserved, 0) <> coalesce(h.units, 0)
            """),
        ("an order reserves what its line names, once", """
            select format('%s: %s of %s, ordered %s', m.id, m.units, m.sku, l.units)
            from (select id, sku, sum(reserved) as units from movement where kind = 'Reservation' group by id, sku) m left join line l using (id, sku)
            where m.units not in (0, coalesce(l.units, 0))
            """),
        ("an order is charged once at most, and for its total", """
            select format('%s: %s captured in %s payments, total %s', id, m.amount, m.payments, p.total)
            from (select id, sum(amount) as amount, count(*) as payments from money group by id) m left join purchase p using (id)
            where m.payments <> 1 or m.amount is distinct from p.total
            """),
        ("no more is refunded than was captured", "select reference from money where refunded > amount"),
        ("events have unique ids and their source's numbers without a gap", """
            select format('%s: %s events numbered %s to %s', source, count(*), min(sequence), max(sequence)) from told group by source
            having count(*) <> max(sequence) or min(sequence) <> 1 or count(distinct id) <> count(*) or bool_or(id <> source || '#' || sequence)
            """),
        ("a state and its events were committed together", """
            select format('%s: the state counts %s events, the table %s', source, d.sequence, e.sequence)
            from (select '/' || state_name || '/' || key as source, (body ->> 'sequence')::bigint as sequence from document) d
            full join (select source, max(sequence) as sequence from told group by source) e using (source)
            where coalesce(d.sequence, 0) <> coalesce(e.sequence, 0)
            """),
        ("each order was placed once", """
            select format('%s: order.placed %s times', id, e.times)
            from purchase full join (select subject as id, count(*) as times from event where type = 'order.placed' group by subject) e using (id)
            where purchase.id is null or e.times is distinct from 1
            """),
        ("each order that was ever confirmed was confirmed once", """
            select format('%s: order.confirmed %s times', id, e.times)
            from (select id from purchase where body -> 'timeline' @> '[{"status": "confirmed"}]') p
            full join (select subject as id, count(*) as times from event where type = 'order.confirmed' group by subject) e using (id)
            where p.id is null or e.times is distinct from 1
            """),
    ];

    private static readonly (string Promise, string Breaches)[] AtRest =
    [
        ("every order reaches an end", "select id from purchase where status = 'pending'"),
        ("an order that stands is paid", """
            select format('%s is %s', id, status) from purchase
            where status in ('confirmed', 'shipped', 'delivered', 'refunded') and not exists (select from money where money.id = purchase.id)
            """),
        ("captured money has an order that stands, or was given back", """
            select format('%s: %s captured, %s refunded, order %s', id, amount, refunded, coalesce(status, 'missing'))
            from money left join purchase using (id)
            where case when status in ('confirmed', 'shipped', 'delivered') then refunded = amount else refunded <> amount end
            """),
        ("what an order that stands names is sold", """
            select format('%s (%s): %s of %s, sold %s, held %s', l.id, p.status, l.units, l.sku, -m.on_hand, m.reserved)
            from line l join purchase p using (id)
            left join (select id, sku, sum(on_hand) as on_hand, sum(reserved) as reserved from movement group by id, sku) m using (id, sku)
            where p.status in ('confirmed', 'shipped', 'delivered', 'refunded') and (m.on_hand, m.reserved) is distinct from (-l.units::bigint, 0::bigint)
            """),
        ("an order that awaits its payment holds its stock", """
            select format('%s: %s of %s, held %s', l.id, l.units, l.sku, h.units)
            from line l join purchase p using (id) left join held h using (id, sku)
            where p.status = 'awaitingPayment' and h.units is distinct from l.units
            """),
        ("an order that was called off has its stock given back", """
            select format('%s is %s: %s', id, coalesce(p.status, 'missing'), m.sku)
            from (select id, sku, sum(on_hand) as on_hand, sum(reserved) as reserved from movement where id <> 'adjust' group by id, sku) m
            left join purchase p using (id)
            where (p.status is null or p.status in ('rejected', 'expired', 'cancelled')) and (m.on_hand <> 0 or m.reserved <> 0)
            """),
        ("the payment provider's books and ours agree to the cent", """
            select format('%s: ours %s captured, %s refunded, theirs %s and %s', id, k.amount, k.refunded, m.amount, m.refunded)
            from (select * from kept where amount is not null) k full join money m using (id)
            where (k.amount, k.refunded) is distinct from (m.amount::numeric, m.refunded::numeric)
            """),
        ("each captured payment was told of once", """
            select format('%s: payment.captured %s times', id, e.times)
            from money full join (select subject as id, count(*) as times from event where type = 'payment.captured' group by subject) e using (id)
            where money.id is null or e.times is distinct from 1
            """),
        ("every event reached its handlers", """
            select format('%s of %s: %s (%s)', handler, event_id, error_message, status) from event_delivery where status = 'dead'
            """),
        ("a cart has let go of what was bought", """
            select p.id from purchase p join document c on c.state_name = 'cart' and c.key = replace(p.body ->> 'cartId', '-', '')
            where p.status in ('confirmed', 'shipped', 'delivered', 'refunded')
              and not exists (select from jsonb_array_elements(c.body #> '{state,ordered}') o where o ->> 'orderId' = p.id::uuid::text)
              and jsonb_array_length(c.body #> '{state,ordered}') < 20
            """),
    ];

    /// <summary>Waits until the shop has come to rest, without anybody's help, and asserts every promise.</summary>
    /// <param name="shop">Whose books.</param>
    /// <param name="made">The only orders that may exist, when all keys that were sent are known.</param>
    /// <param name="taken">What the payment provider has taken; null for the simulated one.</param>
    public static async Task AssertBalanceAsync(Shop shop, IReadOnlyCollection<Guid>? made = null, Func<IReadOnlyList<TakenMoney>>? taken = null)
    {
        IReadOnlyList<string> unsettled = [];
        try
        {
            await Until.TrueAsync("the books balance", RestLimit, async () =>
            {
                (var broken, unsettled, var orders) = await AuditAsync(shop, taken);
                Assert.True(broken.Count == 0, string.Join('\n', broken));
                if (made is not null)
                    Assert.True(orders.IsSubsetOf(made), $"Orders that no key made: {string.Join(", ", orders.Except(made))}");
                return unsettled.Count == 0;
            });
        }
        catch (TimeoutException)
        {
            Assert.Fail($"After {RestLimit.TotalSeconds} s:\n{string.Join('\n', unsettled)}");
        }
    }

    /// <summary>Asserts what holds at every moment, also while the shop sells.</summary>
    public static async Task AssertNothingBrokenAsync(Shop shop, Func<IReadOnlyList<TakenMoney>>? taken = null)
    {
        var (broken, _, _) = await AuditAsync(shop, taken);
        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }

    /// <summary>Waits until every event was handled, the scheduled and the retried ones too: from then on the shop does nothing by itself.</summary>
    /// <param name="shop">Whose events.</param>
    /// <param name="horizon">How far into the future scheduled events count; null for all of them.</param>
    public static Task QuietAsync(Shop shop, TimeSpan? horizon = null) => Until.TrueAsync("every event is handled", RestLimit, async () => await shop.QueryAsync<long>("""
        select (select count(*) from event where due_at < now() + $1)
             + (select sum(depth) from stream_lag)::bigint
             + (select count(*) from event_delivery where status = 'waiting')
        """, horizon ?? TimeSpan.FromDays(1000)) == 0);

    /// <summary>An order's status as the database has it; <c>none</c> where there is no order.</summary>
    public static Task<string> StatusAsync(Shop shop, Guid order) => shop.QueryAsync<string>(
        "select coalesce((select index ->> 'status' from grain_state_order where grain_key = $1), 'none')", order.ToString("N"));

    private static async Task<(IReadOnlyList<string> Broken, IReadOnlyList<string> Unsettled, HashSet<Guid> Orders)> AuditAsync(
        Shop shop, Func<IReadOnlyList<TakenMoney>>? taken)
    {
        // Before the shop's: what the provider has taken by then, the shop's books may show or not; what they show, it has taken.
        var money = taken?.Invoke();
        await using var connection = await shop.Database.OpenConnectionAsync();
        await using var snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        await using (var tables = new NpgsqlCommand(Tables, connection))
            await tables.ExecuteNonQueryAsync();
        await using (var table = new NpgsqlCommand(money is null ? SimulatedMoney : ProvidersMoney, connection))
        {
            if (money is not null)
            {
                table.Parameters.Add(new() { Value = money.Select(m => m.Order.ToString("N")).ToArray() });
                table.Parameters.Add(new() { Value = money.Select(m => m.Reference).ToArray() });
                table.Parameters.Add(new() { Value = money.Select(m => m.Amount).ToArray() });
                table.Parameters.Add(new() { Value = money.Select(m => m.Refunded).ToArray() });
            }
            await table.ExecuteNonQueryAsync();
        }
        var orders = await ReadAsync(connection, "select id from purchase");
        return (await BreachesAsync(connection, Always), await BreachesAsync(connection, AtRest), [.. orders.Select(Guid.Parse)]);
    }

    private static async Task<List<string>> BreachesAsync(NpgsqlConnection connection, (string Promise, string Breaches)[] promises)
    {
        var all = new List<string>();
        foreach (var (promise, breaches) in promises)
        {
            if (await ReadAsync(connection, breaches) is { Count: > 0 } rows)
                all.Add($"Broken: {promise}: {string.Join("; ", rows.Take(5))}{(rows.Count > 5 ? $" and {rows.Count - 5} more" : "")}");
        }
        return all;
    }

    private static async Task<List<string>> ReadAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(reader.IsDBNull(0) ? "?" : reader.GetString(0));
        return rows;
    }
}

/// <summary>Money that a payment provider has taken for an order, and given back of it; minor units.</summary>
internal sealed record TakenMoney(Guid Order, string Reference, long Amount, long Refunded);
