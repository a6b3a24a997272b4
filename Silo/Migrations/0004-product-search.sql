create extension if not exists pg_trgm;

-- The words of a product: the name weighs most, then SKU, category and attribute values, then the description. Name,
-- category and values stand twice: by stem, so that "kettles" finds a kettle, and as written, so that every beginning
-- of a word finds it ("runn" begins "running", but not its stem "run").
create function product_words(p_index jsonb) returns tsvector language sql immutable parallel safe as $$
  select setweight(to_tsvector('english', coalesce(p_index ->> 'name', '')), 'A')
      || setweight(to_tsvector('simple', coalesce(p_index ->> 'name', '')), 'A')
      || setweight(to_tsvector('simple', translate(lower(coalesce(p_index ->> 'sku', '')), '-_.', '   ')), 'B')
      || setweight(to_tsvector('english', translate(coalesce(p_index ->> 'category', ''), '/-', '  ')), 'B')
      || setweight(to_tsvector('simple', translate(coalesce(p_index ->> 'category', ''), '/-', '  ')), 'B')
      || setweight(to_tsvector('english', coalesce(p_index ->> 'attributes', '')), 'B')
      || setweight(to_tsvector('simple', coalesce(p_index ->> 'attributes', '')), 'B')
      || setweight(to_tsvector('english', coalesce(p_index ->> 'description', '')), 'D')
$$;

create index product_words on grain_state_product using gin (product_words(index));
create index product_name_trigrams on grain_state_product using gin (lower(index ->> 'name') gin_trgm_ops);
create index product_by_category on grain_state_product ((index ->> 'category') text_pattern_ops);
create index product_by_family on grain_state_product ((index ->> 'family')) where index ->> 'family' is not null;

-- Every word that occurs, for forgiving typing errors; refreshed as products change.
create table search_word (
  word text primary key
);
create index search_word_trigrams on search_word using gin (word gin_trgm_ops);

create function learn_words() returns trigger language plpgsql as $$
begin
  insert into search_word
    select distinct word from regexp_split_to_table(
      lower(concat_ws(' ', new.index ->> 'name', new.index ->> 'category', new.index ->> 'attributes')), '[^[:alnum:]]+') as word
    where length(word) between 3 and 40
  on conflict do nothing;
  return null;
end $$;

create trigger learn_words after insert or update of index on grain_state_product
  for each row when (new.index is not null) execute function learn_words();
