-- What the payment provider tells, and how its books are compared with the shop's.

-- Inserts events from outside, each once by its id; answers the ids that are new and the queues that have something new.
create function accept_events(
  p_provider text, p_ids text[], p_sources text[], p_types text[], p_subjects text[], p_namespaces text[], p_keys text[],
  p_times timestamptz[], p_correlation_ids text[], p_causation_ids text[], p_traceparents text[], p_data jsonb[],
  out ids text[], out queues integer[])
language sql as $$
  with inserted as (
    insert into event (id, source, sequence, type, subject, stream_namespace, stream_key, time,
                       correlation_id, causation_id, traceparent, data, queue)
    select e.id, e.source, 0, e.type, e.subject, e.namespace, e.key, e.time, e.correlation_id, e.causation_id, e.traceparent, e.data,
           stream_queue_of(p_provider, e.namespace, e.key)
    from unnest(p_ids, p_sources, p_types, p_subjects, p_namespaces, p_keys, p_times, p_correlation_ids, p_causation_ids,
                p_traceparents, p_data)
         with ordinality as e(id, source, type, subject, namespace, key, time, correlation_id, causation_id, traceparent, data, place)
    order by e.place
    on conflict (id) do nothing
    returning id, queue)
  select array_agg(id), array_agg(distinct queue) from inserted
$$;

-- Payments of unknown outcome, and those that hold money. The few that were so before there was this field are found once.
update grain_state_payment
  set index = '{"inBetween": true}'
  where state is not null and index is null
    and (convert_from(state, 'UTF8')::jsonb #>> '{state,attempts,-1,status}' in ('asked', 'requiresAction')
         or jsonb_path_exists(convert_from(state, 'UTF8')::jsonb, '$.state.refunds[*] ? (!exists(@.reference))'));
create index payment_in_between on grain_state_payment (grain_key) where index ->> 'inBetween' = 'true';

create index simulated_payment_time on simulated_payment (created_at, reference);

-- Where the books differ, or differed. A difference that comes back after it was resolved is another one.
create table payment_discrepancy (
  id            uuid primary key default gen_random_uuid(),
  kind          text not null,
  payment_id    uuid not null,
  -- The provider's id of the payment; empty where it is about the order.
  reference     text not null,
  ours          text not null,
  theirs        text not null,
  first_seen_at timestamptz not null default clock_timestamp(),
  last_seen_at  timestamptz not null default clock_timestamp(),
  times_seen    integer not null default 1,
  resolved_at   timestamptz,
  resolution    text,
  check ((resolved_at is null) = (resolution is null))
);

create unique index payment_discrepancy_open on payment_discrepancy (payment_id, reference, kind) where resolved_at is null;
create index payment_discrepancy_by_time     on payment_discrepancy (last_seen_at desc, id desc);
create index payment_discrepancy_open_time   on payment_discrepancy (last_seen_at desc, id desc) where resolved_at is null;
create index payment_discrepancy_resolved    on payment_discrepancy (resolved_at) where resolved_at is not null;

-- One silo at a time reconciles: it holds this row until a time of this clock, and writes down how far it is.
create table payment_reconciliation (
  one          boolean primary key default true check (one),
  due_at       timestamptz not null default clock_timestamp(),
  owner        text,
  leased_until timestamptz not null default '-infinity',
  position     jsonb not null default '{}',
  started_at   timestamptz,
  ended_at     timestamptz,
  report       jsonb
);
insert into payment_reconciliation default values;
