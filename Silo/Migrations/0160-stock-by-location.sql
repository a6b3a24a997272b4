-- Stock of other locations than the default one has keys such as sku/MUG@berlin. The index finds it without reading the stock of the
-- default location, and is empty in a shop with one location.
create index inventory_elsewhere on grain_state_inventory (grain_key) where position('@' in grain_key) > 0;

-- Transfers between locations. Attached, because a table that is created as a partition would lock all others.
create table grain_state_stock_transfer (like grain_state including all);

-- The list, newest first, and what is in transit of a product.
create index stock_transfer_by_time on grain_state_stock_transfer ((index ->> 'createdAt') desc, grain_key desc);
create index stock_transfer_in_transit on grain_state_stock_transfer using gin ((index -> 'inTransit'))
  where index -> 'inTransit' is not null;

alter table grain_state attach partition grain_state_stock_transfer for values in ('stock-transfer');
insert into owned_name values ('state', 'stock-transfer', 'soonshop/Default') on conflict do nothing;
