-- What orders are listed by, beside their states. Of an order's row, the state and the fields for queries change with each step, and an index over
-- any of them makes each change write all of the table's indexes again. What lists ask for does not change when an order is confirmed: it stands here,
-- and triggers keep it, whoever writes the order.
create table order_entry (
  placed_at     timestamptz not null,
  grain_key     text not null,
  customer_id   uuid,
  -- Of an order whose cart is not its customer's own.
  guest_cart_id uuid,
  number        text,
  email         text,
  skus          text[],
  -- The status, but for 'pending', which is in order_pending, and 'confirmed', which most orders are.
  stage         text,
  retain_until  text,
  primary key (placed_at, grain_key)
);

create unique index order_entry_number on order_entry (number);
create index order_entry_customer on order_entry (customer_id, placed_at, grain_key) where customer_id is not null;
create index order_entry_cart     on order_entry (guest_cart_id, placed_at, grain_key) where guest_cart_id is not null;
create index order_entry_email    on order_entry (email, placed_at, grain_key) where email is not null;
create index order_entry_sku      on order_entry using gin (skus) where skus is not null;
create index order_entry_stage    on order_entry (stage, placed_at, grain_key) where stage is not null;
create index order_entry_retained on order_entry (retain_until) where retain_until is not null;
-- Of orders that an older version wrote.
create index order_entry_without_skus on order_entry (grain_key) where skus is null;

-- Orders that are being placed. There are few at any time, and each leaves it after a moment.
create table order_pending (
  grain_key text primary key,
  placed_at timestamptz not null
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000);

create function order_stage(p_index jsonb) returns text language sql immutable parallel safe as $$
  select case when p_index ->> 'status' not in ('pending', 'confirmed') then p_index ->> 'status' end
$$;

create function order_skus(p_index jsonb) returns text[] language sql immutable parallel safe as $$
  select case when jsonb_typeof(p_index -> 'skus') = 'array' then array(select jsonb_array_elements_text(p_index -> 'skus')) end
$$;

-- One trigger without a condition: each condition is made ready anew for each statement, which costs more than to call this.
create function keep_order_lists() returns trigger language plpgsql as $$
declare
  was_pending boolean := old.index ->> 'status' = 'pending';
  is_pending  boolean := new.index ->> 'status' = 'pending';
begin
  if is_pending and (was_pending is distinct from true or old.index ->> 'placedAt' is distinct from new.index ->> 'placedAt') then
    insert into order_pending values (new.grain_key, (new.index ->> 'placedAt')::timestamptz)
      on conflict (grain_key) do update set placed_at = excluded.placed_at;
  elsif was_pending and is_pending is distinct from true then
    delete from order_pending where grain_key = old.grain_key;
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

create trigger order_lists after insert or update or delete on grain_state_order for each row execute function keep_order_lists();

-- Adds orders that are there, some at a time, after one of them; answers the last, or null when there are no more. Their rows are held meanwhile: who
-- changes one then finds its entry.
create function fill_order_entries(p_after text, p_limit integer) returns text language sql as $$
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
    insert into order_pending select o.grain_key, (o.index ->> 'placedAt')::timestamptz from page o where o.index ->> 'status' = 'pending'
      on conflict do nothing)
  select max(grain_key) from page
$$;
