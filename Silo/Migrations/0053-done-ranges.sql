-- What is done with beyond a queue's watermark, as ranges: of this queue's events between two bounds, all are. A slow event among thousands
-- costs two ranges, where it cost a list of the thousands. Silos of the version before write and read the list beside it still; both are true.
alter table stream_queue add column done_ranges int8multirange not null default '{}';

-- As in 0008.
create or replace function ensure_stream_queues(p_provider text, p_queues integer) returns void language plpgsql as $$
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
      and (e.due_at is not null or e.position > q.watermark and not e.position = any (q.done) and not e.position <@ q.done_ranges);
  insert into stream_queue (provider, number)
    select p_provider, n from generate_series(0, p_queues - 1) n on conflict do nothing;
  update stream_provider set queues = p_queues where name = p_provider;
  -- Everything up to here is done with, in each queue; what is pending is moved behind it, in its order.
  update stream_queue set epoch = epoch + 1, owner = null, done = '{}', done_ranges = '{}', watermark = last_taken where provider = p_provider;
  update event e set position = p.next, queue = stream_queue_of(p_provider, e.stream_namespace, e.stream_key)
    from (select o.position, nextval(pg_get_serial_sequence('event', 'position')) as next
          from (select position from pending_event where not scheduled order by position) o) p
    where e.position = p.position;
  update event e set queue = stream_queue_of(p_provider, e.stream_namespace, e.stream_key)
    from pending_event p where p.scheduled and e.position = p.position;
  -- A queue that is no more keeps nothing.
  delete from stream_queue q where q.provider = p_provider and q.number >= p_queues;
end $$;

-- As in 0008, with the ranges left out of the count.
create or replace view stream_lag as
select q.provider, q.number, q.id as queue, q.owner, q.epoch, q.watermark,
       greatest(0, pending.depth - cardinality(q.done)) as depth,
       oldest.time as oldest_at
from stream_queue q
cross join lateral (
  select count(*) as depth
  from (select 1 from event e where e.queue = q.id and e.due_at is null and e.position > q.watermark and not e.position <@ q.done_ranges
        limit 100000) counted) pending
left join lateral (
  select e.time from event e
  where e.queue = q.id and e.due_at is null and e.position > q.watermark and e.position <> all (q.done) and not e.position <@ q.done_ranges
  order by e.position limit 1) oldest on true;
