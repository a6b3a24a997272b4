-- How far the events of the shop were sent to RabbitMQ. One silo at a time sends: it holds this row until a time of this clock. Who takes the
-- row raises the epoch, and the previous holder can write no more.
create table rabbitmq_cursor (
  one          boolean primary key default true check (one),
  epoch        bigint not null default 0,
  owner        text,
  leased_until timestamptz not null default '-infinity',
  -- All events up to this position are sent, or are not to be sent, and no event can appear below it. Null until RabbitMQ is turned on.
  position     bigint,
  -- Until when events beyond the position are kept. Silos with RabbitMQ turned on move it forward.
  keep_until   timestamptz not null default '-infinity'
) with (fillfactor = 50);
insert into rabbitmq_cursor default values;
