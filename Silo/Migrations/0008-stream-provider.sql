-- Functions of the stream provider, and what it could not hand over.

-- Inserts events that were published by OnNextAsync, in order; answers the queues that have something new.
create function publish_events(p_provider text, p_ids text[], p_types text[], p_namespaces text[], p_keys text[], p_payloads bytea[])
returns integer[] language sql as $$
  with inserted as (
    insert into event (id, source, sequence, type, subject, stream_namespace, stream_key, time, payload, queue)
    select e.id, '/stream/' || p_provider, 0, e.type, e.key, e.namespace, e.key, clock_timestamp(), e.payload,
           stream_queue_of(p_provider, e.namespace, e.key)
    from unnest(p_ids, p_types, p_namespaces, p_keys, p_payloads) with ordinality as e(id, type, namespace, key, payload, place)
    order by e.place
    returning queue)
  select array_agg(distinct queue) from inserted
$$;

-- Releases scheduled events of a provider that are due: each goes to the end of its queue. Answers the queues that have
-- something new, and how many milliseconds to the next one that is due (null: none is scheduled).
create function release_events(p_provider text, p_limit integer, out queues integer[], out released integer, out next_ms double precision)
language plpgsql as $$
begin
  perform pg_current_xact_id();
  with due as materialized (
    select position from event
    where due_at <= clock_timestamp() and queue in (select id from stream_queue where provider = p_provider)
    order by due_at, position limit p_limit
    for update skip locked),
  moved as (
    update event e set position = nextval(pg_get_serial_sequence('event', 'position')), due_at = null
    from due where e.position = due.position
    returning e.queue)
  select array_agg(distinct m.queue), count(*) into queues, released from moved m;
  select 1000 * extract(epoch from due_at - clock_timestamp()) into next_ms
  from event
  where due_at is not null and queue in (select id from stream_queue where provider = p_provider)
  order by due_at limit 1;
end $$;

-- Gives a provider its queues, or another number of them. Every event that is not done with goes to its new queue, and
-- so do scheduled ones. Only while nobody reads the queues; who publishes waits.
create function ensure_stream_queues(p_provider text, p_queues integer) returns void language plpgsql as $$
declare
  old_queues integer;
  last_taken bigint;
begin
  select queues into old_queues from stream_provider where name = p_provider for update;
  if old_queues = p_queues then
    return;
  end if;
  if old_queues is null then
    insert into stream_provider values (p_provider, p_queues);
    insert into stream_queue (provider, number) select p_provider, n from generate_series(0, p_queues - 1) n;
    return;
  end if;
  -- Whoever is publishing has then committed, and whoever wants to waits until the queues are new.
  lock table event in exclusive mode;
  last_taken := nextval(pg_get_serial_sequence('event', 'position'));
  create temporary table pending_event on commit drop as
    select e.position, e.due_at is not null as scheduled
    from stream_queue q join event e on e.queue = q.id
    where q.provider = p_provider
      and (e.due_at is not null or e.position > q.watermark and not e.position = any (q.done));
  insert into stream_queue (provider, number)
    select p_provider, n from generate_series(0, p_queues - 1) n on conflict do nothing;
  update stream_provider set queues = p_queues where name = p_provider;
  -- Everything up to here is done with, in each queue; what is pending is moved behind it, in its order.
  update stream_queue set epoch = epoch + 1, owner = null, done = '{}', watermark = last_taken where provider = p_provider;
  update event e set position = p.next, queue = stream_queue_of(p_provider, e.stream_namespace, e.stream_key)
    from (select o.position, nextval(pg_get_serial_sequence('event', 'position')) as next
          from (select position from pending_event where not scheduled order by position) o) p
    where e.position = p.position;
  update event e set queue = stream_queue_of(p_provider, e.stream_namespace, e.stream_key)
    from pending_event p where p.scheduled and e.position = p.position;
  -- A queue that is no more keeps nothing.
  delete from stream_queue q where q.provider = p_provider and q.number >= p_queues;
end $$;

-- What no consumer took, where no other place for it was configured.
create table stream_undelivered (
  position         bigint not null,
  provider         text not null,
  event_id         text not null,
  event_type       text not null,
  stream_namespace text not null,
  stream_key       text not null,
  reason           text not null,
  consumers        text[] not null,
  error            text not null,
  at               timestamptz not null default clock_timestamp(),
  primary key (position, reason, consumers)
);

-- How far behind each queue is. A queue that is very far behind is counted to 100,000.
create view stream_lag as
select q.provider, q.number, q.id as queue, q.owner, q.epoch, q.watermark,
       greatest(0, pending.depth - cardinality(q.done)) as depth,
       oldest.time as oldest_at
from stream_queue q
cross join lateral (
  select count(*) as depth
  from (select 1 from event e where e.queue = q.id and e.due_at is null and e.position > q.watermark limit 100000) counted) pending
left join lateral (
  select e.time from event e
  where e.queue = q.id and e.due_at is null and e.position > q.watermark and e.position <> all (q.done)
  order by e.position limit 1) oldest on true;
