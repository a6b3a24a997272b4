-- The attributes of each product by name, for filters and facets. The trigger reads them from the state, which silos of every version
-- write, and not from the index, which has only their values.
create table product_attributes (
  grain_key   text primary key,
  attributes  jsonb not null
);
create index product_attributes_values on product_attributes using gin (attributes jsonb_path_ops);

-- A state that cannot be read has none: its write must not fail here. The integrity check finds it.
create function attributes_of(p_state bytea) returns jsonb language plpgsql immutable as $$
begin
  return coalesce((convert_from(p_state, 'UTF8')::json #> '{state,content,attributes}')::jsonb, '{}');
exception when data_exception then
  return '{}';
end $$;

create or replace function learn_words() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    perform index_product(old.grain_key, null, old.index);
    delete from product_attributes where grain_key = old.grain_key;
    return null;
  end if;
  if tg_op = 'INSERT' then
    perform index_product(new.grain_key, new.index, null);
  elsif new.index is distinct from old.index then
    perform index_product(new.grain_key, new.index, old.index);
  end if;
  if tg_op = 'INSERT' or new.state is distinct from old.state then
    insert into product_attributes values (new.grain_key, attributes_of(new.state))
      on conflict (grain_key) do update set attributes = excluded.attributes
      where product_attributes.attributes <> excluded.attributes;
  end if;
  return null;
end $$;

create or replace trigger learn_words after insert or delete or update of index, state on grain_state_product
  for each row execute function learn_words();

-- Adds the products after p_after that have no row yet, so many at a time, and answers the last that it looked at; null when there is
-- none. It locks no product: whoever writes one meanwhile writes its row, too, and the newer one stays.
create function fill_product_attributes(p_after text, p_limit integer) returns text language sql as $$
  with looked as materialized (
    select grain_key, state from grain_state_product where state_name = 'product' and grain_key > p_after order by grain_key limit p_limit),
  added as (
    insert into product_attributes select grain_key, attributes_of(state) from looked on conflict (grain_key) do nothing)
  select max(grain_key) from looked
$$;
