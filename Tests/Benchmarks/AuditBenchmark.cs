using SoonShop.Silo.Integrity;
using SoonShop.Tests.Faults;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// What an audit takes of a shop with many orders: one real order is multiplied with all that belongs to it, by SQL, and the
/// audit must find every promise kept. <c>./test.sh bench AuditBenchmark</c>
/// </summary>
public sealed class AuditBenchmark(ITestOutputHelper output)
{
    private static readonly int[] Sizes = [10_000, 90_000];

    [Fact(Explicit = true)]
    public async Task seconds_for_so_many_orders()
    {
        await using var shop = await Shop.CreateAsync(null, ("Checkout__CheckoutDueSeconds", "1"));
        var silo = await shop.StartSiloAsync();
        var api = await shop.StartApiAsync();
        var sku = await (await Administrator.ArriveAsync(api)).CreateProductAsync(stock: 1_000_000);
        var buyer = await Buyer.ArriveAsync(api, sku);
        Assert.Equal(201, (int)(await buyer.OrderAsync()).Status);
        await Books.QuietAsync(shop);
        await silo.StopAsync();
        var audit = IntegrityAudit.Of(Books.Configuration());
        var made = 1;
        foreach (var size in Sizes)
        {
            await MultiplyAsync(shop, buyer.OrderId, Guid.Parse(buyer.Guest.CartId!), sku, made, size);
            made += size;
            var report = await audit.RunAsync(shop.ConnectionString, TestContext.Current.CancellationToken);
            Assert.True(report.Breaches == 0, report.ToText());
            var disk = await shop.QueryAsync<string>("select pg_size_pretty(pg_database_size(current_database()))");
            output.WriteLine($"{report.Seconds} s: {string.Join(", ", report.Extent.Select(e => $"{e.Count} {e.What}"))}; database {disk}");
        }
    }

    /// <summary>Copies of an order, its payment, cart, stock movements and events, each under ids of its own.</summary>
    private static async Task MultiplyAsync(Shop shop, Guid order, Guid cart, string sku, int made, int copies)
    {
        await using var connection = await shop.Database.OpenConnectionAsync();
        await using var command = new Npgsql.NpgsqlCommand($"""
            drop table if exists copy cascade;
            create temporary table copy as
              select n, md5('order' || n) as id, md5('cart' || n) as cart from generate_series({made}, {made + copies - 1}) n;

            create or replace function pg_temp.renamed(text, copy) returns text language sql immutable as $$
              select replace(replace(replace(replace(replace($1, '{order:N}', $2.id), '{order}', $2.id::uuid::text),
                             '{cart:N}', $2.cart), '{cart}', $2.cart::uuid::text), '{SoonShop.Orders.OrderNumber.For(order)}', 'C' || $2.n)
            $$;

            with template as materialized (
              select * from grain_state where state_name in ('order', 'payment') and grain_key = '{order:N}' or state_name = 'cart' and grain_key = '{cart:N}')
            insert into grain_state (state_name, grain_key, version, state, index)
              select g.state_name, case g.state_name when 'cart' then c.cart else c.id end, g.version,
                     convert_to(pg_temp.renamed(convert_from(g.state, 'UTF8'), c), 'UTF8'), pg_temp.renamed(g.index::text, c)::jsonb
              from template g, copy c;

            with template as materialized (select * from event where source in ('/order/{order:N}', '/payment/{order:N}', '/cart/{cart:N}'))
            insert into event (id, source, sequence, type, subject, stream_namespace, stream_key, time, not_before, data, queue)
              select pg_temp.renamed(e.id, c), pg_temp.renamed(e.source, c), e.sequence, e.type, pg_temp.renamed(e.subject, c), e.stream_namespace,
                     pg_temp.renamed(e.stream_key, c), e.time, e.not_before, pg_temp.renamed(e.data::text, c)::jsonb, e.queue
              from template e, copy c;

            with template as materialized (select * from simulated_payment where order_id = '{order}')
            insert into simulated_payment (reference, idempotency_key, order_id, amount, currency, payment_method, status)
              select pg_temp.renamed(reference, c), pg_temp.renamed(idempotency_key, c), c.id::uuid, amount, currency, payment_method, status
              from template, copy c;

            with template as materialized (select * from stock_ledger where operation_id in ('{order:N}/reserve', '{order:N}/settle'))
            insert into stock_ledger (sku, sequence, operation_id, at, kind, delta, on_hand_after, reserved_after, reference)
              select l.sku, l.sequence + 2 * c.n, pg_temp.renamed(l.operation_id, c), l.at, l.kind, l.delta, l.on_hand_after - c.n, l.reserved_after, l.reference
              from template l, copy c;

            update grain_state g set index = jsonb_set(index, array['available'], to_jsonb(l.on_hand_after)),
                   state = convert_to((convert_from(state, 'UTF8')::jsonb #- array['state', 'onHand'] #- array['state', 'movements']
                     || jsonb_build_object('state', (convert_from(state, 'UTF8')::jsonb -> 'state') || jsonb_build_object('onHand', l.on_hand_after, 'movements', l.sequence)))::text, 'UTF8')
              from (select * from stock_ledger where sku = '{sku}' order by sequence desc limit 1) l
              where g.state_name = 'inventory' and g.grain_key = 'sku/{sku}';

            update stream_queue q set done = '{"{}"}', done_ranges = '{"{}"}', watermark = (select max(position) from event);
            """, connection) { CommandTimeout = 600 };
        await command.ExecuteNonQueryAsync();
        await using var vacuum = new Npgsql.NpgsqlCommand("vacuum analyze", connection) { CommandTimeout = 600 };
        await vacuum.ExecuteNonQueryAsync();
    }
}
