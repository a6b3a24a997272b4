-- What was given back of a payment is asked for each payment that reconciliation and the audit look at.
create index if not exists simulated_refund_payment on simulated_refund (payment_reference);
