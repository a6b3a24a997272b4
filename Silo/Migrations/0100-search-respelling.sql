-- Texts that no product matches as they are written, but does when words are split or joined differently: a SKU without its hyphens,
-- "head phones", "coffeemaker", and Chinese words that do not stand side by side. Tried before typing errors.

-- A SKU without what separates its parts. The key of a product is sku/ and the SKU.
create function search_bare_sku(p_key text) returns text language sql immutable strict parallel safe as $$
  select regexp_replace(lower(substr(p_key, 5) collate "C"), '[^a-z0-9]', '', 'g')
$$;

create index product_search_bare_sku on product_search (search_bare_sku(grain_key) text_pattern_ops) where active;

-- A query for a text as it is written, also with two neighbouring words as one where products have that one: head phones, headphones.
create function search_query_written(p_text text) returns text language plpgsql stable set plan_cache_mode = force_custom_plan as $$
declare
  max_words constant integer := 10;
  words constant text[] := (regexp_split_to_array(btrim(search_normal(p_text)), '\s+'))[1:max_words];
  meant text := search_query(p_text);
begin
  for i in 1 .. cardinality(words) - 1 loop
    if exists (select from search_word w where w.word = words[i] || words[i + 1] and w.unused_since is null) then
      meant := meant || ' | (' || search_query(concat_ws(
        ' ', array_to_string(words[:i - 1], ' '), words[i] || words[i + 1], array_to_string(words[i + 2:], ' '))) || ')';
    end if;
  end loop;
  return meant;
end $$;

-- The other ways to write a text. Each is a text; those of a smaller level are tried first, those of one level together.
--   Level 1: two neighbouring words as one, or one word as two that products have.
--   Level 2: a run of characters in two, each of two or more. Level 3: in three.
create function search_respellings(p_text text) returns table (level integer, spelling text)
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
declare
  max_words constant integer := 10;
  max_run constant integer := 12;
  words constant text[] := (regexp_split_to_array(btrim(search_normal(p_text)), '\s+'))[1:max_words];
  -- Chinese, Japanese and Korean: two characters are a word often enough. Of other scripts they say too little.
  pairs constant text := '[\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF]{4}';
  written text;
  first_words text;
  last_words text;
begin
  for i in 1 .. cardinality(words) loop
    written := words[i];
    first_words := array_to_string(words[:i - 1], ' ');
    last_words := array_to_string(words[i + 1:], ' ');
    if i < cardinality(words) and written || words[i + 1] ~ '^[[:alpha:]]+$' then
      return query select 1, concat_ws(' ', first_words, written || words[i + 1], array_to_string(words[i + 2:], ' '));
    end if;
    if octet_length(written) = length(written) and written ~ '^[a-z]{6,30}$' then
      return query
        select 1, concat_ws(' ', first_words, left(written, n), substr(written, n + 1), last_words) from generate_series(3, length(written) - 3) n
        where exists (select from search_word w where w.word = left(written, n) and w.unused_since is null)
          and exists (select from search_word w where w.word = substr(written, n + 1) and w.unused_since is null);
    elsif length(written) <= max_run and written ~ pairs then
      return query
        select 2, concat_ws(' ', first_words, left(written, n), substr(written, n + 1), last_words) from generate_series(2, length(written) - 2) n
        union all
        select 3, concat_ws(' ', first_words, left(written, n), substr(written, n + 1, m - n), substr(written, m + 1), last_words)
          from generate_series(2, length(written) - 4) n, generate_series(n + 2, length(written) - 2) m;
    end if;
  end loop;
end $$;

-- The query for what is meant by a text that no product matches as it is written; null when nothing comes of it.
create function search_query_respelt(p_text text) returns text language plpgsql stable set plan_cache_mode = force_custom_plan as $$
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
    select string_agg('(' || s.query || ')', ' | ') from (
      select r.level, search_query(r.spelling) as query from search_respellings(p_text) r) s
    where s.query <> '' and (s.level > 1 or exists (select from product_search p where p.active and p.terms @@ s.query::tsquery))
    group by s.level order by s.level
  loop
    if exists (select from product_search p where p.active and p.terms @@ meant::tsquery) then
      return meant;
    end if;
  end loop;
  return null;
end $$;

-- What may have been meant by a text that no product on sale matches; null when some do, or when nothing comes of it.
create or replace function search_query_forgiving(p_text text) returns text
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
declare
  meant text := search_query_written(p_text);
begin
  if meant is null or exists (select from product_search s where s.active and s.terms @@ meant::tsquery) then
    return null;
  end if;
  meant := search_query_respelt(p_text);
  if meant is not null then
    return meant;
  end if;
  for level in 1 .. 2 loop
    meant := search_query(p_text, level);
    if exists (select from product_search s where s.active and s.terms @@ meant::tsquery) then
      return meant;
    end if;
  end loop;
  return null;
end $$;
