using System.Globalization;

namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>Fills a shop by SQL with copies of what it has made itself: the rows are right in every version.</summary>
internal static class Filler
{
    private const int Block = 1000;
    private const int OrderBlock = 10_000;

    /// <summary>Letters that words are written with; no word is near another by one typing error alone more often than words are.</summary>
    private const string Letters = "bcdfghjklmnpqrst";

    /// <summary>The SKU of a product that was filled in.</summary>
    public static string Sku(int number) => string.Create(CultureInfo.InvariantCulture, $"FILL-{number:D7}");

    /// <summary>A word that the name of one product alone has.</summary>
    public static string Word(int number) =>
        string.Concat(Enumerable.Range(0, 5).Select(place => $"{Letters[(number >> (4 * place)) & 15]}{"aeiou"[(number + place) % 5]}"));

    /// <summary>Adds products with stock, numbered so.</summary>
    public static async Task ProductsAsync(MeasuredShop shop, string sku, int from, int to)
    {
        for (var first = from; first <= to; first += Block)
        {
            var numbers = Enumerable.Range(first, Math.Min(Block, to - first + 1)).ToArray();
            var (skus, words) = (string.Join(',', numbers.Select(Sku)), string.Join(',', numbers.Select(Word)));
            await shop.Database.FillAsync($$"""
                insert into grain_state (state_name, grain_key, version, state, index)
                  select state_name, 'sku/' || p.sku, version,
                         convert_to(replace(replace(convert_from(state, 'UTF8'), 'product {{sku}}', p.word), '{{sku}}', p.sku), 'UTF8'),
                         replace(replace(index::text, 'product {{sku}}', p.word), '{{sku}}', p.sku)::jsonb
                  from grain_state, unnest(string_to_array('{{skus}}', ','), string_to_array('{{words}}', ',')) p(sku, word)
                  where state_name in ('product', 'inventory') and grain_key = 'sku/{{sku}}'
                """);
        }
        await shop.Database.FillAsync("vacuum analyze");
    }

    /// <summary>
    /// Adds orders of guests who have paid, numbered so, with what belongs to each: its cart, its payment and what the provider knows of
    /// it, its movements of stock, and its events. Those stand before all others, as if they were handled long ago.
    /// </summary>
    public static async Task OrdersAsync(MeasuredShop shop, string sku, int from, int to)
    {
        var (order, cart) = await BuyAsync(shop, sku);
        for (var first = from; first <= to; first += OrderBlock)
            await shop.Database.FillAsync(Copying(order, cart, first, Math.Min(to, first + OrderBlock - 1)));
        await shop.Database.FillAsync("vacuum analyze");
    }

    /// <summary>
    /// Has something happen to guests, numbered so: the event that tells of an order that was placed, in a stream of each one's own. Then
    /// each has a live stream and a grain in memory that follows it, for some minutes.
    /// </summary>
    public static async Task LiveCustomersAsync(MeasuredShop shop, string sku, int from, int to)
    {
        var (_, cart) = await BuyAsync(shop, sku);
        await shop.Database.FillAsync($"""
            insert into event (id, source, sequence, type, subject, stream_namespace, stream_key, time, data, queue)
              select e.id || '-' || n, e.source || '-' || n, e.sequence, e.type, e.subject, e.stream_namespace,
                     md5(e.stream_key || n), clock_timestamp(), e.data,
                     stream_queue_of('shop', e.stream_namespace, md5(e.stream_key || n))
              from generate_series({from}, {to}) n, event e where e.stream_key = '{cart:N}' and e.type = 'order.placed'
            """);
        await shop.QuietAsync();
    }

    private static async Task<(Guid Order, Guid Cart)> BuyAsync(MeasuredShop shop, string sku)
    {
        using var connection = new Connection(shop.Port);
        if (!Buyers.Checkout([sku])(connection, 0)())
            throw new InvalidOperationException($"No order could be made: {connection.AnsweredBody}");
        var order = Guid.Parse(connection.AnsweredId);
        await shop.QuietAsync();
        return (order, await shop.Database.CartOfAsync(order));
    }

    /// <summary>Copies of an order under ids and numbers of their own.</summary>
    private static string Copying(Guid order, Guid cart, int from, int to) => $$"""
        do $do$
        begin
          create temporary table copy on commit drop as
            select n, array['{{order:N}}', '{{order}}', '{{cart:N}}', '{{cart}}', o.index ->> 'number'] as old,
                   array[md5('o' || n), md5('o' || n)::uuid::text, md5('c' || n), md5('c' || n)::uuid::text, 'F' || n] as new
            from generate_series({{from}}, {{to}}) n, grain_state o where o.state_name = 'order' and o.grain_key = '{{order:N}}';
          create or replace function pg_temp.renamed(t text, old text[], new text[]) returns text language sql immutable as $$
            select replace(replace(replace(replace(replace(
              t, old[1], new[1]), old[2], new[2]), old[3], new[3]), old[4], new[4]), old[5], new[5])
          $$;
          insert into grain_state (state_name, grain_key, version, state, index)
            select g.state_name, pg_temp.renamed(g.grain_key, old, new), g.version,
                   convert_to(pg_temp.renamed(convert_from(g.state, 'UTF8'), old, new), 'UTF8'),
                   pg_temp.renamed(g.index::text, old, new)::jsonb
            from copy, grain_state g where g.state_name in ('order', 'payment', 'cart') and g.grain_key in ('{{order:N}}', '{{cart:N}}');
          insert into simulated_payment (reference, idempotency_key, order_id, amount, currency, payment_method, status)
            select pg_temp.renamed(p.reference, old, new), pg_temp.renamed(p.idempotency_key, old, new), new[2]::uuid, amount, currency,
                   payment_method, status
            from copy, simulated_payment p where p.order_id = '{{order}}';
          insert into stock_ledger (sku, sequence, operation_id, at, kind, delta, on_hand_after, reserved_after, reference)
            -- Far behind what the item itself will write.
            select l.sku, 1000000000 + 10 * n + row_number() over (partition by n order by l.sequence),
                   pg_temp.renamed(l.operation_id, old, new), l.at, l.kind, l.delta, l.on_hand_after, l.reserved_after,
                   pg_temp.renamed(l.reference, old, new)
            from copy, stock_ledger l where strpos(l.operation_id, '{{order:N}}') > 0;
          insert into event (position, id, source, sequence, type, subject, stream_namespace, stream_key, time, data, queue)
            select 100 * (n::bigint - 1000000000) + row_number() over (partition by n order by e.position), pg_temp.renamed(e.id, old, new),
                   pg_temp.renamed(e.source, old, new), e.sequence, e.type, pg_temp.renamed(e.subject, old, new), e.stream_namespace,
                   pg_temp.renamed(e.stream_key, old, new), e.time, pg_temp.renamed(e.data::text, old, new)::jsonb, e.queue
            from copy, event e where e.position > 0 and e.stream_key in ('{{order:N}}', '{{cart:N}}');
        end $do$
        """;
}
