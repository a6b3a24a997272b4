-- In how many confirmed orders two products were together, by the week in which they were confirmed. Each pair has two rows, one for each
-- direction. A silo counts the orders from their events, some minutes later; nothing is written with an order.
create table product_pair (
  sku    text collate "C" not null,
  other  text collate "C" not null,
  week   date not null,
  orders integer not null,
  primary key (sku, other, week)
);
create index product_pair_week on product_pair (week);

-- The last event that is counted. Its row is locked while a silo counts, so that one does at a time.
create table product_pair_progress (
  is_only  boolean primary key default true check (is_only),
  position bigint not null
);
insert into product_pair_progress (position) values (0);

-- Counts the orders of the next p_limit events in the weeks after p_after, and answers how many events were looked at; 0 when another silo
-- counts. Of an order, p_max_products products count. Events of the last p_lag wait:
-- transactions with lower positions may still be running.
create function count_product_pairs(p_limit integer, p_max_products integer, p_after date, p_lag interval) returns integer
language plpgsql as $$
declare
  reached bigint;
  looked integer;
begin
  select position into reached from product_pair_progress for update skip locked;
  if reached is null then
    return 0;
  end if;
  with next as materialized (
    select e.position, e.time, case when e.type = 'order.confirmed' and e.due_at is null then e.data -> 'lines' end as lines
    from event e where e.position > reached order by e.position limit p_limit),
  ready as materialized (
    select * from next
    where position < coalesce((select min(position) from next where time > clock_timestamp() - p_lag), 9223372036854775807)),
  bought as materialized (
    select r.position, date_trunc('week', r.time at time zone 'UTC')::date as week, l.sku from ready r cross join lateral (
      select distinct line ->> 'sku' as sku from jsonb_array_elements(r.lines) line
      where line ->> 'sku' is not null and line ->> 'isGift' is distinct from 'true' order by 1 limit p_max_products) l
    where jsonb_typeof(r.lines) = 'array'),
  counted as (
    insert into product_pair (sku, other, week, orders)
    select a.sku, b.sku, a.week, count(*) from bought a join bought b on b.position = a.position and b.sku <> a.sku
    where a.week > p_after group by a.sku, b.sku, a.week order by a.sku, b.sku, a.week
    on conflict (sku, other, week) do update set orders = product_pair.orders + excluded.orders)
  select count(*), coalesce(max(position), reached) into looked, reached from ready;
  update product_pair_progress set position = reached where position <> reached;
  return looked;
end $$;
