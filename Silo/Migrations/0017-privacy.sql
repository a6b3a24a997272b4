-- For erasing an account, and showing its owner what is kept.
create index event_failure_by_event on event_failure (event_id);

-- Orders whose erased buyer is kept for the accounts, by when that ends.
create index order_retained on grain_state_order ((index ->> 'retainUntil')) where index ->> 'retainUntil' is not null;
