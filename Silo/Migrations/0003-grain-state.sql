-- One row a grain. The state is JSON kept as bytes: nothing in the database reads it on the way in or out, and a write
-- costs a third of what jsonb costs. Beside it, for the aggregates that are searched, stands a small jsonb of the fields
-- that queries need. Partitioned by state name, so that one aggregate's indexes do not slow another's writes.
create table grain_state (
  state_name  text not null,
  grain_key   text not null,
  version     integer not null,
  state       bytea,
  index       jsonb,
  modified_at timestamptz not null default now(),
  primary key (state_name, grain_key)
) partition by list (state_name);

create table grain_state_user        partition of grain_state for values in ('user');
create table grain_state_email       partition of grain_state for values in ('email');
create table grain_state_product     partition of grain_state for values in ('product');
create table grain_state_inventory   partition of grain_state for values in ('inventory');
create table grain_state_cart        partition of grain_state for values in ('cart');
create table grain_state_order       partition of grain_state for values in ('order');
create table grain_state_payment     partition of grain_state for values in ('payment');
create table grain_state_idempotency partition of grain_state for values in ('idempotency');
create table grain_state_other       partition of grain_state default;

-- Behind the e-mail grains: whatever they are told, no two accounts have one address.
create unique index user_email on grain_state_user ((index ->> 'email'));

create unique index order_number on grain_state_order ((index ->> 'number'));
create index order_by_customer on grain_state_order ((index ->> 'customerId'), (index ->> 'placedAt') desc, grain_key desc);
create index order_by_cart     on grain_state_order ((index ->> 'cartId'), (index ->> 'placedAt') desc, grain_key desc);
create index order_by_time     on grain_state_order ((index ->> 'placedAt') desc, grain_key desc);
create index order_by_status   on grain_state_order ((index ->> 'status'), (index ->> 'placedAt') desc, grain_key desc);

create index idempotency_age on grain_state_idempotency (modified_at);

-- Every movement of stock. The item's counters change in the same transaction. An operation happens once: the second
-- row for it is refused, and with it the whole write.
create table stock_ledger (
  sku            text not null,
  sequence       bigint not null,
  operation_id   text not null,
  at             timestamptz not null,
  kind           text not null,
  delta          integer not null,
  on_hand_after  integer not null,
  reserved_after integer not null,
  reference      text,
  primary key (sku, sequence),
  unique (sku, operation_id),
  check (on_hand_after >= reserved_after and reserved_after >= 0)
);

-- Orleans hands over a Guid key as two little-endian halves, and any other key as text.
create function grain_key(p_n0 bigint, p_n1 bigint, p_text text) returns text language sql immutable parallel safe as $$
  select case when p_text is not null then p_text else (
    select substr(a, 9, 8) || substr(a, 5, 4) || substr(a, 1, 4)
        || substr(b, 15, 2) || substr(b, 13, 2) || substr(b, 11, 2) || substr(b, 9, 2)
        || substr(b, 7, 2) || substr(b, 5, 2) || substr(b, 3, 2) || substr(b, 1, 2)
    from (select encode(int8send(p_n0), 'hex') as a, encode(int8send(p_n1), 'hex') as b) halves) end
$$;

-- What a grain writes arrives as one frame: four big-endian lengths, then state, index, events and ledger rows.
create function frame_length(p_frame bytea, p_part integer) returns integer language sql immutable parallel safe as $$
  select get_byte(p_frame, 4 * p_part) << 24 | get_byte(p_frame, 4 * p_part + 1) << 16
       | get_byte(p_frame, 4 * p_part + 2) << 8 | get_byte(p_frame, 4 * p_part + 3)
$$;

create function insert_events(p_events jsonb) returns void language sql as $$
  insert into event (id, source, sequence, type, subject, stream_namespace, stream_key, time, not_before,
                     correlation_id, causation_id, traceparent, data)
  select e.id, e.source, e.sequence, e.type, e.subject, e."streamNamespace", e."streamKey", e.time, e."notBefore",
         e."correlationId", e."causationId", e."traceParent", e.data
  from jsonb_to_recordset(p_events) as e(
    id text, source text, sequence bigint, type text, subject text, "streamNamespace" text, "streamKey" text,
    time timestamptz, "notBefore" timestamptz, "correlationId" text, "causationId" text, "traceParent" text, data jsonb)
  order by e.sequence
$$;

create function insert_movements(p_rows jsonb) returns void language sql as $$
  insert into stock_ledger (sku, sequence, operation_id, at, kind, delta, on_hand_after, reserved_after, reference)
  select r.sku, r.sequence, r."operationId", r.at, r.kind, r.delta, r."onHandAfter", r."reservedAfter", r.reference
  from jsonb_to_recordset(p_rows) as r(
    sku text, sequence bigint, "operationId" text, at timestamptz, kind text, delta integer,
    "onHandAfter" integer, "reservedAfter" integer, reference text)
$$;

-- Writes a state with its events and ledger rows, all or nothing. Answers the new version, or null when the version that
-- the grain read is not the current one. A first write names no version; of two at once, one wins.
create function write_grain_state(p_state_name text, p_key text, p_version integer, p_frame bytea)
returns integer language plpgsql as $$
declare
  state_length  integer := frame_length(p_frame, 0);
  index_length  integer := frame_length(p_frame, 1);
  events_length integer := frame_length(p_frame, 2);
  ledger_length integer := frame_length(p_frame, 3);
  new_state     bytea := substring(p_frame from 17 for state_length);
  new_index     jsonb;
  new_version   integer;
begin
  if index_length > 0 then
    new_index := convert_from(substring(p_frame from 17 + state_length for index_length), 'UTF8')::jsonb;
  end if;
  if p_version is null then
    insert into grain_state (state_name, grain_key, version, state, index)
      values (p_state_name, p_key, 1, new_state, new_index)
      on conflict do nothing
      returning version into new_version;
  else
    update grain_state
      set state = new_state, index = new_index, version = version + 1, modified_at = now()
      where state_name = p_state_name and grain_key = p_key and version = p_version
      returning version into new_version;
  end if;
  if new_version is null then
    return null;
  end if;
  if events_length > 0 then
    perform insert_events(convert_from(substring(p_frame from 17 + state_length + index_length for events_length), 'UTF8')::jsonb);
  end if;
  if ledger_length > 0 then
    perform insert_movements(convert_from(
      substring(p_frame from 17 + state_length + index_length + events_length for ledger_length), 'UTF8')::jsonb);
  end if;
  return new_version;
end $$;

insert into OrleansQuery (QueryKey, QueryText) values
('ReadFromStorageKey',
 'select state as PayloadBinary, version as Version from grain_state
  where state_name = @GrainTypeString::text and grain_key = grain_key(@GrainIdN0::bigint, @GrainIdN1::bigint, @GrainIdExtensionString::text)'),
('WriteToStorageKey',
 'select write_grain_state(@GrainTypeString::text, grain_key(@GrainIdN0::bigint, @GrainIdN1::bigint, @GrainIdExtensionString::text),
                           @GrainStateVersion::integer, @PayloadBinary) as NewGrainStateVersion'),
-- A cleared row keeps its version, so that a stale activation cannot write over what comes after it.
('ClearStorageKey',
 'update grain_state set state = null, index = null, version = version + 1, modified_at = now()
  where state_name = @GrainTypeString::text and grain_key = grain_key(@GrainIdN0::bigint, @GrainIdN1::bigint, @GrainIdExtensionString::text)
    and version = @GrainStateVersion::integer
  returning version as NewGrainStateVersion'),
('DeleteStorageKey',
 'delete from grain_state
  where state_name = @GrainTypeString::text and grain_key = grain_key(@GrainIdN0::bigint, @GrainIdN1::bigint, @GrainIdExtensionString::text)
    and version = @GrainStateVersion::integer
  returning version + 1 as NewGrainStateVersion');
