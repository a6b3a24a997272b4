-- Keeps the lists of orders as keep_order_lists did, at less cost. PostgreSQL plans the body of an SQL function again in each transaction that calls
-- it, so this calls none; what a confirmation does not change is found by the status first.
create or replace function keep_order_lists() returns trigger language plpgsql as $$
declare
  old_status text := old.index ->> 'status';
  new_status text := new.index ->> 'status';
begin
  if new_status = 'pending' and (old_status is distinct from 'pending' or old.index ->> 'placedAt' is distinct from new.index ->> 'placedAt') then
    insert into order_pending values (new.grain_key, (new.index ->> 'placedAt')::timestamptz)
      on conflict (grain_key) do update set placed_at = excluded.placed_at;
    if old_status is distinct from 'pending' then
      insert into open_checkout (grain_key) values (new.grain_key) on conflict do nothing;
    end if;
  elsif old_status = 'pending' and new_status is distinct from 'pending' then
    delete from order_pending where grain_key = old.grain_key;
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
