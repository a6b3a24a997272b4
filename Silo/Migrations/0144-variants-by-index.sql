-- The keys of the products of some groups: at most p_limit of each group, in order. They are always found by the index
-- product_search_group. A plan that was made while the catalogue was small would read all products for each group.
create function variants_of_groups(p_groups text[], p_includes_inactive boolean, p_limit integer)
returns table (group_id text, grain_key text) language plpgsql stable strict parallel safe rows 20
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
  return query
    select wanted.id, found.grain_key
    from unnest(p_groups) wanted(id) cross join lateral (
      select p.grain_key from product_search p
      where (coalesce(p.family, lower(substr(p.grain_key, 5))) collate "C") = wanted.id collate "C"
        and (p.active or p_includes_inactive)
      order by p.grain_key limit p_limit) found;
end $$;
