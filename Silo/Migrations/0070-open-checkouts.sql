-- Orders whose checkout has not said that it is through: whoever was to bring it to its end may have died. A row comes with the order's first write, in
-- the same transaction, and goes some moments after the checkout has ended, many with one statement. What stays for longer than a checkout takes is
-- looked at again. In place of a scheduled event for each order, which nearly always came to find nothing to do.
create table open_checkout (
  grain_key text primary key,
  -- When the order was placed, or last looked at, by the database's clock.
  seen_at   timestamptz not null default clock_timestamp()
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000);

create index open_checkout_seen on open_checkout (seen_at);

-- As before, and with the row for a new checkout. Silos of the version before take it off nowhere: their orders are looked at once, and then it goes.
create or replace function keep_order_lists() returns trigger language plpgsql as $$
declare
  was_pending boolean := old.index ->> 'status' = 'pending';
  is_pending  boolean := new.index ->> 'status' = 'pending';
begin
  if is_pending and (was_pending is distinct from true or old.index ->> 'placedAt' is distinct from new.index ->> 'placedAt') then
    insert into order_pending values (new.grain_key, (new.index ->> 'placedAt')::timestamptz)
      on conflict (grain_key) do update set placed_at = excluded.placed_at;
    if was_pending is distinct from true then
      insert into open_checkout (grain_key) values (new.grain_key) on conflict do nothing;
    end if;
  elsif was_pending and is_pending is distinct from true then
    delete from order_pending where grain_key = old.grain_key;
  end if;
  if tg_op = 'DELETE' then
    delete from open_checkout where grain_key = old.grain_key;
  end if;
  -- Status and what follows from it do not count, but for the stages that are listed.
  if tg_op = 'UPDATE' and (old.index - '{status,open,moved,buyerErased}'::text[]) is not distinct from (new.index - '{status,open,moved,buyerErased}'::text[])
     and order_stage(old.index) is not distinct from order_stage(new.index) then
    return null;
  end if;
  if tg_op <> 'INSERT' and old.index ->> 'placedAt' is distinct from new.index ->> 'placedAt' then
    delete from order_entry where placed_at = (old.index ->> 'placedAt')::timestamptz and grain_key = old.grain_key;
  end if;
  if new.index ->> 'placedAt' is not null then
    insert into order_entry (placed_at, grain_key, customer_id, guest_cart_id, number, email, skus, stage, retain_until)
    values ((new.index ->> 'placedAt')::timestamptz, new.grain_key, (new.index ->> 'customerId')::uuid,
            case when new.index ->> 'cartId' is distinct from new.index ->> 'customerId' then (new.index ->> 'cartId')::uuid end,
            new.index ->> 'number', new.index ->> 'email', order_skus(new.index), order_stage(new.index), new.index ->> 'retainUntil')
    on conflict (placed_at, grain_key) do update set
      customer_id = excluded.customer_id, guest_cart_id = excluded.guest_cart_id, number = excluded.number, email = excluded.email,
      skus = excluded.skus, stage = excluded.stage, retain_until = excluded.retain_until;
  end if;
  return null;
end $$;
