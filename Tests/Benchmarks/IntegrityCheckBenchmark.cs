using Npgsql;
using SoonShop.Silo.Integrity;
using SoonShop.Tests.Api;
using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// What an integrity check takes of a shop with many orders. A guest and a customer buy, for real, with all that follows: mails, inbox, a
/// parcel, a refund. Then SQL multiplies them with all that belongs to them, and adds deliveries that were retried, that wait, and that are
/// dead letters. The check must find every promise kept. <c>./test.sh bench IntegrityCheckBenchmark</c>
/// </summary>
public sealed class IntegrityCheckBenchmark(ITestOutputHelper output)
{
    /// <summary>Orders of a guest and a customer together.</summary>
    private const int OrdersOfACopy = 4;

    private static readonly int[] Orders = [10_000, 100_000, 1_000_000];

    [Fact(Explicit = true)]
    public async Task seconds_for_so_many_orders()
    {
        var mail = Path.Combine(Repository.TestData, $"mail-{Guid.NewGuid():N}");
        await using var shop = await Shop.CreateAsync(
            null, ("Checkout__CheckoutDueSeconds", "1"), ("Notifications__Email__Mode", "Directory"),
            ("Notifications__Email__Directory", mail), ("Notifications__Email__From", "shop@soonshop.test"),
            ("Integrity__EveryMinutes", "0"));
        var silo = await shop.StartSiloProcessAsync();
        var (api, _) = await shop.StartApiProcessAsync();
        var admin = await api.AsAdminAsync();
        var sku = await admin.CreateProductAsync(stock: 2_000_000);
        var guest = await Buyer.ArriveAsync(api, sku);
        Expect.Status(201, await guest.OrderAsync());
        var customer = await Customer.RegisterAsync(api);
        List<Guid> orders = [guest.OrderId];
        for (var i = 1; i < OrdersOfACopy; i++)
        {
            await customer.Api.FillCartAsync(sku);
            orders.Add(Guid.Parse(Expect.Status(201, await customer.Api.OrderAsync()).Text("id")));
        }
        Expect.Status(
            200, await admin.PostAsync($"/admin/orders/{orders[^1]}/ship", new { carrier = "Turtle Post", trackingNumber = "TP-1" }));
        Expect.Status(200, await admin.PostAsync($"/admin/orders/{orders[^1]}/refunds", new { amount = 100, reason = "late" }, "refund"));
        await InvariantChecker.QuietAsync(shop);
        await silo.StopAsync();

        var audit = IntegrityChecker.Of(InvariantChecker.Configuration());
        var made = 1;
        foreach (var size in Orders)
        {
            var copies = size / OrdersOfACopy - made;
            await MultiplyAsync(
                shop, [.. orders, Guid.Parse(guest.Guest.CartId!), Guid.Parse(customer.Id)], customer.Email, sku, made, copies);
            made += copies;
            var report = await audit.RunAsync(shop.ConnectionString, TestContext.Current.CancellationToken);
            Assert.True(report is { Breaches: 0, Failed: 0 }, report.ToText());
            var disk = await shop.QueryAsync<string>("select pg_size_pretty(pg_database_size(current_database()))");
            output.WriteLine($"{report.Seconds} s: {string.Join(", ", report.Extent.Select(e => $"{e.Count} {e.What}"))}; "
                + $"{string.Join(", ", report.UnderWay.Where(u => u.Count > 0).Select(u => $"{u.Count} {u.What}"))}; database {disk}");
        }
        Directory.Delete(mail, recursive: true);
    }

    /// <summary>Copies of a guest and a customer with all that belongs to them, each under ids of its own.</summary>
    private static async Task MultiplyAsync(Shop shop, Guid[] ids, string email, string sku, int made, int copies)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(shop.ConnectionString) { Pooling = false, CommandTimeout = 0 }.ConnectionString);
        await connection.OpenAsync();
        await using (var command = new NpgsqlCommand($"""
            select set_config('bench.ids', '{string.Join(',', ids.Select(i => $"{i:N}"))}', false),
                   set_config('bench.email', '{email}', false), set_config('bench.sku', '{sku}', false),
                   set_config('bench.made', '{made}', false), set_config('bench.copies', '{copies}', false)
            """, connection))
            await command.ExecuteNonQueryAsync();
        foreach (var sql in (string[])[IntegrityFacts.Functions, Copying, "vacuum analyze"])
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    private const string Copying = """
        -- Of which ids the template speaks, and the copies that are made of it.
        create temporary table main as select unnest(string_to_array(current_setting('bench.ids'), ',')) as id;
        create temporary table template_state as
          select * from grain_state where grain_key in (select id from main) or state_name = 'email'
              and grain_key = 'email/' || current_setting('bench.email');
        create temporary table template_event as
          select * from event e where e.stream_key in (select id from main) or substring(e.source from '[^/]+$') in (select id from main);
        create temporary table old_id as
          select row_number() over () as place, id from (
            select distinct replace(m[1], '-', '') as id
            from (select convert_from(state, 'UTF8') || coalesce(index::text, '') as text from template_state
                  union all select id || source || subject || stream_key || data::text from template_event) t,
                 regexp_matches(t.text, '([0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})', 'g') m) i;
        create temporary table old_word as
          select row_number() over () as place, word from (
            select index ->> 'number' as word from template_state where state_name = 'order'
            union all select current_setting('bench.email')) w;
        create temporary table copy as
          select n, (select array_agg(id order by place) from old_id) as old, array(select md5(id || n) from old_id order by place) as new,
                 (select array_agg(word order by place) from old_word) as old_words,
                 array(select case when word like '%@%' then n || word else word || n end from old_word order by place) as new_words
          from generate_series(current_setting('bench.made')::integer,
              current_setting('bench.made')::integer + current_setting('bench.copies')::integer - 1) n;

        create function pg_temp.renamed(t text, c copy) returns text language plpgsql immutable as $$
        begin
          for i in 1 .. array_length(c.old, 1) loop
            if strpos(t, c.old[i]) > 0 then t := replace(t, c.old[i], c.new[i]); end if;
            if strpos(t, c.old[i]::uuid::text) > 0 then t := replace(t, c.old[i]::uuid::text, c.new[i]::uuid::text); end if;
          end loop;
          for i in 1 .. array_length(c.old_words, 1) loop
            if strpos(t, c.old_words[i]) > 0 then t := replace(t, c.old_words[i], c.new_words[i]); end if;
          end loop;
          return t;
        end $$;

        -- A notification's id follows from its event's.
        create temporary table note as
          select id as event_id, replace(pg_temp.notification_of(id), '-', '') as id from template_event where type = 'order.confirmed';
        update copy c set new = (
          select array_agg(coalesce(replace(pg_temp.notification_of(pg_temp.renamed(n.event_id, c)), '-', ''),
              c.new[o.place::integer]) order by o.place)
          from old_id o left join note n on n.id = o.id);

        insert into grain_state (state_name, grain_key, version, state, index)
          select g.state_name, pg_temp.renamed(g.grain_key, c), g.version,
                 convert_to(pg_temp.renamed(convert_from(g.state, 'UTF8'), c), 'UTF8'), pg_temp.renamed(g.index::text, c)::jsonb
          from copy c, template_state g;
        insert into event (id, source, sequence, type, subject, stream_namespace, stream_key, time, not_before, data, queue)
          select pg_temp.renamed(e.id, c), pg_temp.renamed(e.source, c), e.sequence, e.type,
                 pg_temp.renamed(e.subject, c), e.stream_namespace, pg_temp.renamed(e.stream_key, c), e.time, e.not_before,
                 pg_temp.renamed(e.data::text, c)::jsonb, e.queue
          from copy c, template_event e order by c.n, e.position;
        insert into audit_log (event_id, at, actor, action, subject, count, details, outcome, address, user_agent, before, after)
          select pg_temp.renamed(a.event_id, c), a.at, pg_temp.renamed(a.actor, c), a.action, pg_temp.renamed(a.subject, c), a.count,
                 a.details, a.outcome, a.address, a.user_agent, a.before, a.after
          from copy c, audit_log a where substring(a.event_id from '^/[a-z-]+/([0-9a-f]+)#') in (select id from main);
        insert into simulated_payment (reference, idempotency_key, order_id, amount, currency, payment_method, status, captured)
          select pg_temp.renamed(reference, c), pg_temp.renamed(idempotency_key, c), pg_temp.renamed(order_id::text, c)::uuid, amount,
                 currency, payment_method, status, captured
          from copy c, simulated_payment where replace(order_id::text, '-', '') in (select id from main);
        insert into simulated_refund (reference, idempotency_key, payment_reference, amount)
          select pg_temp.renamed(r.reference, c), pg_temp.renamed(r.idempotency_key, c), pg_temp.renamed(r.payment_reference, c), r.amount
          from copy c, simulated_refund r join simulated_payment p on p.reference = r.payment_reference
          where replace(p.order_id::text, '-', '') in (select id from main);
        create temporary table template_movement as
          select *, row_number() over (order by sequence) as place, count(*) over () as movements,
                 sum(case when kind = 'Sale' then -delta else 0 end) over () as sold,
                 sum(case when kind in ('Reservation', 'Sale', 'Release') then delta else 0 end) over () as held
          from stock_ledger where sku = current_setting('bench.sku') and split_part(operation_id, '/', 1) in (select id from main);
        insert into stock_ledger (sku, sequence, operation_id, at, kind, delta, on_hand_after, reserved_after, reference)
          select l.sku, l.sequence + l.movements * c.n, pg_temp.renamed(l.operation_id, c), l.at, l.kind, l.delta,
                 l.on_hand_after - l.sold * c.n, l.reserved_after + l.held * c.n, pg_temp.renamed(l.reference, c)
          from copy c, template_movement l;
        update grain_state g
          set index = jsonb_set(index, array['available'], to_jsonb(l.on_hand_after - l.reserved_after)),
              state = convert_to(jsonb_set(jsonb_set(jsonb_set(convert_from(state, 'UTF8')::jsonb,
                  '{state,onHand}', to_jsonb(l.on_hand_after)), '{state,reserved}', to_jsonb(l.reserved_after)),
                  '{state,movements}', to_jsonb(l.sequence))::text, 'UTF8')
          from (select * from stock_ledger where sku = current_setting('bench.sku') order by sequence desc limit 1) l
          where g.state_name = 'inventory' and g.grain_key = 'sku/' || current_setting('bench.sku');
        -- Of a hundred events one was tried again and taken, of five hundred one is a dead letter, of a thousand one waits.
        insert into event_delivery (event_id, handler, handler_key, event_type, source, sequence, subject, stream_namespace,
            stream_key, event_time, data,
                                    status, due_at, attempts, error_class, error_type, error_message, fingerprint, history,
                                    dead_at, ended_at, ended_by)
          select e.id, h.handler, e.stream_key, e.type, e.source, e.sequence, e.subject, e.stream_namespace, e.stream_key, e.time,
                 convert_to(e.data::text, 'UTF8'), h.status, case h.status when 'waiting' then now() + interval '1 hour' end, 2, 'network',
                 'System.IO.IOException', 'The connection was closed.', 'f', '[{"n": 1}, {"n": 2}]',
                 case h.status when 'dead' then now() end, case h.status when 'resolved' then now() end,
                     case h.status when 'resolved' then 'retry' end
          from (select e.*, row_number() over (order by position) as place from event e
              where type in ('order.confirmed', 'notification.due') and time > now() - interval '30 days') e
          cross join lateral (select case when place % 1000 = 0 then 'waiting' when place % 500 = 1 then 'dead'
              else 'resolved' end as status,
                                     case when e.type = 'notification.due' then 'mail' else 'notification' end as handler) h
          where place % 100 < 2 on conflict do nothing;
        update stream_queue q set done = '{}', done_ranges = '{}', watermark = (select max(position) from event);
        """;
}
