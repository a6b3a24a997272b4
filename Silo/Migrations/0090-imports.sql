-- Imports of CSV files. A silo takes a job under a lease. Its fence is in each later write, so that a silo that lost the lease writes nothing.
create table import_job (
  id              uuid primary key,
  kind            text not null,
  status          text not null,
  created_at      timestamptz not null default clock_timestamp(),
  created_by      text not null,
  -- Size and digest of the file, once it is complete.
  file_bytes      bigint not null default 0,
  digest          text,
  -- Rows of the file, without the header: all of them, and those of the current run that are committed.
  total_rows      bigint,
  rows            bigint not null default 0,
  created         bigint not null default 0,
  changed         bigint not null default 0,
  unchanged       bigint not null default 0,
  wrong           bigint not null default 0,
  ignored_columns text[] not null default '{}',
  -- Texts with their keys (ErrorText).
  problems        jsonb,
  applied_at      timestamptz,
  applied_by      text,
  ended_at        timestamptz,
  -- When it waits for a silo: since when, and how often one gave it back without a row.
  due_at          timestamptz not null default clock_timestamp(),
  attempts        integer not null default 0,
  owner           text,
  leased_until    timestamptz not null default '-infinity',
  fence           bigint not null default 0
);

create index import_job_by_time on import_job (created_at desc, id desc);
create index import_job_open on import_job (due_at) where status in ('uploaded', 'checking', 'applying');

-- Files in compressed parts of one megabyte.
create table import_file (
  job_id  uuid not null references import_job on delete cascade,
  part    integer not null,
  bytes   integer not null,
  content bytea not null,
  primary key (job_id, part)
);
alter table import_file alter column content set storage external;

-- Results by batch, as compressed JSON: of the dry run (phase check) and of what was applied (phase apply). A plan holds what a batch would
-- change. It is written before the batch changes anything, and replaced by the batch's results. So what a silo had changed when it died
-- still counts as changed.
create table import_result (
  job_id    uuid not null references import_job on delete cascade,
  phase     text not null,
  first_row bigint not null,
  is_plan   boolean not null,
  content   bytea not null,
  primary key (job_id, phase, first_row)
);
alter table import_result alter column content set storage external;
