-- Orders with returns, by the status of the returns: what the shop has to decide, to receive and to refund. An index on the state's own index
-- column would cost every write of an order; the trigger runs only when a return has changed.
create table order_return (
  status    text not null,
  placed_at timestamptz not null,
  grain_key text not null,
  primary key (status, placed_at, grain_key)
);
create index order_return_order on order_return (grain_key);

create function keep_order_returns() returns trigger language plpgsql as $$
begin
  delete from order_return where grain_key = old.grain_key;
  if tg_op = 'UPDATE' and jsonb_typeof(new.index -> 'returns') = 'array' then
    insert into order_return (status, placed_at, grain_key)
      select distinct r.status, (new.index ->> 'placedAt')::timestamptz, new.grain_key
      from jsonb_array_elements_text(new.index -> 'returns') as r(status)
      where new.index ->> 'placedAt' is not null;
  end if;
  return null;
end $$;

create trigger order_returns_changed after update on grain_state_order
  for each row when (old.index -> 'returns' is distinct from new.index -> 'returns') execute function keep_order_returns();
create trigger order_returns_deleted after delete on grain_state_order
  for each row when (old.index ? 'returns') execute function keep_order_returns();
