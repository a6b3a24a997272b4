-- What the caches of the front ends are told by: which products changed last. These rows are few beside those of orders.
create index event_of_catalogue on event (position) where stream_namespace in ('product', 'inventory') and due_at is null;
