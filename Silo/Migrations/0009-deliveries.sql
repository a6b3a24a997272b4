-- Deliveries of events to handlers that failed: those that wait for another attempt, and the dead letters. One row a
-- failed handling: an event, a handler, and the key of the handler's grain. The event is copied, because a dead letter
-- outlives it. Times are this clock's.
create table event_delivery (
  id               uuid primary key default gen_random_uuid(),
  event_id         text not null,
  handler          text not null,
  handler_key      text not null,
  event_type       text not null,
  source           text not null,
  sequence         bigint not null,
  subject          text not null,
  stream_namespace text not null,
  stream_key       text not null,
  event_time       timestamptz not null,
  not_before       timestamptz,
  correlation_id   text,
  causation_id     text,
  traceparent      text,
  data             bytea not null,
  status           text not null check (status in ('waiting', 'dead', 'resolved', 'discarded')),
  -- Of waiting ones: when the next attempt is due. Whoever takes it in hand moves this on by the length of a lease, and
  -- counts the claim, so that one that comes back late changes nothing.
  due_at           timestamptz,
  claim            bigint not null default 0,
  -- True while an administrator's replay is waiting: those are taken at a rate of their own.
  replay           boolean not null default false,
  attempts         integer not null,
  replays          integer not null default 0,
  -- The last failure, and the failed attempts in order (the last 30).
  error_class      text not null,
  error_type       text not null,
  error_message    text not null,
  -- Type and message without what differs from case to case.
  fingerprint      text not null,
  history          jsonb not null,
  first_failed_at  timestamptz not null default clock_timestamp(),
  last_failed_at   timestamptz not null default clock_timestamp(),
  -- When it (last) became a dead letter; null if it never was one.
  dead_at          timestamptz,
  -- When and by whom it was resolved or discarded, and why.
  ended_at         timestamptz,
  ended_by         text,
  end_reason       text,
  unique (event_id, handler, handler_key),
  check ((status = 'waiting') = (due_at is not null))
);

create index event_delivery_due     on event_delivery (handler, due_at) where status = 'waiting' and not replay;
create index event_delivery_replay  on event_delivery (handler, due_at) where status = 'waiting' and replay;
create index event_delivery_ended   on event_delivery (ended_at) where ended_at is not null;

-- Lists of dead letters, newest first, by each of the filters; and their groups.
create index dead_letter_by_time        on event_delivery (dead_at desc, id desc) where status = 'dead';
create index dead_letter_by_handler     on event_delivery (handler, dead_at desc, id desc) where status = 'dead';
create index dead_letter_by_type        on event_delivery (event_type, dead_at desc, id desc) where status = 'dead';
create index dead_letter_by_class       on event_delivery (error_class, dead_at desc, id desc) where status = 'dead';
create index dead_letter_by_fingerprint on event_delivery (fingerprint, dead_at desc, id desc) where status = 'dead';
create index dead_letter_groups         on event_delivery (handler, event_type, error_class, fingerprint, dead_at) where status = 'dead';
create index dead_letter_ended_by_time  on event_delivery (dead_at desc, id desc) where status in ('resolved', 'discarded') and dead_at is not null;

-- Every failed attempt, for questions over all of them.
create table event_failure (
  id            uuid primary key,
  at            timestamptz not null,
  event_id      text not null,
  event_type    text not null,
  handler       text not null,
  handler_key   text not null,
  attempt       integer not null,
  error_class   text not null,
  error_type    text not null,
  error_message text not null,
  stack         text not null,
  silo          text not null,
  trace_id      text,
  took_ms       double precision not null,
  resolved_at   timestamptz,
  resolved_by   text
);

create index event_failure_by_time    on event_failure (at desc, id desc);
create index event_failure_open       on event_failure (at desc, id desc) where resolved_at is null;
create index event_failure_by_handler on event_failure (handler, at desc, id desc);
create index event_failure_by_type    on event_failure (event_type, at desc, id desc);
create index event_failure_by_class   on event_failure (error_class, at desc, id desc);
create index event_failure_of         on event_failure (event_id, handler, handler_key) where resolved_at is null;

-- What the silos counted, by minute: they add to the rows every few seconds.
create table event_stat (
  minute        timestamptz not null,
  event_type    text not null,
  handler       text not null,
  error_class   text not null,
  published     bigint not null,
  delivered     bigint not null,
  failed        bigint not null,
  retried       bigint not null,
  dead_lettered bigint not null,
  total_ms      double precision not null,
  -- Handler times by bucket; the bounds stand in the silo's code.
  buckets       bigint[] not null,
  primary key (minute, event_type, handler, error_class)
);

create function add_buckets(a bigint[], b bigint[]) returns bigint[] language sql immutable parallel safe as $$
  select array_agg(coalesce(x, 0) + coalesce(y, 0) order by i) from unnest(a, b) with ordinality as u(x, y, i)
$$;

-- What administrators did.
create table audit_log (
  id      bigint generated always as identity primary key,
  at      timestamptz not null default clock_timestamp(),
  actor   text not null,
  action  text not null,
  subject text not null,
  -- How many things it concerned.
  count   integer not null,
  details jsonb
);

create index audit_log_by_action on audit_log (action, id desc);
