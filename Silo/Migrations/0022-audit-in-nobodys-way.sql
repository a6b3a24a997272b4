alter table integrity_audit
  -- Since when an audit can be missed.
  add column installed_at   timestamptz not null default clock_timestamp(),
  -- What silos know and an audit by hand does not: who moves the money, for how many days events are kept, and up to when some were removed.
  add column provider       text,
  add column retention_days integer,
  add column removed_before timestamptz not null default '-infinity';

-- Transactions that are long and change nothing but what is temporary: who waits for all older ones to end need not wait for these.
-- The server's start tells those of another server apart, should this table come out of a backup.
create table audit_transaction (
  id     xid8 primary key,
  server timestamptz not null default pg_postmaster_start_time()
);
