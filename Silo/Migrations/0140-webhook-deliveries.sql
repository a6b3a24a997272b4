-- Attempts to post events to webhook endpoints. Silos collect them in memory and write them twice a second.
create table webhook_delivery (
  id          bigint generated always as identity primary key,
  endpoint    uuid not null,
  event_id    text collate "C" not null,
  event_type  text not null,
  at          timestamptz not null,
  attempt     integer not null,
  duration_ms integer not null,
  status      integer,
  -- Null when the endpoint answered with 2xx.
  error       text,
  response    text
);
create index webhook_delivery_endpoint on webhook_delivery (endpoint, id);
create index webhook_delivery_failed on webhook_delivery (endpoint, id) where error is not null;
-- For the question what became of an event, and for the erasure of personal data.
create index webhook_delivery_event on webhook_delivery (event_id);
