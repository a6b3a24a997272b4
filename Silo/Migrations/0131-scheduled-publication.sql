-- Products that go on sale by themselves, by time.
create index product_publish_at on grain_state_product ((index ->> 'publishAt')) where index ->> 'publishAt' is not null;
