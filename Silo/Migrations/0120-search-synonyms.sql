-- Synonyms of the search. A set of synonyms is part of the state of one grain. A trigger writes these rows in the transaction that commits
-- the state, so every silo's next search uses the change. Attached, because a table that is created as a partition would lock all others.
create table grain_state_search_synonyms (like grain_state including all);
alter table grain_state attach partition grain_state_search_synonyms for values in ('search-synonyms');
insert into owned_name values ('state', 'search-synonyms', 'soonshop/Default') on conflict do nothing;

-- One row for each term that has synonyms.
--   key           the tokens of the term, with a space between them
--   first_token, token_count  the first of them, and how many there are
--   alternatives  what else finds products, as the text of a tsquery
create table search_synonym (
  key          text collate "C" not null,
  set_id       text not null,
  first_token  text collate "C" not null,
  token_count  integer not null,
  alternatives text not null,
  primary key (key, set_id)
);
create index search_synonym_first on search_synonym (first_token);
create index search_synonym_set on search_synonym (set_id);

-- The tokens that terms and queries are compared by: words by their English stem, numbers, symbols, and the characters of scripts without
-- spaces one by one. Punctuation does not count: t-shirt has the tokens of "t shirt".
create function search_synonym_tokens(p_text text)
returns table (number integer, chunk integer, part integer, kind text, term text, token text)
language sql immutable strict parallel safe as $$
  select (row_number() over (order by a.place, c.number))::integer, a.chunk, a.part, a.kind, coalesce(c.one, a.term),
         coalesce(c.one, case when a.kind = 'w' then (ts_lexize('english_stem', search_expand(a.term)))[1] end, search_expand(a.term))
  from search_atoms(array[p_text]) a
  left join lateral string_to_table(case when a.kind = 'r' then a.term end, null) with ordinality c(one, number) on true
  where a.kind <> 'p'
$$;

-- The key of a term; empty when it has nothing that the search compares.
create function search_synonym_key(p_term text) returns text language sql immutable strict parallel safe as $$
  select coalesce(string_agg(t.token, ' ' order by t.number), '') from search_synonym_tokens(p_term) t
$$;

-- A term as the text of a tsquery; null for none. Unlike the words of a shopper, its words are no beginnings, and several are a phrase,
-- also written together: t shirt, t-shirt, tshirt. A phrase of up to three words steps over one
-- punctuation mark.
create function search_synonym_query(p_term text) returns text language plpgsql immutable strict parallel safe as $$
declare
  max_joined constant integer := 3;
  -- A term has 100 characters, so no term has more.
  max_tokens constant integer := 50;
  a record;
  one text;
  phrase text;
  joined text := '';
  count integer := 0;
begin
  if exists (select from search_atoms(array[p_term]) r where r.kind = 'r') then
    return nullif(search_query(p_term), '');
  end if;
  for a in select t.term, t.token from search_synonym_tokens(p_term) t order by t.number loop
    one := (select '(' || string_agg(distinct search_lexeme(w), ' | ') || ')' from unnest(array[a.term, search_expand(a.term), a.token]) w);
    -- Each alternative doubles the query.
    phrase := case
      when phrase is null then one
      when count < max_joined then '((' || phrase || ' <-> ' || one || ') | (' || phrase || ' <2> ' || one || '))'
      else '(' || phrase || ' <-> ' || one || ')' end;
    joined := joined || a.term;
    count := count + 1;
    exit when count = max_tokens;
  end loop;
  return case when count between 2 and max_joined then '(' || phrase || ' | ' || search_lexeme(joined) || ')' else phrase end;
end $$;

-- The index of the state has for each set, by id, the terms that it is for (from) and the terms that they also find (to). A term is not its
-- own synonym.
create function keep_search_synonyms() returns trigger language plpgsql as $$
declare
  sets_before jsonb := case when tg_op = 'INSERT' then '{}' else coalesce(old.index -> 'sets', '{}') end;
  sets_after jsonb := case when tg_op = 'DELETE' then '{}' else coalesce(new.index -> 'sets', '{}') end;
begin
  delete from search_synonym where set_id in (
    select b.key from (select key, value from jsonb_each(sets_before) except select key, value from jsonb_each(sets_after)) b);
  with changed as materialized (
    select key, value from jsonb_each(sets_after) except select key, value from jsonb_each(sets_before)),
  found as materialized (
    select c.key as set_id, t.number, search_synonym_key(t.term) as key, search_synonym_query(t.term) as query
    from changed c cross join lateral jsonb_array_elements_text(c.value -> 'to') with ordinality t(term, number))
  insert into search_synonym (key, set_id, first_token, token_count, alternatives)
  select k.key, c.key, split_part(k.key, ' ', 1), cardinality(string_to_array(k.key, ' ')), string_agg(f.query, ' | ' order by f.number)
  from changed c
  cross join lateral (
    select distinct search_synonym_key(term) as key from jsonb_array_elements_text(c.value -> 'from') term) k
  join found f on f.set_id = c.key and f.key <> k.key and f.query is not null
  where k.key <> '' group by c.key, k.key;
  return null;
end $$;

create trigger keep_search_synonyms after insert or update or delete on grain_state_search_synonyms
  for each row execute function keep_search_synonyms();

-- What stands between a token and the one before it: a space, a hyphen, or nothing.
create function search_gap(p_kinds text[], p_chunks integer[], p_parts integer[], p_place integer) returns text
language sql immutable parallel safe as $$
  select case
    when p_place = 1 then ''
    when p_chunks[p_place] <> p_chunks[p_place - 1] then ' '
    when p_parts[p_place] = p_parts[p_place - 1] or p_kinds[p_place] = 's' or p_kinds[p_place - 1] = 's' then ''
    else '-' end
$$;

-- Some neighbouring tokens as a text.
create function search_text(
  p_terms text[], p_kinds text[], p_chunks integer[], p_parts integer[], p_first integer, p_last integer) returns text
language sql immutable parallel safe as $$
  select string_agg(
    case when place = p_first then '' else search_gap(p_kinds, p_chunks, p_parts, place) end || p_terms[place], '' order by place)
  from generate_series(p_first, p_last) place
$$;

-- The query for a text as it is written, and, where it has terms with synonyms, the query that finds these, too; null without any. Of terms
-- that overlap, the first one counts, and of those the longest.
create function search_query_expanded(p_text text, out written text, out expanded text) language plpgsql stable as $$
declare
  max_tokens constant integer := 60;
  tokens text[];
  terms text[];
  kinds text[];
  chunks integer[];
  parts integer[];
  firsts text[];
  found_tokens integer;
  found_query text;
  place integer := 1;
  next_place integer;
  rest text := '';
  rest_place integer := 0;
  conditions text[] := '{}';
begin
  written := search_query_written(p_text);
  if written is null or not exists (select from search_synonym) then
    return;
  end if;
  select array_agg(t.token order by t.number), array_agg(t.term order by t.number), array_agg(t.kind order by t.number),
         array_agg(t.chunk order by t.number), array_agg(t.part order by t.number)
    into tokens, terms, kinds, chunks, parts from search_synonym_tokens(p_text) t where t.number <= max_tokens;
  firsts := array(select distinct s.first_token from search_synonym s where s.first_token = any (tokens));
  if firsts = '{}' then
    return;
  end if;
  while place <= cardinality(tokens) loop
    next_place := place + 1;
    found_tokens := null;
    if tokens[place] = any (firsts) then
      select s.token_count, string_agg(s.alternatives, ' | ') into found_tokens, found_query from search_synonym s
        where s.first_token = tokens[place] and s.key = array_to_string(tokens[place:place + s.token_count - 1], ' ')
          -- A single character of a longer run is no word.
          and not (s.token_count = 1 and kinds[place] = 'r' and (
            coalesce(kinds[place - 1] = 'r' and parts[place - 1] = parts[place] and chunks[place - 1] = chunks[place], false)
            or coalesce(kinds[place + 1] = 'r' and parts[place + 1] = parts[place] and chunks[place + 1] = chunks[place], false)))
        group by s.token_count order by s.token_count desc limit 1;
    end if;
    if found_tokens is not null then
      next_place := place + found_tokens;
      conditions := conditions || ('(' || concat_ws(' | ',
        '(' || nullif(search_query(search_text(terms, kinds, chunks, parts, place, next_place - 1)), '') || ')', found_query) || ')');
    else
      rest := rest || case when rest_place = place - 1 then search_gap(kinds, chunks, parts, place) else ' ' end || terms[place];
      rest_place := place;
    end if;
    place := next_place;
  end loop;
  if conditions = '{}' then
    return;
  end if;
  -- Stop words between them do not count.
  if exists (
    select from search_atoms(array[rest]) a
    where a.kind in ('n', 'r') or (a.kind = 'w' and ts_lexize('english_stem', a.term) <> '{}'))
  then
    conditions := conditions || ('(' || search_query(rest) || ')');
  end if;
  expanded := array_to_string(conditions, ' & ');
end $$;
