-- As in 0008, but without a transaction id when nothing is due: every silo looks several times a second, and ids are few. The trigger
-- of 0006 takes one before positions are given out.
create or replace function release_events(p_provider text, p_limit integer, out queues integer[], out released integer, out next_ms double precision)
language plpgsql as $$
declare
  mine integer[] := array(select id from stream_queue where provider = p_provider);
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
