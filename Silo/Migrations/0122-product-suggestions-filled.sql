-- Products that existed before product_suggestion did were added in small steps before this one; here is what such a step passed over.
do $$
declare
  product record;
begin
  for product in
    select p.grain_key, p.index from grain_state_product p
    where (p.index ->> 'active')::boolean and not exists (select from product_suggestion s where s.grain_key = p.grain_key)
    order by p.grain_key for no key update
  loop
    perform suggest_product(product.grain_key, product.index);
  end loop;
end $$;
analyze product_suggestion;
