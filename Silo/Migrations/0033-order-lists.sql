-- Orders by the address for mail and by what was bought. Rows that an older version wrote have no such fields yet: silos add them in the
-- background, batch by batch, by the last of these indexes.
create index if not exists order_by_email on grain_state_order ((index ->> 'email'), (index ->> 'placedAt') desc, grain_key desc) where index ->> 'email' is not null;
create index if not exists order_by_sku on grain_state_order using gin ((index -> 'skus') jsonb_path_ops) where index ->> 'status' <> 'pending';
create index if not exists order_not_indexed on grain_state_order (grain_key) where index is not null and not index ? 'skus' and index ->> 'status' <> 'pending';
