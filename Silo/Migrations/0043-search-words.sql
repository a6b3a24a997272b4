-- How a text is cut into what the search compares. One function serves products and queries, and no locale of the database
-- decides what a letter is, so that every product is found by its own name, in any script.

-- Texts that are to be found alike, alike: lower case, compatibility forms (full width, ligatures), without accents, Hebrew points,
-- Arabic vowel signs, and characters that nobody sees. Vowel signs of Indian scripts stay: they are half of the word.
create function search_normal(p_text text) returns text language sql immutable strict parallel safe as $$
  select case when octet_length(p_text) = length(p_text) then lower(p_text collate "C") else (translate(
    normalize(regexp_replace(
      lower(normalize(replace(replace(p_text, '™', '®'), '℠', '®'), NFKD) collate "und-x-icu"),
      '[\u00AD\u0300-\u036F\u0483-\u0489\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u0610-\u061A\u061C\u0640\u064B-\u065F\u0670\u06D6-\u06DC\u06DF-\u06E8\u06EA-\u06ED\u180B-\u180E\u1AB0-\u1AFF\u1DC0-\u1DFF\u200B-\u200F\u202A-\u202E\u2060-\u206F\u20D0-\u20FF\uFE00-\uFE0F\uFE20-\uFE2F\uFEFF\U000E0000-\U000E0FFF]+',
      '', 'g'), NFKC),
    'øđðłħıςىةیکے٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९০১২৩৪৫৬৭৮৯๐๑๒๓๔๕๖๗๘๙',
    'oddlhiσيهيكي01234567890123456789012345678901234567890123456789') collate "C") end
$$;

-- The atoms of some texts, in order. Kinds: w a word, n a number (1.5; 10,000), r a run of a script that writes no spaces between
-- words, s a symbol that means something (C++, +5 °C), p punctuation.
--   field  the number of the text
--   chunk  counts what spaces separate
--   part   counts what punctuation separates within: wi-fi has two parts, 1kg one part of two atoms
--   place  where it stands; a run takes as many places as it has characters, and no phrase reaches from one text into the next
create function search_atoms(p_texts text[]) returns table (field integer, chunk integer, part integer, kind text, term text, place integer)
language plpgsql immutable strict parallel safe as $$
declare
  symbols constant text := '!-/:-@\[-`{-©«-´¶-¹»-¿×÷\u02C2-\u02C5\u02D2-\u02DF\u0375\u037E\u0384\u0385\u0387\u055A-\u055F\u0589\u058A\u058D-\u058F\u05BE\u05C0\u05C3\u05C6\u05F3\u05F4\u0600-\u060F\u061B\u061D-\u061F\u066A-\u066D\u06D4\u06DE\u06E9\u0700-\u070D\u0964\u0965\u0970\u0E3F\u0E4F\u0E5A\u0E5B\u0F01-\u0F17\u0F3A-\u0F3D\u104A-\u104F\u10FB\u1360-\u1368\u166D\u17D4-\u17D6\u17D8-\u17DB\u1800-\u180A\u2010-\u205F\u207A-\u207E\u208A-\u208E\u20A0-\u20CF\u2100-\u2101\u2117\u2118\u211E-\u2123\u2140-\u2144\u214A-\u214D\u2190-\u2BFF\u2E00-\u2E7F\u3001-\u3004\u3008-\u3020\u3030\u303D-\u303F\u30A0\u30FB\uA4FE\uA4FF\uFD3E\uFD3F\uFE10-\uFE19\uFE30-\uFE6F\uFFFC\uFFFD\U0001F000-\U0001FBEF';
  spaceless constant text := '\u0E01-\u0E3E\u0E40-\u0E4E\u0E50-\u0E59\u0E80-\u0EFF\u0F00\u0F18-\u0F39\u0F3E-\u0FFF\u1000-\u1049\u1050-\u109F\u1100-\u11FF\u1780-\u17D3\u17D7\u17DC-\u17FF\u1950-\u19FF\u1A20-\u1AAF\u2E80-\u2FFF\u3005-\u3007\u3021-\u302F\u3031-\u303C\u3040-\u309F\u30A1-\u30FA\u30FC-\u31FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4FD\uA960-\uA97F\uA980-\uA9FF\uAA60-\uAA7F\uAC00-\uD7FF\uF900-\uFAFF\U00016FE0-\U00018DFF\U0001AFF0-\U0001B2FF\U00020000-\U0003FFFF';
  spaces constant text := ' \t\n\f\r\v\u0085\u1680\u2028\u2029';
  meaningful constant text := '^[#%&+@$¢£¤¥°\u20A0-\u20CF\u2190-\u2BFF\U0001F000-\U0001FBEF]';
  is_space constant text := '^[' || spaces || ']';
  is_symbol constant text := '^[' || symbols || ']';
  is_spaceless constant text := '^[' || spaceless || ']';
  pattern constant text := '[' || spaces || ']+|[0-9]+(?:[.,][0-9]+)*|[' || spaceless || ']+|[' || symbols || ']|[^' || spaces || '0-9' || spaceless || symbols || ']+';
  code integer;
begin
  field := 0;
  place := 0;
  chunk := 0;
  part := 0;
  while field < cardinality(p_texts) loop
    field := field + 1;
    chunk := chunk + 1;
    place := place + 10;
    for term in select m[1] from regexp_matches(search_normal(p_texts[field]), pattern, 'g') m loop
      code := ascii(term);
      kind := case
        when code between 97 and 122 then 'w'
        when code between 48 and 57 then 'n'
        when code <= 32 then ' '
        when term ~ is_symbol then case when term ~ meaningful then 's' else 'p' end
        when code < 128 then 'w'
        when term ~ is_spaceless then 'r'
        when term ~ is_space then ' '
        else 'w' end;
      if kind = ' ' then
        chunk := chunk + 1;
        continue;
      end if;
      if kind = 'n' then
        term := replace(term, ',', '.');
      elsif kind in ('s', 'p') then
        part := part + 1;
      end if;
      return next;
      place := place + case when kind = 'r' then length(term) else 1 end;
    end loop;
  end loop;
end $$;

-- A term as a lexeme of tsvector and tsquery. The longest word that counts has 100 characters.
create function search_lexeme(p_term text) returns text language sql immutable strict parallel safe as $$
  select '''' || replace(replace(left(p_term, 100), '\', '\\'), '''', '''''') || ''''
$$;

-- A word with its double letters written out: straße as strasse. The same word where there are none.
create function search_expand(p_term text) returns text language sql immutable strict parallel safe as $$
  select case when octet_length(p_term) = length(p_term) then p_term
    else replace(replace(replace(replace(p_term, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th') end
$$;

-- What two parts are written together: wi-fi as wifi, but 3-5 as it is.
create function search_join(p_left text, p_right text) returns text language sql immutable strict parallel safe as $$
  select p_left || case when right(p_left, 1) between '0' and '9' and left(p_right, 1) between '0' and '9' then '-' else '' end || p_right
$$;

-- The terms of a product: lexemes with place and weight, and the words that may be mistyped. The name weighs most (A), then SKU,
-- category and attribute values (B), then the description (D); C has what is part of a number.
--   Words stand as written and by their English stem, so that "kettles" finds a kettle and every beginning of a word finds it.
--   Parts of a word stand each and together (wi, fi, wifi), numbers with the word beside them (1 kg, 1kg).
--   Runs of scripts without spaces stand as overlapping pairs of characters, and the last character alone.
-- A description in plain letters goes through PostgreSQL's own parser, which is much faster, and by stem only.
create function search_terms(p_index jsonb, out words text[], out terms tsvector) language plpgsql immutable parallel safe as $$
declare
  description text := coalesce(search_normal(p_index ->> 'description'), '');
  is_plain boolean := description !~ '[^\u0001-\u007E°±×–—‘’“”…•·]';
  lexemes text[] := '{}';
  a record;
  chunk integer := 0;
  only_symbols boolean;
  symbols text[];        -- of the chunk, each with its place
  part integer;
  part_term text;
  part_atoms integer := 0;
  before text;           -- the part before, of the same chunk
  whole text;            -- the parts of the chunk, written together
  parts integer := 0;
  chunk_field integer := 0;
  start integer;         -- the place where the chunk begins
  part_start integer;
  last_field integer := 0;
  last_kind text;        -- of the word, number or run before
  last_term text;
  stem text[];
  at text;               -- place and weight
begin
  words := '{}';
  for a in
    select f.field, f.chunk, f.part, f.kind, f.term, f.place, false as is_end from search_atoms(array[
      coalesce(p_index ->> 'name', ''), coalesce(p_index ->> 'sku', ''), coalesce(p_index ->> 'category', ''), coalesce(p_index ->> 'attributes', ''),
      case when is_plain then '' else description end]) f
    union all select 0, 0, 0, '', '', 0, true
  loop
    -- What ended before this atom.
    if part_atoms > 0 and (a.chunk <> chunk or (a.part <> part and a.kind not in ('s', 'p'))) then
      at := ':' || part_start || substr('ABBBD', chunk_field, 1);
      if part_atoms > 1 then
        lexemes := lexemes || (search_lexeme(part_term) || at);
        if chunk_field in (1, 3, 4) then
          words := words || part_term;
        end if;
      end if;
      if parts > 0 then
        lexemes := lexemes || (search_lexeme(search_join(before, part_term)) || at);
        whole := search_join(whole, part_term);
      else
        whole := part_term;
      end if;
      parts := parts + 1;
      before := part_term;
      part_atoms := 0;
    end if;
    if a.chunk <> chunk then
      if parts > 1 then
        if parts > 2 then
          lexemes := lexemes || (search_lexeme(whole) || ':' || start || substr('ABBBD', chunk_field, 1));
        end if;
        if chunk_field in (1, 3, 4) then
          words := words || whole;
        end if;
      end if;
      if chunk_field = 1 and parts = 0 then
        lexemes := lexemes || symbols;
      end if;
      exit when a.is_end;
      chunk := a.chunk;
      chunk_field := a.field;
      start := a.place;
      symbols := '{}';
      parts := 0;
    end if;

    at := ':' || least(a.place, 16383) || substr('ABBBD', a.field, 1);
    if a.kind in ('s', 'p') then
      if a.field = 1 then
        if a.kind = 's' then
          lexemes := lexemes || (search_lexeme(a.term) || at);
        else
          symbols := symbols || (search_lexeme(a.term) || at);
        end if;
      end if;
      continue;
    end if;
    if a.kind = 'w' then
      stem := ts_lexize('english_stem', a.term);
      if a.field = 1 or stem <> '{}' then
        lexemes := lexemes || (search_lexeme(a.term) || at);
      end if;
      if stem[1] <> a.term then
        lexemes := lexemes || (search_lexeme(stem[1]) || at);
      end if;
      if search_expand(a.term) <> a.term then
        lexemes := lexemes || (search_lexeme(search_expand(a.term)) || at);
        if a.field in (1, 3, 4) then
          words := words || search_expand(a.term);
        end if;
      end if;
      if a.field in (1, 3, 4) then
        words := words || a.term;
      end if;
    elsif a.kind = 'n' then
      lexemes := lexemes || (search_lexeme(a.term) || at);
      if a.term like '%.%' then
        if a.term ~ '^[0-9]{1,3}(\.[0-9]{3})+$' then
          lexemes := lexemes || (search_lexeme(replace(a.term, '.', '')) || at);
        end if;
        lexemes := lexemes || (select array_agg(search_lexeme(f) || ':' || least(a.place, 16383) || 'C') from string_to_table(a.term, '.') f);
      end if;
    else
      if length(a.term) > 2 then
        lexemes := lexemes || (search_lexeme(a.term) || at);
        if a.field in (1, 3, 4) then
          words := words || a.term;
        end if;
      end if;
      lexemes := lexemes || (
        select array_agg(search_lexeme(c.one || coalesce(c.next, '')) || ':' || least(a.place + c.number - 1, 16383) || substr('ABBBD', a.field, 1))
        from (select one, number, lead(one) over (order by number) as next from string_to_table(a.term, null) with ordinality t(one, number)) c);
    end if;
    -- A number and the word beside it.
    if last_field = a.field and ((last_kind = 'n' and a.kind = 'w') or (last_kind = 'w' and a.kind = 'n')) then
      lexemes := lexemes || (search_lexeme(last_term || a.term) || at);
      if last_kind = 'n' and last_term ~ '^[0-9]{1,3}(\.[0-9]{3})+$' then
        lexemes := lexemes || (search_lexeme(replace(last_term, '.', '') || a.term) || at);
      end if;
      if last_kind = 'n' and last_term like '%.%' then
        -- Who looks for "5mm" may mean 3.5mm, but not first.
        lexemes := lexemes || (search_lexeme(regexp_replace(last_term, '.*\.', '') || a.term) || ':' || least(a.place, 16383) || 'C');
      end if;
    end if;
    if part_atoms = 0 then
      part := a.part;
      part_term := a.term;
      part_start := least(a.place, 16383);
    else
      part_term := part_term || a.term;
    end if;
    part_atoms := part_atoms + 1;
    last_field := a.field;
    last_kind := a.kind;
    last_term := a.term;
  end loop;
  terms := array_to_string(lexemes, ' ')::tsvector;
  if is_plain then
    terms := terms || setweight(to_tsvector('english', regexp_replace(description, '[-/_@&]|\.(?![0-9])', ' ', 'g')), 'D');
  end if;
  words := array(select distinct left(w, 100) from unnest(words) w where length(w) >= 3);
end $$;
