-- Products that existed before product_search did were added in small steps before this one; here is what such a step passed over.
do $$
declare
  product record;
begin
  -- All of them first: whoever writes one holds it, and then waits for the words.
  perform from grain_state_product p
    where p.index is not null and not exists (select from product_search s where s.grain_key = p.grain_key)
    order by p.grain_key for no key update;
  for product in
    select p.grain_key, p.index from grain_state_product p
    where p.index is not null and not exists (select from product_search s where s.grain_key = p.grain_key)
  loop
    perform index_product(product.grain_key, product.index, null);
  end loop;
end $$;
analyze product_search, search_word;
