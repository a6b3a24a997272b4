-- A payment's reference is made of its key, so one unique index does for both. By its order it is only asked for while it waits for the customer.
alter table simulated_payment drop constraint simulated_payment_idempotency_key_key;
drop index simulated_payment_order;
create index simulated_payment_waiting on simulated_payment (order_id) where status = 'requires_action';
