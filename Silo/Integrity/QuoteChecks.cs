namespace SoonShop.Silo.Integrity;

/// <summary>That what an order costs follows from the quote that it keeps. Orders of older versions have none.</summary>
internal static class QuoteChecks
{
    public static readonly ImmutableArray<IntegrityCheck> All =
    [
        new("order-costs-its-quote", Promises.Money, "the totals of an order are those of its quote, and the quote adds up, line by line",
            """
                select format('order %s', x.id::uuid),
                       format('total %s, subtotal %s, shipping %s, discount %s, tax %s; its quote says %s, %s, %s, %s, %s; '
                              'its lines and shipping add up to %s, %s, %s, %s, %s',
                              t.total, t.subtotal, t.shipping, t.discount, t.tax, q.total, q.subtotal, q.shipping, q.discount, q.tax,
                              l.payable + s.payable, l.gross, s.cost, l.discount + s.discount, l.tax + s.tax)
                from (
                  select g.key as id, g.body #> '{order,quote}' as quote, g.body #> '{order,totals}' as totals
                  from state g where g.state_name = 'order' and jsonb_typeof(g.body #> '{order,quote}') = 'object' offset 0) x
                cross join lateral (
                  select pg_temp.number_of(quote ->> 'total') as total, pg_temp.number_of(quote ->> 'subtotal') as subtotal,
                         pg_temp.number_of(quote ->> 'shippingCost') as shipping, pg_temp.number_of(quote ->> 'discount') as discount,
                         pg_temp.number_of(quote ->> 'tax') as tax, pg_temp.number_of(quote ->> 'taxDeducted') as deducted,
                         pg_temp.number_of(quote ->> 'rounding') as rounding, quote ->> 'taxInside' = 'true' as inside offset 0) q
                cross join lateral (
                  select pg_temp.number_of(totals ->> 'total') as total, pg_temp.number_of(totals ->> 'subtotal') as subtotal,
                         pg_temp.number_of(totals ->> 'shipping') as shipping, pg_temp.number_of(totals ->> 'discount') as discount,
                         pg_temp.number_of(totals ->> 'tax') as tax,
                         (select string_agg(format('%s × %s', o ->> 'quantity', o ->> 'sku'), ', ' order by n)
                          from jsonb_array_elements(pg_temp.list_of(totals -> 'lines')) with ordinality as o(o, n)) as lines offset 0) t
                cross join lateral (
                  select coalesce(sum(gross), 0) as gross, coalesce(sum(discount), 0) as discount, coalesce(sum(tax), 0) as tax,
                         coalesce(sum(deducted), 0) as deducted, coalesce(sum(payable), 0) as payable,
                         coalesce(bool_or(discount <> adjusted or tax <> taxed or discount not between 0 and gross
                             or payable < 0), false) as is_wrong,
                         string_agg(format('%s × %s', quantity, sku), ', ' order by n) as lines
                  from (
                    select n, o ->> 'sku' as sku, o ->> 'quantity' as quantity,
                           coalesce(pg_temp.number_of(o ->> 'unitPrice'), 0) * pg_temp.number_of(o ->> 'quantity') as gross,
                           pg_temp.number_of(o ->> 'discount') as discount, pg_temp.number_of(o ->> 'tax') as tax,
                           pg_temp.number_of(o ->> 'taxDeducted') as deducted, pg_temp.number_of(o ->> 'payable') as payable,
                           (select coalesce(sum(pg_temp.number_of(a ->> 'amount')), 0)
                               from jsonb_array_elements(pg_temp.list_of(o -> 'adjustments')) a) as adjusted,
                           (select coalesce(sum(pg_temp.number_of(a ->> 'amount')), 0)
                               from jsonb_array_elements(pg_temp.list_of(o -> 'taxes')) a) as taxed
                    from jsonb_array_elements(pg_temp.list_of(quote -> 'lines')) with ordinality as o(o, n)) o) l
                cross join lateral (
                  select coalesce(pg_temp.number_of(quote #>> '{shipping,cost}'), 0) as cost,
                         coalesce(pg_temp.number_of(quote #>> '{shipping,discount}'), 0) as discount,
                         coalesce(pg_temp.number_of(quote #>> '{shipping,tax}'), 0) as tax,
                         coalesce(pg_temp.number_of(quote #>> '{shipping,taxDeducted}'), 0) as deducted,
                         coalesce(pg_temp.number_of(quote #>> '{shipping,payable}'), 0) as payable offset 0) s
                where (t.total, t.subtotal, t.shipping, t.discount, t.tax, t.lines)
                        is distinct from (q.total, q.subtotal, q.shipping, q.discount, q.tax, l.lines)
                   or (q.total, q.subtotal, q.shipping, q.discount, q.tax, q.deducted)
                        is distinct from (l.payable + s.payable, l.gross, s.cost, l.discount + s.discount, l.tax + s.tax,
                            l.deducted + s.deducted)
                   or q.total is distinct from q.subtotal + q.shipping - q.discount + case when q.inside then 0
                       else q.tax end - q.deducted + q.rounding
                   or l.is_wrong or s.discount not between 0 and s.cost
                   or q.tax <> (select coalesce(sum(pg_temp.number_of(a ->> 'amount')), 0)
                       from jsonb_array_elements(pg_temp.list_of(quote -> 'taxes')) a)
                   or q.discount <> (select coalesce(sum(pg_temp.number_of(a ->> 'discount')), 0)
                       from jsonb_array_elements(pg_temp.list_of(quote -> 'promotions')) a)
                """, "The customer was charged what the payment says. Its row was changed past the shop: restore it from a backup.")
                { Always = true },
    ];
}
