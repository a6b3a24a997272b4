-- Uploaded images. Their files are in the store of the front ends; products and product groups refer to them by their URLs.
create table media (
  id           text primary key,
  content_type text not null,
  bytes        bigint not null,
  status       text not null,
  created_at   timestamptz not null default clock_timestamp(),
  created_by   text not null,
  -- When a product or product group was last about to refer to it.
  used_at      timestamptz not null default '-infinity',
  -- Since when nothing has been found to refer to it; null while something does.
  unused_since timestamptz default clock_timestamp(),
  -- While it is being removed: until when the front end that deletes its files has it.
  taken_until  timestamptz not null default '-infinity'
);

create index media_by_time on media (created_at desc, id desc);
create index media_removing on media (taken_until) where status = 'removing';

-- When one of the silos last looked for images that nothing refers to.
create table media_sweep (at timestamptz not null);
insert into media_sweep values ('-infinity');
