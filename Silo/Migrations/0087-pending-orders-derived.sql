-- A pending order is always on the list of open checkouts, so which orders are pending follows from that list and the orders' states. The table that
-- repeated it cost each order an insert and a delete. Silos of the version before read the view under the same name.
insert into open_checkout (grain_key) select grain_key from order_pending on conflict do nothing;
drop table order_pending;
create view order_pending as
  select o.grain_key, (o.index ->> 'placedAt')::timestamptz as placed_at
  from open_checkout c join grain_state_order o on o.state_name = 'order' and o.grain_key = c.grain_key
  where o.index ->> 'status' = 'pending';

create or replace function keep_order_lists() returns trigger language plpgsql as $$
declare
  old_status text := old.index ->> 'status';
  new_status text := new.index ->> 'status';
begin
  if new_status = 'pending' and old_status is distinct from 'pending' then
    insert into open_checkout (grain_key) values (new.grain_key) on conflict do nothing;
  end if;
  if tg_op = 'DELETE' then
    delete from open_checkout where grain_key = old.grain_key;
  end if;
  -- Status and what follows from it do not count, but for the stages that are listed.
  if tg_op = 'UPDATE'
     and (old_status is not distinct from new_status or (old_status in ('pending', 'confirmed') and new_status in ('pending', 'confirmed')))
     and (old.index - '{status,open,moved,buyerErased}'::text[]) is not distinct from (new.index - '{status,open,moved,buyerErased}'::text[]) then
    return null;
  end if;
  if tg_op <> 'INSERT' and old.index ->> 'placedAt' is distinct from new.index ->> 'placedAt' then
    delete from order_entry where placed_at = (old.index ->> 'placedAt')::timestamptz and grain_key = old.grain_key;
  end if;
  insert into order_entry (placed_at, grain_key, customer_id, guest_cart_id, number, email, skus, stage, retain_until)
    select o.placed_at, new.grain_key, o.customer_id, nullif(o.cart_id, o.customer_id), new.index ->> 'number', new.index ->> 'email', o.skus,
           case when new_status not in ('pending', 'confirmed') then new_status end, new.index ->> 'retainUntil'
    from (select (new.index ->> 'placedAt')::timestamptz as placed_at, (new.index ->> 'customerId')::uuid as customer_id,
                 (new.index ->> 'cartId')::uuid as cart_id,
                 case when jsonb_typeof(new.index -> 'skus') = 'array' then array(select jsonb_array_elements_text(new.index -> 'skus')) end as skus) o
    where o.placed_at is not null
    on conflict (placed_at, grain_key) do update set
      customer_id = excluded.customer_id, guest_cart_id = excluded.guest_cart_id, number = excluded.number, email = excluded.email,
      skus = excluded.skus, stage = excluded.stage, retain_until = excluded.retain_until;
  return null;
end $$;

create or replace function fill_order_entries(p_after text, p_limit integer) returns text language sql as $$
  with page as materialized (
    select o.grain_key, o.index from grain_state_order o where o.state_name = 'order' and o.grain_key > p_after order by o.grain_key limit p_limit for share),
  entries as (
    insert into order_entry (placed_at, grain_key, customer_id, guest_cart_id, number, email, skus, stage, retain_until)
      select (o.index ->> 'placedAt')::timestamptz, o.grain_key, (o.index ->> 'customerId')::uuid,
             case when o.index ->> 'cartId' is distinct from o.index ->> 'customerId' then (o.index ->> 'cartId')::uuid end,
             o.index ->> 'number', o.index ->> 'email', order_skus(o.index), order_stage(o.index), o.index ->> 'retainUntil'
      from page o where o.index ->> 'placedAt' is not null
      on conflict (placed_at, grain_key) do nothing),
  pending as (
    insert into open_checkout (grain_key) select o.grain_key from page o where o.index ->> 'status' = 'pending' on conflict do nothing)
  select max(grain_key) from page
$$;
