-- What happened, in the order in which the database took it in. A row enters in the transaction that commits the state it
-- tells of; the columns are CloudEvents' attributes.
create table event (
  position         bigint generated always as identity primary key,
  id               text not null unique,
  source           text not null,
  sequence         bigint not null,
  type             text not null,
  subject          text not null,
  stream_namespace text not null,
  stream_key       text not null,
  time             timestamptz not null,
  not_before       timestamptz,
  correlation_id   text,
  causation_id     text,
  traceparent      text,
  data             jsonb not null,
  -- Of scheduled events: until when a silo has it in hand, how often it was tried, and when it was done with.
  claimed_until    timestamptz,
  attempts         integer not null default 0,
  handled_at       timestamptz
);

create index event_due on event (not_before) where not_before is not null and handled_at is null;
