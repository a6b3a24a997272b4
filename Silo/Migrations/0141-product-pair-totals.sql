-- In how many orders of all weeks that are kept two products were together, so that the best of a product that is often bought are found
-- without adding up all its pairs.
create table product_pair_total (
  sku    text collate "C" not null,
  other  text collate "C" not null,
  orders bigint not null,
  primary key (sku, other)
);
create index product_pair_total_best on product_pair_total (sku, orders desc, other);

-- Counting waits until this migration ends.
lock table product_pair in share row exclusive mode;
insert into product_pair_total select sku, other, sum(orders) from product_pair group by sku, other;

-- Whoever counts or removes pairs holds the row of product_pair_progress, so that no two silos wait for each other. A silo of an earlier
-- version removes pairs without it: one of the two may then be refused, and does it again later.
create function add_pairs() returns trigger language plpgsql as $$
begin
  insert into product_pair_total select sku, other, sum(orders) from added group by sku, other order by sku, other
    on conflict (sku, other) do update set orders = product_pair_total.orders + excluded.orders;
  return null;
end $$;

create function change_pairs() returns trigger language plpgsql as $$
begin
  insert into product_pair_total
    select a.sku, a.other, sum(a.orders - r.orders) from added a join removed r using (sku, other, week) group by a.sku, a.other order by a.sku, a.other
    on conflict (sku, other) do update set orders = product_pair_total.orders + excluded.orders;
  return null;
end $$;

create function remove_pairs() returns trigger language plpgsql as $$
begin
  with gone as (select sku, other, sum(orders) as orders from removed group by sku, other),
  locked as (
    select t.sku, t.other, g.orders from gone g join product_pair_total t using (sku, other) order by t.sku, t.other for update of t)
  update product_pair_total t set orders = t.orders - l.orders from locked l where t.sku = l.sku and t.other = l.other;
  delete from product_pair_total t using removed r where t.sku = r.sku and t.other = r.other and t.orders <= 0;
  return null;
end $$;

create trigger add_pairs after insert on product_pair referencing new table as added for each statement execute function add_pairs();
create trigger change_pairs after update on product_pair referencing new table as added old table as removed
  for each statement execute function change_pairs();
create trigger remove_pairs after delete on product_pair referencing old table as removed for each statement execute function remove_pairs();
