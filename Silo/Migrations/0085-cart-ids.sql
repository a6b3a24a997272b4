-- The keys under which ids of guests' carts are issued: such a cart has no row before its first item. The newest key that is ten minutes old, or
-- the first one, signs; all of them prove. To change it, insert another like this; remove an old one when no cart is in use that was opened under it
-- and never filled: those are not found any more.
create table cart_id_key (
  number  integer     generated always as identity primary key,
  key     bytea       not null check (length(key) = 32),
  made_at timestamptz not null default now()
);

-- 244 random bits, from the source that PostgreSQL uses for secrets.
insert into cart_id_key (key) values (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
