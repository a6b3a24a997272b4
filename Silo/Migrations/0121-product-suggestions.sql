-- Names of products on sale by what a shopper may begin to type: the name from each of its words on, and, in scripts without spaces, from
-- each character on. Place 0 is the whole name. A trigger writes the rows in the product's own transaction.
create table product_suggestion (
  grain_key text not null,
  place     smallint not null,
  suffix    text collate "C" not null,
  primary key (grain_key, place)
);
create index product_suggestion_suffix on product_suggestion (suffix, grain_key);
create index product_suggestion_name on product_suggestion (suffix, grain_key) where place = 0;

-- Categories are listed by this index, and products of one category by price.
create index product_search_category on product_search (category, price) where active;

-- A text as suggestions compare it: its words, without punctuation and with one space between them. The places where a word begins, from 1.
create function search_spelling(p_text text, out spelling text, out beginnings integer[]) language sql immutable strict parallel safe as $$
  with atoms as (
    select a.kind, a.term, a.place,
           case when lag(a.chunk) over w is null or (a.chunk = lag(a.chunk) over w and a.part = lag(a.part) over w) then '' else ' ' end as gap,
           lag(a.chunk) over w is null as is_first
    from search_atoms(array[p_text]) a where a.kind not in ('s', 'p') window w as (order by a.place)),
  placed as (
    select *, (sum(length(gap || term)) over (order by place) - length(term) + 1)::integer as beginning from atoms)
  select coalesce((select string_agg(gap || term, '' order by place) from placed), ''),
         array(select p.beginning + c
               from placed p cross join lateral generate_series(0, case when p.kind = 'r' then length(p.term) - 1 else 0 end) c
               where p.kind = 'r' or p.is_first or p.gap = ' ' order by 1)
$$;

-- Writes the rows of a product: at most 24 beginnings of at most 64 characters.
create function suggest_product(p_key text, p_index jsonb) returns void language sql as $$
  delete from product_suggestion where grain_key = p_key;
  insert into product_suggestion (grain_key, place, suffix)
  select p_key, b.place - 1, left(substr(s.spelling, b.beginning), 64)
  from search_spelling(coalesce(p_index ->> 'name', '')) s
  cross join lateral unnest(s.beginnings[1:24]) with ordinality b(beginning, place)
  where (p_index ->> 'active')::boolean
$$;

create function keep_suggestions() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    delete from product_suggestion where grain_key = old.grain_key;
  elsif tg_op = 'INSERT' or new.index ->> 'name' is distinct from old.index ->> 'name'
    or new.index ->> 'active' is distinct from old.index ->> 'active'
  then
    perform suggest_product(new.grain_key, new.index);
  end if;
  return null;
end $$;

create trigger keep_suggestions after insert or delete or update of index on grain_state_product
  for each row execute function keep_suggestions();

-- Adds the rows of products after p_after, so many products at a time, and answers the last that it looked at; null when there is none.
-- What is being written now is left to the next step.
create function fill_product_suggestions(p_after text, p_limit integer) returns text language plpgsql as $$
declare
  product record;
  reached text;
begin
  for product in
    select p.grain_key, p.index from grain_state_product p
    where p.state_name = 'product' and p.grain_key > p_after order by p.grain_key limit p_limit for no key update skip locked
  loop
    reached := product.grain_key;
    perform suggest_product(reached, product.index);
  end loop;
  return reached;
end $$;

-- Products on sale whose names have a word that begins with what was typed, those first whose name begins with it; of a product group one.
-- Where there are fewer than p_limit: products whose names have all words, in any order, and then those that a typing error hides. The
-- first row has only the typed text as it is compared.
create function suggest_products(p_text text, p_limit integer) returns table (spelling text, grain_key text, name text)
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
declare
  max_rows constant integer := 100;
  min_words constant integer := 3;
  min_typo constant integer := 4;
  typed constant text := left((search_spelling(p_text)).spelling, 64);
  beyond constant text := typed || U&'\+10FFFF';
  keys text[];
  names text[];
  groups text[];
  meant text;
begin
  spelling := typed;
  return next;
  if typed = '' then
    return;
  end if;
  select array_agg(b.grain_key order by b.level, b.suffix, b.grain_key), array_agg(b.name order by b.level, b.suffix, b.grain_key),
         array_agg(b.group_id order by b.level, b.suffix, b.grain_key)
    into keys, names, groups
  from (
    select distinct on (coalesce(p.family, p.grain_key)) coalesce(p.family, p.grain_key) as group_id, p.grain_key, p.name, f.level, f.suffix
    from (
      (select 0 as level, s.suffix, s.grain_key from product_suggestion s
       where s.place = 0 and s.suffix >= typed and s.suffix < beyond order by s.suffix, s.grain_key limit max_rows)
      union all
      (select 1, s.suffix, s.grain_key from product_suggestion s
       where s.suffix >= typed and s.suffix < beyond order by s.suffix, s.grain_key limit max_rows)) f
    join product_search p on p.grain_key = f.grain_key and p.active
    order by coalesce(p.family, p.grain_key), f.level, f.suffix, f.grain_key) b;
  for stage in 1 .. 2 loop
    exit when cardinality(keys) >= case when stage = 1 then p_limit else 1 end;
    meant := case
      when stage = 1 and length(typed) >= min_words then search_query_written(p_text)
      when stage = 2 and length(typed) >= min_typo then search_query_forgiving(p_text) end;
    continue when meant is null;
    select keys || array_agg(b.grain_key order by b.name, b.grain_key), names || array_agg(b.name order by b.name, b.grain_key)
      into keys, names
    from (
      select distinct on (coalesce(p.family, p.grain_key)) p.grain_key, p.name from (
        select m.grain_key, m.name, m.family, m.terms from product_search m
        where m.active and m.terms @@ meant::tsquery limit 2 * max_rows) p
      where ts_filter(p.terms, '{a}') @@ meant::tsquery and (groups is null or coalesce(p.family, p.grain_key) <> all (groups))
      order by coalesce(p.family, p.grain_key), p.name, p.grain_key) b;
  end loop;
  spelling := null;
  for i in 1 .. least(p_limit, coalesce(cardinality(keys), 0)) loop
    grain_key := keys[i];
    name := names[i];
    return next;
  end loop;
end $$;
