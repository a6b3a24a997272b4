-- Many grains' writes in one statement, for the group-commit storage.

-- As in 0003, but the extension of a compound key stands beside the key, not instead of it: two grains whose keys differ
-- only before the extension had one row. (Two zeros come with a key that is text alone.)
create or replace function grain_key(p_n0 bigint, p_n1 bigint, p_text text) returns text language sql immutable parallel safe as $$
  select case when p_text is not null and p_n0 = 0 and p_n1 = 0 then p_text else (
    select substr(a, 9, 8) || substr(a, 5, 4) || substr(a, 1, 4)
        || substr(b, 15, 2) || substr(b, 13, 2) || substr(b, 11, 2) || substr(b, 9, 2)
        || substr(b, 7, 2) || substr(b, 5, 2) || substr(b, 3, 2) || substr(b, 1, 2)
        || coalesce('+' || p_text, '')
    from (select encode(int8send(p_n0), 'hex') as a, encode(int8send(p_n1), 'hex') as b) halves) end
$$;

-- Where stream_queue_of begins, as an expression that the planner takes into the statement that uses it.
create function stream_hash(p_namespace text, p_key text) returns integer language sql immutable parallel safe as $$
  select ('x' || substr(encode(sha256(convert_to(p_namespace || '/' || p_key, 'UTF8')), 'hex'), 1, 6))::bit(24)::integer
$$;

-- Writes states, each with its events and ledger rows. Row n of the first five arrays is one grain's; a version of 0 is
-- a first write, a state of null clears. No grain comes twice. A row whose version is not the current one is left out,
-- with its events and ledger rows, and named in `conflicts`, with the version that is there (null for none) in `stored`.
-- Any other fault fails all of them. `queues` are those that have something new.
-- The planner sees no batch and, on a new database, no rows: left to itself it would choose to scan the tables, and keep
-- to that when they have grown.
create function write_grain_states(
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
             case when e.not_before > e.time then clock_timestamp() + (e.not_before - e.time) end, q.id
      from unnest(p_event_rows, p_event_ids, p_event_sources, p_event_sequences, p_event_types, p_event_subjects,
                  p_event_namespaces, p_event_keys, p_event_times, p_event_not_before, p_event_correlation_ids,
                  p_event_causation_ids, p_event_traceparents, p_event_data)
           with ordinality as e(place, id, source, sequence, type, subject, stream_namespace, stream_key, time, not_before,
                                correlation_id, causation_id, traceparent, data, number)
      left join stream_queue q on q.provider = p_provider
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

-- Reads many grains' states: of those that have a row, the place in the arrays, version and state (null when cleared).
create function read_grain_states(p_names text[], p_keys text[]) returns table (place integer, version integer, state bytea)
language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  return query
    select w.place::integer, g.version, g.state
    from unnest(p_names, p_keys) with ordinality as w(name, key, place)
    join grain_state g on g.state_name = w.name and g.grain_key = w.key;
end $$;
