-- One silo at a time audits: it holds this row until a time of this clock. What the last audit found stands here for all of them.
create table integrity_audit (
  one          boolean primary key default true check (one),
  due_at       timestamptz not null default clock_timestamp() + interval '5 minutes',
  owner        text,
  leased_until timestamptz not null default '-infinity',
  started_at   timestamptz,
  ended_at     timestamptz,
  report       jsonb,
  -- Why the last try came to no end; null when it did.
  error        text
);
insert into integrity_audit default values;
