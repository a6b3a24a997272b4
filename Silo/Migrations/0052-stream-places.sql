-- Where a provider's queues are, apart from how far they are. Rows of stream_queue change with every acknowledgement, and while an older
-- snapshot is open (a backup, an audit) none of their versions can be removed: whoever looks one up walks them all. So nothing that is done
-- for each event looks there.
create table stream_place (
  provider text not null,
  number   integer not null,
  queue    integer not null,
  primary key (provider, number)
);

lock table stream_queue in share row exclusive mode;
insert into stream_place select provider, number, id from stream_queue;

-- Not for acknowledgements: they change neither.
create function keep_stream_places() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    delete from stream_place where provider = old.provider and number = old.number;
  else
    insert into stream_place values (new.provider, new.number, new.id)
      on conflict (provider, number) do update set queue = excluded.queue;
  end if;
  return null;
end $$;

create trigger stream_places after insert or delete on stream_queue for each row execute function keep_stream_places();

-- As in 0006.
create or replace function stream_queue_of(p_provider text, p_namespace text, p_key text) returns integer language sql stable parallel safe as $$
  select q.queue
  from stream_provider p, stream_place q
  where p.name = p_provider and q.provider = p.name and q.number = stream_hash(p_namespace, p_key) % p.queues
$$;

-- As in 0007.
create or replace function write_grain_states(
  p_names text[], p_keys text[], p_versions integer[], p_states bytea[], p_indexes jsonb[],
  p_provider text,
  p_event_rows integer[], p_event_ids text[], p_event_sources text[], p_event_sequences bigint[], p_event_types text[],
  p_event_subjects text[], p_event_namespaces text[], p_event_keys text[], p_event_times timestamptz[],
  p_event_not_before timestamptz[], p_event_correlation_ids text[], p_event_causation_ids text[],
  p_event_traceparents text[], p_event_data jsonb[],
  p_ledger_rows integer[], p_ledger_skus text[], p_ledger_sequences bigint[], p_ledger_operation_ids text[],
  p_ledger_at timestamptz[], p_ledger_kinds text[], p_ledger_deltas integer[], p_ledger_on_hand integer[],
  p_ledger_reserved integer[], p_ledger_references text[],
  out conflicts integer[], out stored integer[], out queues integer[])
language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
declare
  written     integer := 0;
  n           integer;
  queue_count integer;
begin
  if 0 < any (p_versions) then
    update grain_state g
      set state = w.state, index = w.index, version = g.version + 1, modified_at = now()
      from unnest(p_names, p_keys, p_versions, p_states, p_indexes) as w(name, key, version, state, index)
      where w.version > 0 and g.state_name = w.name and g.grain_key = w.key and g.version = w.version;
    get diagnostics n = row_count;
    written := n;
  end if;
  if 0 = any (p_versions) then
    insert into grain_state (state_name, grain_key, version, state, index)
      select w.name, w.key, 1, w.state, w.index
      from unnest(p_names, p_keys, p_versions, p_states, p_indexes) as w(name, key, version, state, index)
      where w.version = 0
      -- Other unique indexes are no version conflict.
      on conflict (state_name, grain_key) do nothing;
    get diagnostics n = row_count;
    written := written + n;
  end if;
  if written < cardinality(p_keys) then
    -- What this transaction has not written.
    select array_agg(w.place), array_agg(g.version) into conflicts, stored
      from unnest(p_names, p_keys) with ordinality as w(name, key, place)
      left join grain_state g on g.state_name = w.name and g.grain_key = w.key
      where g.xmin is distinct from pg_current_xact_id()::xid;
  end if;
  if cardinality(p_event_rows) > 0 then
    select p.queues into queue_count from stream_provider p where p.name = p_provider;
    if queue_count is null then
      raise exception 'There is no stream provider named %.', p_provider
        using errcode = 'foreign_key_violation', hint = 'Name one of the table stream_provider in the storage''s options.';
    end if;
    with inserted as (
      insert into event (id, source, sequence, type, subject, stream_namespace, stream_key, time, not_before,
                         correlation_id, causation_id, traceparent, data, due_at, queue)
      select e.id, e.source, e.sequence, e.type, e.subject, e.stream_namespace, e.stream_key, e.time, e.not_before,
             e.correlation_id, e.causation_id, e.traceparent, e.data,
             case when e.not_before > e.time then clock_timestamp() + (e.not_before - e.time) end, q.queue
      from unnest(p_event_rows, p_event_ids, p_event_sources, p_event_sequences, p_event_types, p_event_subjects,
                  p_event_namespaces, p_event_keys, p_event_times, p_event_not_before, p_event_correlation_ids,
                  p_event_causation_ids, p_event_traceparents, p_event_data)
           with ordinality as e(place, id, source, sequence, type, subject, stream_namespace, stream_key, time, not_before,
                                correlation_id, causation_id, traceparent, data, number)
      left join stream_place q on q.provider = p_provider
        and q.number = stream_hash(e.stream_namespace, e.stream_key) % queue_count
      where conflicts is null or e.place <> all (conflicts)
      order by e.number
      returning queue, due_at)
    select array_agg(distinct i.queue) into queues from inserted i where i.due_at is null;
  end if;
  if cardinality(p_ledger_rows) > 0 then
    insert into stock_ledger (sku, sequence, operation_id, at, kind, delta, on_hand_after, reserved_after, reference)
      select r.sku, r.sequence, r.operation_id, r.at, r.kind, r.delta, r.on_hand_after, r.reserved_after, r.reference
      from unnest(p_ledger_rows, p_ledger_skus, p_ledger_sequences, p_ledger_operation_ids, p_ledger_at, p_ledger_kinds,
                  p_ledger_deltas, p_ledger_on_hand, p_ledger_reserved, p_ledger_references)
           as r(place, sku, sequence, operation_id, at, kind, delta, on_hand_after, reserved_after, reference)
      where conflicts is null or r.place <> all (conflicts);
  end if;
end $$;

-- As in 0051.
create or replace function release_events(p_provider text, p_limit integer, out queues integer[], out released integer, out next_ms double precision)
language plpgsql as $$
declare
  mine integer[] := array(select queue from stream_place where provider = p_provider);
begin
  released := 0;
  if exists (select from event where due_at <= clock_timestamp() and queue = any (mine)) then
    with due as materialized (
      select position from event
      where due_at <= clock_timestamp() and queue = any (mine)
      order by due_at, position limit p_limit
      for update skip locked),
    moved as (
      update event e set position = nextval(pg_get_serial_sequence('event', 'position')), due_at = null
      from due where e.position = due.position
      returning e.queue)
    select array_agg(distinct m.queue), count(*) into queues, released from moved m;
  end if;
  select 1000 * extract(epoch from due_at - clock_timestamp()) into next_ms
  from event
  where due_at is not null and queue = any (mine)
  order by due_at limit 1;
end $$;
