-- Product groups: one row for each group that somebody has entered. Attached, because a table that is created as a partition would lock all
-- others.
create table grain_state_product_group (like grain_state including all);
alter table grain_state attach partition grain_state_product_group for values in ('product-group');
insert into owned_name values ('state', 'product-group', 'soonshop/Default') on conflict do nothing;

-- The variants of a group: products of the family, or the product without a family whose SKU is the id. Exports read all in this order.
create index product_search_group on product_search ((coalesce(family, lower(substr(grain_key, 5)))) collate "C", grain_key);
