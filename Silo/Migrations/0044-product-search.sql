-- What the search compares and sorts by: a narrow row a product, written by a trigger in the product's own transaction. Silos of the
-- version before go on using the index product_words over grain_state_product; a later version drops it.
create table product_search (
  grain_key   text primary key,
  active      boolean not null,
  name        text not null,
  category    text not null,
  family      text,
  price       bigint not null,
  created_at  text collate "C" not null,
  terms       tsvector not null
);
create index product_search_terms on product_search using gin (terms) where active;
create index product_search_family on product_search (family) where active and family is not null;

-- Beside each word, what is left of it without any one character: two words that differ by one typing error have one of these in
-- common. A word of which the last product goes is marked, and forgotten later; one that is marked does no harm.
alter table search_word add column variants text[], add column unused_since timestamptz;
create index search_word_variants on search_word using gin (variants);
create index search_word_unused on search_word (unused_since nulls first) where unused_since is not null or variants is null;

-- No query of any version uses these.
drop index product_name_trigrams;
drop index product_by_category;

create function search_variants(p_word text) returns text[] language sql immutable strict parallel safe as $$
  select array_agg(distinct left(p_word, place - 1) || substr(p_word, place + 1)) || p_word from generate_series(1, length(p_word)) place
$$;

-- Brings the rows of a product up to date. p_before: the index before, null when there was none.
create function index_product(p_key text, p_index jsonb, p_before jsonb) returns void language plpgsql as $$
declare
  texts constant text[] := '{name,sku,category,attributes,description}';
  is_active boolean := coalesce((p_index ->> 'active')::boolean, false);
  was_active boolean := coalesce((p_before ->> 'active')::boolean, false);
  is_same boolean := p_before is not null and not exists (select from unnest(texts) f where p_index ->> f is distinct from p_before ->> f);
  terms tsvector;
  words text[] := '{}';
  gone text[];
begin
  if is_same then
    update product_search set active = is_active, family = p_index ->> 'family', price = (p_index ->> 'price')::bigint
      where grain_key = p_key;
    if found and is_active = was_active then
      return;
    end if;
  end if;
  if p_index is null then
    delete from product_search where grain_key = p_key;
  else
    select t.words, t.terms into words, terms from search_terms(p_index) t;
    insert into product_search (grain_key, active, name, category, family, price, created_at, terms)
      values (p_key, is_active, coalesce(p_index ->> 'name', ''), coalesce(p_index ->> 'category', ''), p_index ->> 'family',
              coalesce((p_index ->> 'price')::bigint, 0), coalesce(p_index ->> 'createdAt', ''), terms)
      on conflict (grain_key) do update set active = excluded.active, name = excluded.name, category = excluded.category,
        family = excluded.family, price = excluded.price, created_at = excluded.created_at, terms = excluded.terms;
  end if;
  if not is_active then
    words := '{}';
  end if;
  gone := case when was_active then array(
    select word from unnest((search_terms(p_before)).words) word except select word from unnest(words) word order by 1) else '{}' end;
  words := array(
    select w.word from unnest(words) w(word)
    where not exists (select from search_word k where k.word = w.word and k.variants is not null and k.unused_since is null) order by 1);
  if words = '{}' and gone = '{}' then
    return;
  end if;
  -- One at a time: writers that add the same words in another order would wait for each other.
  perform pg_advisory_xact_lock(1399870325, 0);
  insert into search_word (word, variants) select word, search_variants(word) from unnest(words) word
    on conflict (word) do update set variants = excluded.variants, unused_since = null;
  update search_word k set unused_since = clock_timestamp() where k.word = any (gone) and k.unused_since is null;
end $$;

-- In place of the version before's, which only learned.
create or replace function learn_words() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    perform index_product(old.grain_key, null, old.index);
  elsif tg_op = 'INSERT' then
    perform index_product(new.grain_key, new.index, null);
  elsif new.index is distinct from old.index then
    perform index_product(new.grain_key, new.index, old.index);
  end if;
  return null;
end $$;

create or replace trigger learn_words after insert or delete or update of index on grain_state_product
  for each row execute function learn_words();

-- Adds the products after p_after that have no row yet, so many at a time, and answers the last that it looked at; null when there
-- is none. Short transactions: a write of one of these products waits for it. What is being written now is left to the trigger.
create function fill_product_search(p_after text, p_limit integer) returns text language plpgsql as $$
declare
  product record;
  reached text;
begin
  perform pg_advisory_xact_lock(1399870325, 0);
  for product in
    select p.grain_key, p.index from grain_state_product p
    where p.state_name = 'product' and p.grain_key > p_after order by p.grain_key limit p_limit for no key update skip locked
  loop
    reached := product.grain_key;
    if product.index is not null and not exists (select from product_search s where s.grain_key = reached) then
      perform index_product(reached, product.index, null);
    end if;
  end loop;
  return reached;
end $$;

-- Forgets words that no product on sale has had for an hour, which is longer than any write takes. Answers how many were looked at.
create function forget_words(p_limit integer) returns integer language plpgsql set plan_cache_mode = force_custom_plan as $$
declare
  marked record;
  looked integer := 0;
begin
  for marked in
    select word, variants from search_word where unused_since < clock_timestamp() - interval '1 hour' or variants is null
    limit p_limit for update skip locked
  loop
    looked := looked + 1;
    if marked.variants is not null and exists (select from product_search p where p.active and p.terms @@ search_lexeme(marked.word)::tsquery) then
      update search_word set unused_since = null where word = marked.word;
    else
      delete from search_word where word = marked.word;
    end if;
  end loop;
  return looked;
end $$;

-- Words like one that may be mistyped: those that differ by one error, or else the most similar ones. As lexemes, each after " | ".
create function search_alternatives(p_word text) returns text language plpgsql stable set plan_cache_mode = force_custom_plan as $$
declare
  alternatives text;
  digits text := regexp_replace(p_word, '[^0-9]', '', 'g');
begin
  -- Figures are no typing errors: 35mm is not 3.5mm.
  if digits <> '' and length(regexp_replace(p_word, '[-.0-9]', '', 'g')) < 4 then
    return '';
  end if;
  if length(p_word) >= 4 then
    select string_agg(' | ' || search_lexeme(k.word), '') into alternatives from (
      select word from search_word
      where variants && search_variants(p_word) and word <> p_word and regexp_replace(word, '[^0-9]', '', 'g') in ('', digits)
      order by similarity(word, p_word) desc, word limit 30) k;
  end if;
  if alternatives is null then
    select string_agg(' | ' || search_lexeme(k.word) || ':*', '') into alternatives from (
      select word from search_word where word % p_word and word <> p_word order by similarity(word, p_word) desc, word limit 3) k;
  end if;
  return coalesce(alternatives, '');
end $$;

-- A query, as the text of a tsquery; null when there is nothing to look for. All words must match, and each may be a beginning.
-- p_level 0: as it is written. 1: words that no product on sale has may be mistyped, and symbols do not matter. 2: also words of four
-- characters or more that some product has may be mistyped.
create function search_query(p_text text, p_level integer default 0) returns text language plpgsql stable set plan_cache_mode = force_custom_plan as $$
declare
  max_atoms constant integer := 40;
  has_words boolean;
  p record;
  expression text;
  inner_parts text[] := '{}';
  whole text;
  result text[] := '{}';
begin
  select bool_or(a.kind in ('n', 'r') or ts_lexize('english_stem', a.term) <> '{}') into has_words
    from (select * from search_atoms(array[p_text]) limit max_atoms) a where a.kind not in ('s', 'p');
  if has_words is null then
    return (select string_agg(distinct search_lexeme(a.term), ' & ') from search_atoms(array[p_text]) a);
  end if;
  for p in
    select t.*, lead(t.chunk) over (order by t.place) is distinct from t.chunk as ends_chunk from (
      select a.chunk, min(a.place) as place, count(*) as atoms, bool_or(a.kind = 'r') as has_runs, string_agg(a.term, '' order by a.place) as term,
             string_agg(case
               when a.kind = 'r' and length(a.term) > 1 then (
                 select '(' || string_agg(search_lexeme(substr(a.term, i, 2)), ' <-> ' order by i) || ')' from generate_series(1, length(a.term) - 1) i)
               when a.kind = 'n' and a.term ~ '^[0-9]{1,3}(\.[0-9]{3})+$' then
                 '(' || search_lexeme(a.term) || ':* | ' || search_lexeme(replace(a.term, '.', '')) || ':*)'
               when a.kind <> 'w' then search_lexeme(a.term) || ':*'
               -- The word of C++ is no beginning.
               when a.next_kind = 's' and p_level = 0 then '(' || search_lexeme(a.term) || ' | ' || search_lexeme(search_expand(a.term)) || ')'
               -- PostgreSQL's stop words: they count when there is nothing else.
               when has_words and a.stem = '{}' then null
               when search_expand(a.term) <> a.term then '(' || search_lexeme(a.term) || ':* | ' || search_lexeme(search_expand(a.term)) || ':*)'
               when a.stem[1] <> a.term then '(' || search_lexeme(a.term) || ':* | ' || search_lexeme(a.stem[1]) || ')'
               else search_lexeme(a.term) || ':*' end, ' & ' order by a.place) as expression
      from (
        select f.*, lead(f.kind) over (partition by f.chunk order by f.place) as next_kind,
               case when f.kind = 'w' then ts_lexize('english_stem', f.term) end as stem
        from search_atoms(array[p_text]) f limit max_atoms) a
      where a.kind not in ('s', 'p') group by a.chunk, a.part) t
    order by t.place
  loop
    expression := case when p.atoms > 1 and not p.has_runs then search_lexeme(p.term) || ':*' else p.expression end;
    if p_level > 0 and expression is not null and length(p.term) >= 3
      and ((p_level > 1 and length(p.term) >= 4) or not exists (select from product_search s where s.active and s.terms @@ expression::tsquery))
    then
      expression := '(' || expression || search_alternatives(p.term) || ')';
    end if;
    inner_parts := inner_parts || expression;
    whole := case when whole is null then p.term else search_join(whole, p.term) end;
    if p.ends_chunk then
      expression := array_to_string(inner_parts, ' & ');
      if whole <> p.term then
        expression := '(' || search_lexeme(whole) || ':*' || case when p_level > 0 then search_alternatives(whole) else '' end
          || case when expression = '' then '' else ' | (' || expression || ')' end || ')';
      end if;
      if expression <> '' then
        result := result || expression;
      end if;
      inner_parts := '{}';
      whole := null;
    end if;
  end loop;
  if p_level = 0 then
    -- A plain symbol by itself does not matter: salt & pepper is salt and pepper.
    result := result || array(
      select distinct search_lexeme(a.term) from search_atoms(array[p_text]) a
      where a.kind = 's' and (ascii(a.term) > 127 or exists (select from search_atoms(array[p_text]) l where l.chunk = a.chunk and l.kind not in ('s', 'p'))));
  end if;
  return array_to_string(result, ' & ');
end $$;

-- What may have been meant by a text that no product on sale matches; null when some do, or when nothing comes of it.
create function search_query_forgiving(p_text text) returns text language plpgsql stable set plan_cache_mode = force_custom_plan as $$
declare
  meant text := search_query(p_text, 0);
begin
  if meant is null or exists (select from product_search s where s.active and s.terms @@ meant::tsquery) then
    return null;
  end if;
  for level in 1 .. 2 loop
    meant := search_query(p_text, level);
    if exists (select from product_search s where s.active and s.terms @@ meant::tsquery) then
      return meant;
    end if;
  end loop;
  return null;
end $$;
