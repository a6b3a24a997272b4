-- Texts that shoppers searched for and that found nothing, by day in UTC, with how often. Silos count in memory and add
-- to it every few seconds.
create table search_miss (
  day      date not null,
  text     text collate "C" not null,
  searches bigint not null,
  last_at  timestamptz not null,
  primary key (day, text)
);

-- Adds counts. A day has at most p_max texts; further ones are left out, the rarer ones first. Two texts that the search
-- compares alike are one.
create function add_search_misses(p_texts text[], p_counts bigint[], p_last timestamptz[], p_max integer) returns void
language plpgsql as $$
begin
  -- One at a time, for the limit.
  perform pg_advisory_xact_lock(1399870325, 1);
  with stored as materialized (
    select m.day, count(*) as texts from search_miss m
    where m.day in (select (t.at at time zone 'UTC')::date from unnest(p_last) t(at)) group by m.day)
  insert into search_miss (day, text, searches, last_at)
  select s.day, s.text, s.searches, s.last_at from (
    select n.*, row_number() over (partition by n.day, n.is_known order by n.searches desc, n.text) as place from (
      select g.*, exists (select from search_miss m where m.day = g.day and m.text = g.text) as is_known from (
        select (t.last_at at time zone 'UTC')::date as day, regexp_replace(btrim(search_normal(t.text)), '\s+', ' ', 'g') as text,
               sum(t.searches)::bigint as searches, max(t.last_at) as last_at
        from unnest(p_texts, p_counts, p_last) t(text, searches, last_at) group by 1, 2) g
      where g.text <> '') n) s
  where s.is_known or s.place + coalesce((select d.texts from stored d where d.day = s.day), 0) <= p_max
  order by s.day, s.text
  on conflict (day, text) do update
    set searches = search_miss.searches + excluded.searches, last_at = greatest(search_miss.last_at, excluded.last_at);
end $$;
