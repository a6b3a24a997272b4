-- As in 0100, but each spelling is turned into a query once. Where PostgreSQL reads a small catalogue without the index, it did so again
-- for each product that it compared with the spelling.
create or replace function search_query_respelt(p_text text) returns text language plpgsql stable set plan_cache_mode = force_custom_plan as $$
declare
  bare constant text := regexp_replace(lower(p_text collate "C"), '[^a-z0-9]', '', 'g');
  meant text;
begin
  if length(bare) >= 4 and bare ~ '[0-9]' and p_text !~ '\s' then
    select string_agg('(' || search_query(substr(s.grain_key, 5)) || ')', ' | ') into meant from (
      select grain_key from product_search where active and search_bare_sku(grain_key) like bare || '%' order by grain_key limit 20) s;
    if meant is not null then
      return meant;
    end if;
  end if;
  for meant in
    with s as materialized (select r.level, search_query(r.spelling) as query from search_respellings(p_text) r)
    select string_agg('(' || s.query || ')', ' | ') from s
    where s.query <> '' and (s.level > 1 or exists (select from product_search p where p.active and p.terms @@ s.query::tsquery))
    group by s.level order by s.level
  loop
    if exists (select from product_search p where p.active and p.terms @@ meant::tsquery) then
      return meant;
    end if;
  end loop;
  return null;
end $$;
