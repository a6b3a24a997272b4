-- The simulated provider can hold money and take it, or a part of it, later: status 'authorized'. What was taken; null for all.
alter table simulated_payment add column captured bigint check (captured between 1 and amount);

-- Customers as the payment provider knows them.
create table grain_state_payment_customer partition of grain_state for values in ('payment-customer');
