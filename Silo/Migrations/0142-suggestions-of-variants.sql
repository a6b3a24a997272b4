-- A product with many variants leaves room for other products: suggest_products of 0121 looks at more beginnings where the first hundred
-- belong to fewer products than are asked for.
-- Products on sale whose names have a word that begins with what was typed, those first whose name begins with it; of a product group one.
-- Where there are fewer than p_limit: products whose names have all words, in any order, and then those that a typing error hides. The
-- first row has only the typed text as it is compared.
create or replace function suggest_products(p_text text, p_limit integer) returns table (spelling text, grain_key text, name text)
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
declare
  max_rows integer := 100;
  -- More than the variants of one product may be.
  most_rows constant integer := 2500;
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
  -- The variants of one product may take all rows: then more are read.
  loop
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
    exit when max_rows = most_rows or coalesce(cardinality(keys), 0) >= p_limit or (
      select count(*) < max_rows from (
        select from product_suggestion s where s.suffix >= typed and s.suffix < beyond limit max_rows) f);
    max_rows := most_rows;
  end loop;
  max_rows := 100;
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
